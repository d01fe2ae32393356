//! The values of `xmppd.toml` that have a rule of their own. A message may end in a line of its own: the hint.

use std::{fmt, net::IpAddr};

use jid::DomainPart;
use serde::{Deserialize, Deserializer, Serialize, de};

use super::Listen;
use crate::features::rooms::SiteRoom;

/// A domain, prepared as RFC 7622 §3.2 has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct Domain(String);

/// A TCP port, never 5269: that one is for servers, and this server talks to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "u16")]
pub struct Port(u16);

impl Domain {
    /// The domain as it stands in addresses.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Domain {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let hint = "give a name such as `chat.example.org`: no address, no port, no `@`";
        let refused = |cause: &dyn fmt::Display| format!("`{text}` is not a domain: {cause}\n{hint}");
        let domain = DomainPart::new(&text).map_err(|error| refused(&error))?;
        let labels = domain.as_str().split('.');
        let plain = |label: &str| {
            let edges = !label.starts_with('-') && !label.ends_with('-');
            edges && !label.is_empty() && label.chars().all(|c| c == '-' || c.is_alphanumeric())
        };
        if !labels.clone().all(plain) || labels.clone().all(|label| label.parse::<u8>().is_ok()) {
            return Err(refused(&"it is no host name"));
        }
        Ok(Self(domain.as_str().to_owned()))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Port {
    /// 5222, registered as `xmpp-client`.
    pub(super) const STARTTLS: Self = Self(5222);
    /// 5223, by custom.
    pub(super) const DIRECT_TLS: Self = Self(5223);
    /// 5443, by custom.
    pub(super) const WEB: Self = Self(5443);

    /// The port's number.
    pub fn number(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for Port {
    type Error = &'static str;

    fn try_from(number: u16) -> Result<Self, Self::Error> {
        match number {
            0 => Err("port 0 is no port\nclients expect 5222 for STARTTLS and 5223 for direct TLS"),
            5269 => Err("port 5269 is for talk between servers, and this server talks to none\n\
                         clients expect 5222 for STARTTLS and 5223 for direct TLS"),
            _ => Ok(Self(number)),
        }
    }
}

/// `[listen]` before its ports are compared.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ListenAsWritten {
    #[serde(deserialize_with = "one_or_more")]
    addresses: Vec<IpAddr>,
    starttls: Port,
    direct_tls: Port,
}

impl Default for ListenAsWritten {
    fn default() -> Self {
        let Listen { addresses, starttls, direct_tls } = Listen::default();
        Self { addresses, starttls, direct_tls }
    }
}

impl TryFrom<ListenAsWritten> for Listen {
    type Error = &'static str;

    fn try_from(written: ListenAsWritten) -> Result<Self, Self::Error> {
        let ListenAsWritten { addresses, starttls, direct_tls } = written;
        if starttls == direct_tls {
            return Err("`starttls` and `direct-tls` are the same port\n\
                        clients expect 5222 for STARTTLS and 5223 for direct TLS");
        }
        Ok(Self { addresses, starttls, direct_tls })
    }
}

/// A whole number between `MIN` and `MAX`, both included.
pub(super) fn within<'de, D, T, const MIN: u64, const MAX: u64>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64>,
{
    let number = i64::deserialize(deserializer)?;
    let within = u64::try_from(number).ok().filter(|number| (MIN..=MAX).contains(number));
    within.and_then(|number| T::try_from(number).ok()).ok_or_else(|| {
        de::Error::custom(format_args!("{number} is out of range\ngive a number from {MIN} to {MAX}"))
    })
}

/// A list that is not empty.
pub(super) fn one_or_more<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() {
        return Err(de::Error::custom("the list is empty\ngive one value at least"));
    }
    Ok(list)
}

/// `[[room]]`: no two of one name.
pub(super) fn site_rooms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SiteRoom>, D::Error> {
    let rooms = Vec::<SiteRoom>::deserialize(deserializer)?;
    for (index, room) in rooms.iter().enumerate() {
        if rooms[..index].iter().any(|other| other.name == room.name) {
            return Err(de::Error::custom(format_args!(
                "there are two rooms `{}`\ngive each `[[room]]` a name of its own",
                room.name
            )));
        }
    }
    Ok(rooms)
}
