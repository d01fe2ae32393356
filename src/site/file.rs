//! The text of `jailbuild.toml` turned into a [`Site`], value by value, each mistake with its place.

use std::{ops::Range, path::Path, str::FromStr};

use ipnet::Ipv4Net;
use serde::Deserialize;
use toml::Spanned;

use super::{
    Creators, Domain, Language, Limits, Link, Login, MediaRange, Mistake, Name, Network, Organisation, Room,
    RoomPolicy, Rooms, Roster, Site, Tls, Upload, Web, WebOrigin,
    limits::{self, Bounds},
    mistake::Source,
    network::{client_port, private_network, refuse_overlap},
    rooms::{label, local_part},
    roster::{Contacts, Group, Visibility},
    toml_error, web,
};
use crate::{
    base::Choice,
    digest::Sha256,
    error::{Error, Result},
};

/// Parses the text of the file at `path`; relative paths within are relative to its folder.
pub(super) fn parse(path: &Path, text: &str) -> Result<Site> {
    let source = Source { path, text };
    let file: File = toml::from_str(text).map_err(|error| toml_error::explain(source, &error))?;
    Reader(source).site(&file)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    domain: Spanned<String>,
    organisation: Spanned<String>,
    name: Option<Spanned<String>>,
    #[serde(default)]
    show_version: bool,
    languages: Option<Spanned<Vec<Spanned<String>>>>,
    flavor: Option<Spanned<String>>,
    base: Option<Spanned<String>>,
    base_sha256: Option<Spanned<String>>,
    #[serde(default)]
    network: NetworkTable,
    #[serde(default)]
    tls: TlsTable,
    #[serde(default)]
    login: LoginTable,
    #[serde(default)]
    roster: RosterTable,
    #[serde(default)]
    limits: LimitsTable,
    #[serde(default)]
    rooms: RoomsTable,
    #[serde(default)]
    room: Vec<RoomTable>,
    #[serde(default)]
    web: WebTable,
    #[serde(default)]
    upload: UploadTable,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
struct NetworkTable {
    link: Option<Spanned<String>>,
    lan: Option<Spanned<Vec<Spanned<String>>>>,
    starttls: Option<Spanned<i64>>,
    direct_tls: Option<Spanned<i64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
struct TlsTable {
    leaf_days: Option<Spanned<i64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
struct LoginTable {
    #[serde(default)]
    plain: bool,
    token_days: Option<Spanned<i64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
struct RosterTable {
    visibility: Option<Spanned<String>>,
    sees_everyone: Option<Vec<Spanned<String>>>,
    contacts: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
struct LimitsTable {
    stanza_bytes: Option<Spanned<i64>>,
    bytes_per_second: Option<Spanned<i64>>,
    burst_bytes: Option<Spanned<i64>>,
    connections: Option<Spanned<i64>>,
    connections_per_address: Option<Spanned<i64>>,
    unauthenticated_seconds: Option<Spanned<i64>>,
    resources_per_account: Option<Spanned<i64>>,
    resumption_seconds: Option<Spanned<i64>>,
    offline_messages: Option<Spanned<i64>>,
    offline_bytes: Option<Spanned<i64>>,
    offline_days: Option<Spanned<i64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
struct WebTable {
    #[serde(default)]
    enabled: bool,
    port: Option<Spanned<i64>>,
    #[serde(default)]
    origins: Vec<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
struct UploadTable {
    enabled: Option<Spanned<bool>>,
    max_bytes: Option<Spanned<i64>>,
    quota_bytes: Option<Spanned<i64>>,
    total_bytes: Option<Spanned<i64>>,
    days: Option<Spanned<i64>>,
    types: Option<Vec<Spanned<String>>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
struct RoomsTable {
    creators: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
struct RoomTable {
    name: Spanned<String>,
    title: Spanned<String>,
    #[serde(default)]
    groups: Vec<Spanned<String>>,
    #[serde(default)]
    moderators: Vec<Spanned<String>>,
    #[serde(default)]
    owners: Vec<Spanned<String>>,
}

/// Reads values, and knows where they stand.
struct Reader<'a>(Source<'a>);

impl Reader<'_> {
    fn site(&self, file: &File) -> Result<Site> {
        let folder = self.0.path.parent().unwrap_or(Path::new(""));
        let limits = self.limits(&file.limits)?;
        let network = self.network(&file.network)?;
        let web = self.web(&file.web, &network)?;
        Ok(Site {
            domain: self.value(&file.domain, Domain::parse)?,
            organisation: self.value(&file.organisation, Organisation::parse)?,
            name: self.value_or(file.name.as_ref(), "schoolchat", Name::parse)?,
            show_version: file.show_version,
            languages: self.languages(file.languages.as_ref())?,
            flavor: self.value_or(file.flavor.as_ref(), "minimal", lower)?,
            base: self.value_or(file.base.as_ref(), "host", lower::<Choice>)?.within(folder),
            base_sha256: self.base_sha256(file)?,
            network,
            tls: Tls { leaf_days: self.bounded(file.tls.leaf_days.as_ref(), &limits::LEAF_DAYS)? },
            login: Login {
                plain: file.login.plain,
                token_days: self.bounded(file.login.token_days.as_ref(), &limits::TOKEN_DAYS)?,
            },
            roster: self.roster(&file.roster)?,
            limits,
            rooms: self.rooms(file)?,
            upload: self.upload(&file.upload, &web)?,
            web,
        })
    }

    fn rooms(&self, file: &File) -> Result<Rooms> {
        let creators = self.value_or(file.rooms.creators.as_ref(), "staff", Creators::parse)?;
        let mut made: Vec<Room> = Vec::new();
        for table in &file.room {
            let room = self.room(table)?;
            if made.iter().any(|other| other.name == room.name) {
                let mistake = Mistake::new(
                    format!("there are two rooms `{}`", room.name),
                    "give each `[[room]]` a name of its own",
                );
                return Err(self.mistake(table.name.span(), mistake));
            }
            made.push(room);
        }
        Ok(Rooms { policy: RoomPolicy { creators }, made })
    }

    fn room(&self, table: &RoomTable) -> Result<Room> {
        Ok(Room {
            name: self.value(&table.name, local_part)?,
            title: self.value(&table.title, label)?,
            groups: self.values(&table.groups, label)?,
            moderators: self.values(&table.moderators, local_part)?,
            owners: self.values(&table.owners, local_part)?,
        })
    }

    fn values<T>(
        &self,
        texts: &[Spanned<String>],
        parse: impl Fn(&str) -> Result<T, Mistake>,
    ) -> Result<Vec<T>> {
        texts.iter().map(|text| self.value(text, &parse)).collect()
    }

    fn languages(&self, tags: Option<&Spanned<Vec<Spanned<String>>>>) -> Result<Vec<Language>> {
        let Some(tags) = tags else { return Ok(vec![self.default("en", Language::parse)?]) };
        let mut languages = Vec::new();
        for tag in tags.get_ref() {
            let language = self.value(tag, Language::parse)?;
            if languages.contains(&language) {
                return Err(self.mistake(
                    tag.span(),
                    Mistake::new(format!("`{language}` stands here twice"), "take one out"),
                ));
            }
            languages.push(language);
        }
        if languages.is_empty() {
            let mistake =
                Mistake::new("there is no language", "name one at least, such as `languages = [\"en\"]`");
            return Err(self.mistake(tags.span(), mistake));
        }
        Ok(languages)
    }

    /// A digest for files that nobody checks would only look like safety.
    fn base_sha256(&self, file: &File) -> Result<Option<Sha256>> {
        let Some(digest) = &file.base_sha256 else { return Ok(None) };
        let base = file.base.as_ref().map_or("host", |base| base.get_ref().as_str());
        if base.parse().is_ok_and(|base: Choice| !base.takes_digest()) {
            let mistake = Mistake::new(
                format!("`base-sha256` says nothing about `base = \"{base}\"`"),
                "take it out, or let `base` be a `base.txz`",
            );
            return Err(self.mistake(digest.span(), mistake));
        }
        self.value(digest, lower).map(Some)
    }

    fn network(&self, table: &NetworkTable) -> Result<Network> {
        let link = self.value_or(table.link.as_ref(), "10.66.0.0/30", Link::parse)?;
        let starttls = self.port(table.starttls.as_ref(), 5222)?;
        let direct_tls = self.port(table.direct_tls.as_ref(), 5223)?;
        if starttls == direct_tls {
            let at = table.direct_tls.as_ref().or(table.starttls.as_ref()).map_or(0..0, Spanned::span);
            let mistake = Mistake::new(
                format!("port {starttls} cannot be for STARTTLS and for direct TLS"),
                "give each its own: `5222` and `5223` are what clients try first",
            );
            return Err(self.mistake(at, mistake));
        }
        Ok(Network { link, lan: self.lan(table.lan.as_ref(), link)?, starttls, direct_tls })
    }

    fn web(&self, table: &WebTable, network: &Network) -> Result<Web> {
        let port = self.port(table.port.as_ref(), 5443)?;
        if [network.starttls, network.direct_tls].contains(&port) {
            let at = table.port.as_ref().map_or(0..0, Spanned::span);
            let mistake = Mistake::new(
                format!("port {port} cannot be for XMPP and for the web"),
                "give the web its own: `5443`, or any other from 1024",
            );
            return Err(self.mistake(at, mistake));
        }
        Ok(Web { enabled: table.enabled, port, origins: self.values(&table.origins, WebOrigin::parse)? })
    }

    fn upload(&self, table: &UploadTable, web: &Web) -> Result<Upload> {
        if let Some(enabled) = table.enabled.as_ref().filter(|enabled| *enabled.get_ref() && !web.enabled) {
            let mistake = Mistake::new(
                "files are shared through the web port, which is off",
                "add `enabled = true` to `[web]`",
            );
            return Err(self.mistake(enabled.span(), mistake));
        }
        Ok(Upload {
            enabled: table.enabled.as_ref().is_some_and(|enabled| *enabled.get_ref()),
            max_bytes: self.bounded(table.max_bytes.as_ref(), &limits::UPLOAD_MAX_BYTES)?,
            quota_bytes: self.bounded(table.quota_bytes.as_ref(), &limits::UPLOAD_QUOTA_BYTES)?,
            total_bytes: self.bounded(table.total_bytes.as_ref(), &limits::UPLOAD_TOTAL_BYTES)?,
            days: self.bounded(table.days.as_ref(), &limits::UPLOAD_DAYS)?,
            types: match &table.types {
                Some(types) => self.values(types, MediaRange::parse)?,
                None => web::TYPES
                    .iter()
                    .map(|one| self.default(one, MediaRange::parse))
                    .collect::<Result<_>>()?,
            },
        })
    }

    fn lan(&self, ranges: Option<&Spanned<Vec<Spanned<String>>>>, link: Link) -> Result<Vec<Ipv4Net>> {
        let Some(ranges) = ranges else { return Ok(vec![self.default("192.168.0.0/16", private_network)?]) };
        let mut lan = Vec::new();
        for text in ranges.get_ref() {
            let range = self.value(text, private_network)?;
            refuse_overlap(range, link, &lan).map_err(|mistake| self.mistake(text.span(), mistake))?;
            lan.push(range);
        }
        if lan.is_empty() {
            let mistake = Mistake::new(
                "no client could connect",
                "name the school's network, such as `192.168.1.0/24`",
            );
            return Err(self.mistake(ranges.span(), mistake));
        }
        Ok(lan)
    }

    fn port(&self, port: Option<&Spanned<i64>>, default: u16) -> Result<u16> {
        let Some(port) = port else { return Ok(default) };
        client_port(*port.get_ref()).map_err(|mistake| self.mistake(port.span(), mistake))
    }

    fn roster(&self, table: &RosterTable) -> Result<Roster> {
        let sees_everyone = match &table.sees_everyone {
            Some(groups) => {
                groups.iter().map(|group| self.value(group, Group::parse)).collect::<Result<_>>()?
            }
            None => vec![self.default("Teachers", Group::parse)?],
        };
        Ok(Roster {
            visibility: self.value_or(table.visibility.as_ref(), "everyone", Visibility::parse)?,
            sees_everyone,
            contacts: self.value_or(table.contacts.as_ref(), "everybody", Contacts::parse)?,
        })
    }

    fn limits(&self, table: &LimitsTable) -> Result<Limits> {
        Ok(Limits {
            stanza_bytes: self.bounded(table.stanza_bytes.as_ref(), &limits::STANZA_BYTES)?,
            bytes_per_second: self.bounded(table.bytes_per_second.as_ref(), &limits::BYTES_PER_SECOND)?,
            burst_bytes: self.bounded(table.burst_bytes.as_ref(), &limits::BURST_BYTES)?,
            connections: self.bounded(table.connections.as_ref(), &limits::CONNECTIONS)?,
            connections_per_address: self
                .bounded(table.connections_per_address.as_ref(), &limits::CONNECTIONS_PER_ADDRESS)?,
            unauthenticated_seconds: self
                .bounded(table.unauthenticated_seconds.as_ref(), &limits::UNAUTHENTICATED_SECONDS)?,
            resources_per_account: self
                .bounded(table.resources_per_account.as_ref(), &limits::RESOURCES_PER_ACCOUNT)?,
            resumption_seconds: self
                .bounded(table.resumption_seconds.as_ref(), &limits::RESUMPTION_SECONDS)?,
            offline_messages: self.bounded(table.offline_messages.as_ref(), &limits::OFFLINE_MESSAGES)?,
            offline_bytes: self.bounded(table.offline_bytes.as_ref(), &limits::OFFLINE_BYTES)?,
            offline_days: self.bounded(table.offline_days.as_ref(), &limits::OFFLINE_DAYS)?,
        })
    }

    fn bounded(&self, number: Option<&Spanned<i64>>, bounds: &Bounds) -> Result<u32> {
        let Some(number) = number else { return Ok(bounds.default) };
        let within = u32::try_from(*number.get_ref())
            .ok()
            .filter(|value| (bounds.least..=bounds.most).contains(value));
        within.ok_or_else(|| {
            let mistake = Mistake::new(
                format!("`{}` cannot be {}", bounds.key, number.get_ref()),
                format!("choose from {} to {}; the default is {}", bounds.least, bounds.most, bounds.default),
            );
            self.mistake(number.span(), mistake)
        })
    }

    fn value<T>(&self, text: &Spanned<String>, parse: impl Fn(&str) -> Result<T, Mistake>) -> Result<T> {
        parse(text.get_ref()).map_err(|mistake| self.mistake(text.span(), mistake))
    }

    fn value_or<T>(
        &self,
        text: Option<&Spanned<String>>,
        default: &str,
        parse: impl Fn(&str) -> Result<T, Mistake>,
    ) -> Result<T> {
        text.map_or_else(|| self.default(default, &parse), |text| self.value(text, &parse))
    }

    fn default<T>(&self, text: &str, parse: impl Fn(&str) -> Result<T, Mistake>) -> Result<T> {
        parse(text).map_err(|mistake| self.mistake(0..0, mistake))
    }

    fn mistake(&self, at: Range<usize>, mistake: Mistake) -> Error {
        self.0.mistake(at, mistake)
    }
}

/// A value of a room below, whose error becomes a mistake in this file.
fn lower<T: FromStr<Err = Error>>(text: &str) -> Result<T, Mistake> {
    text.parse().map_err(Mistake::from)
}
