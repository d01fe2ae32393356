//! `xmppd.toml` as types: what is out of range, unknown or contradictory is an error that points at its place.

mod change;
mod error;
mod parts;
mod web;

use std::{
    fs,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

pub use change::Change;
pub use error::{ConfigError, Mistake};
use parts::within;
pub use parts::{Domain, Port};
pub use web::{Origin, Upload, Web};

use crate::{
    features::rooms::{Creators, RoomSettings, SiteRoom},
    router::{RosterPolicy, Settings},
    store::Capacity,
};

/// The settings of one server.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The domain of all its addresses.
    pub domain: Domain,
    /// What the school is called.
    pub organisation: String,
    /// Whether clients that have logged in may ask for the version of this program (XEP-0092).
    #[serde(default)]
    pub show_version: bool,
    /// Where it listens.
    #[serde(default)]
    pub listen: Listen,
    /// How clients get in.
    #[serde(default)]
    pub login: Login,
    /// Its certificate.
    #[serde(default)]
    pub tls: Tls,
    /// Who sees whom.
    #[serde(default)]
    pub roster: RosterPolicy,
    /// What one client may use.
    #[serde(default)]
    pub limits: Limits,
    /// Who may make rooms, and how large they are.
    #[serde(default)]
    pub rooms: Rooms,
    /// Rooms that are there from the start.
    #[serde(default, rename = "room", deserialize_with = "parts::site_rooms")]
    pub site_rooms: Vec<SiteRoom>,
    /// What browsers speak to.
    #[serde(default)]
    pub web: Web,
    /// Files that users share.
    #[serde(default)]
    pub upload: Upload,
}

/// `[listen]`: every address with both ports.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, rename_all = "kebab-case", try_from = "parts::ListenAsWritten")]
pub struct Listen {
    /// Addresses of the jail.
    pub addresses: Vec<IpAddr>,
    /// Where a connection begins in the clear and must ask for TLS (RFC 6120 §5).
    pub starttls: Port,
    /// Where it begins with TLS (XEP-0368).
    pub direct_tls: Port,
}

/// `[login]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Login {
    /// Whether a client may send the password itself (SASL PLAIN), for those that know nothing better. Only TLS
    /// protects it then, and each such login costs the server some milliseconds.
    pub plain: bool,
    /// Days for which a client can log in without the password since it last did (XEP-0484); 0 for never.
    #[serde(deserialize_with = "within::<_, _, 0, 365>")]
    pub token_days: u32,
}

/// `[tls]`: PEM files; what is relative, is so to the folder of `xmppd.toml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// The leaf certificate, then those that lead to the authority.
    pub chain: PathBuf,
    /// The leaf's private key.
    pub key: PathBuf,
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// The longest stanza in bytes; RFC 6120 §13.12 forbids less than 10,000.
    #[serde(deserialize_with = "within::<_, _, 10_000, 1_048_576>")]
    pub stanza_bytes: usize,
    /// What each connection may send, sustained.
    #[serde(deserialize_with = "within::<_, _, 1024, 1_073_741_824>")]
    pub bytes_per_second: u32,
    /// What each connection may send at once after a silence.
    #[serde(deserialize_with = "within::<_, _, 1024, 1_073_741_824>")]
    pub burst_bytes: u32,
    /// Connections in all.
    #[serde(deserialize_with = "within::<_, _, 1, 100_000>")]
    pub connections: usize,
    /// Connections from one IPv4 address or IPv6 /64.
    #[serde(deserialize_with = "within::<_, _, 1, 100_000>")]
    pub connections_per_address: usize,
    /// How long a connection may take to log in.
    #[serde(deserialize_with = "within::<_, _, 1, 600>")]
    pub unauthenticated_seconds: u32,
    /// Resources that one account may have bound at a time.
    #[serde(deserialize_with = "within::<_, _, 1, 100>")]
    pub resources_per_account: usize,
    /// What one account may keep on the server: avatar, keys, bookmarks, card and the like.
    #[serde(deserialize_with = "within::<_, _, 65_536, 104_857_600>")]
    pub personal_bytes: usize,
    /// How long a session can be resumed after its connection is lost (XEP-0198); 0 for never.
    #[serde(deserialize_with = "within::<_, _, 0, 86_400>")]
    pub resumption_seconds: u32,
    /// How long a client may be silent before it is asked whether it is there (XEP-0199); the default is longer than
    /// phones sleep between pings of their own.
    #[serde(deserialize_with = "within::<_, _, 10, 86_400>")]
    pub silence_seconds: u32,
    /// How long it may take to answer.
    #[serde(deserialize_with = "within::<_, _, 1, 600>")]
    pub patience_seconds: u32,
    /// Messages that may wait for one account. Of them, and of the bytes, a quarter is for one sender.
    #[serde(deserialize_with = "within::<_, _, 0, 10_000>")]
    pub offline_messages: u32,
    /// Bytes that they may have in all. What waits is delivered at once, into a mailbox of twice the most.
    #[serde(deserialize_with = "within::<_, _, 10_000, 1_048_576>")]
    pub offline_bytes: u64,
    /// Days after which a message that waits is erased.
    #[serde(deserialize_with = "within::<_, _, 1, 365>")]
    pub offline_days: u32,
}

/// `[rooms]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rooms {
    /// Who may make one.
    pub creators: Creators,
    /// Rooms in all, those of the site included.
    #[serde(deserialize_with = "within::<_, _, 1, 10_000>")]
    pub most: usize,
    /// Rooms that one account may have made.
    #[serde(deserialize_with = "within::<_, _, 0, 10_000>")]
    pub most_per_account: usize,
    /// Occupants of one room.
    #[serde(deserialize_with = "within::<_, _, 2, 1000>")]
    pub most_occupants: usize,
    /// Messages that a room may remember for those who enter.
    #[serde(deserialize_with = "within::<_, _, 0, 500>")]
    pub most_history: usize,
}

impl Config {
    /// Reads and parses a file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|error| ConfigError::Unreadable { path: path.to_owned(), error })?;
        let mut config = Self::parse(&text)
            .map_err(|mistake| ConfigError::Invalid { path: path.to_owned(), mistake: Box::new(mistake) })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        config.tls.chain = folder.join(config.tls.chain);
        config.tls.key = folder.join(config.tls.key);
        Ok(config)
    }

    /// Parses the text of a file; paths stay as they are.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let config = toml::from_str(text).map_err(|error| Mistake::new(text, &error))?;
        match web::contradiction(&config) {
            Some((table, message)) => Err(Mistake::at(text, text.find(table).unwrap_or_default(), message)),
            None => Ok(config),
        }
    }

    /// What the router is to know.
    pub fn settings(&self) -> Settings {
        Settings {
            domain: self.domain.as_str().to_owned(),
            organisation: self.organisation.clone(),
            stanza_bytes: self.limits.stanza_bytes,
            resources_per_account: self.limits.resources_per_account,
            roster: self.roster.clone(),
            personal_bytes: self.limits.personal_bytes,
            resumption_seconds: self.limits.resumption_seconds,
            patience: Duration::from_secs(self.limits.patience_seconds.into()),
            takes_plain: self.login.plain,
            token_days: self.login.token_days,
            version_shown: self.show_version,
            rooms: self.room_settings(),
            upload: self.upload_terms(),
        }
    }

    /// What the store is to know.
    pub fn capacity(&self) -> Capacity {
        let Limits { offline_messages, offline_bytes, offline_days, .. } = self.limits;
        Capacity { messages: offline_messages, bytes: offline_bytes, days: offline_days }
    }

    /// What the server is to know about rooms.
    pub fn room_settings(&self) -> RoomSettings {
        let Rooms { creators, most, most_per_account, most_occupants, most_history } = self.rooms.clone();
        RoomSettings {
            creators,
            staff: self.roster.sees_everyone.iter().map(ToString::to_string).collect(),
            most,
            most_per_account,
            most_occupants,
            most_history,
            made: self.site_rooms.clone(),
        }
    }
}

impl Default for Listen {
    fn default() -> Self {
        let addresses = vec![Ipv4Addr::UNSPECIFIED.into()];
        Self { addresses, starttls: Port::STARTTLS, direct_tls: Port::DIRECT_TLS }
    }
}

impl Default for Rooms {
    fn default() -> Self {
        let RoomSettings { creators, most, most_per_account, most_occupants, most_history, .. } =
            RoomSettings::default();
        Self { creators, most, most_per_account, most_occupants, most_history }
    }
}

impl Default for Login {
    fn default() -> Self {
        Self { plain: false, token_days: 21 }
    }
}

impl Default for Tls {
    fn default() -> Self {
        Self { chain: "chain.pem".into(), key: "key.pem".into() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            stanza_bytes: 65_536,
            bytes_per_second: 65_536,
            burst_bytes: 262_144,
            connections: 2000,
            connections_per_address: 100,
            unauthenticated_seconds: 30,
            resources_per_account: 10,
            personal_bytes: 524_288,
            resumption_seconds: 600,
            silence_seconds: 300,
            patience_seconds: 60,
            offline_messages: 200,
            offline_bytes: 1_048_576,
            offline_days: 30,
        }
    }
}

#[cfg(test)]
mod tests;
