//! The appliance's network: its link to the host, where clients may come from, and the ports that they reach.

use std::{fmt, net::Ipv4Addr};

use ipnet::Ipv4Net;
use serde::{Serialize, Serializer};

use super::{Mistake, Site};
use crate::policy::{Policy, SERVER_TO_SERVER, Stack};

/// The `[network]` of the school's file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Network {
    /// The network between the host and the jail.
    pub link: Link,
    /// Where clients may come from: private ranges that overlap neither the link nor each other.
    pub lan: Vec<Ipv4Net>,
    /// The port on which a connection starts in the clear and must turn to TLS (RFC 6120 §5).
    pub starttls: u16,
    /// The port that speaks TLS from the first byte (XEP-0368).
    pub direct_tls: u16,
}

/// A private /30: one address for the host's end, one for the jail's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Link(Ipv4Net);

impl Network {
    /// The one that is proposed: what most schools have.
    pub fn usual() -> Self {
        let link = Link(Ipv4Net::new_assert(Ipv4Addr::new(10, 66, 0, 0), 30));
        let lan = Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 16);
        Self { link, lan: vec![lan], starttls: 5222, direct_tls: 5223 }
    }
}

impl Link {
    /// Accepts a private network of the size /30.
    ///
    /// # Errors
    /// A [`Mistake`] for all else.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let network = private_network(text)?;
        if network.prefix_len() != 30 {
            return Err(Mistake::new(
                format!("the link `{network}` is not a /30"),
                format!(
                    "write `{}/30`: it holds the host's address, the jail's, and no other",
                    network.addr()
                ),
            ));
        }
        Ok(Self(network))
    }

    /// The network.
    pub fn network(self) -> Ipv4Net {
        self.0
    }

    /// The host's end: the first address.
    pub fn host(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.0.network().to_bits() + 1)
    }

    /// The jail's end: the second address.
    pub fn jail(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.0.network().to_bits() + 2)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Serialize for Link {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Here and not in `policy`: the policy knows nothing of sites.
impl Policy {
    /// What the school's file allows: clients of the LAN to the two ports of XMPP and to that of the web, if there is one,
    /// and nothing else in either direction.
    pub fn of(site: &Site) -> Self {
        let Network { link, lan, starttls, direct_tls } = &site.network;
        let mut open = vec![*starttls, *direct_tls];
        open.extend(site.web.open());
        open.sort_unstable();
        Self {
            name: site.name.to_string(),
            link: link.network(),
            host: link.host(),
            jail: link.jail(),
            lan: lan.clone(),
            open,
            blocked: vec![SERVER_TO_SERVER],
            connections_per_address: site.limits.connections_per_address,
            stack: Stack::Own,
        }
    }
}

/// Parses a range of private addresses (RFC 1918).
pub(super) fn private_network(text: &str) -> Result<Ipv4Net, Mistake> {
    let network: Ipv4Net = text.parse().map_err(|_| {
        Mistake::new(
            format!("`{}` is not a network", text.escape_debug()),
            "write it as an IPv4 address, `/` and the prefix length, such as `192.168.1.0/24`",
        )
    })?;
    if network.trunc() != network {
        return Err(Mistake::new(
            format!("`{network}` is an address within a network, not a network"),
            format!("write `{}`", network.trunc()),
        ));
    }
    if !PRIVATE.iter().any(|private| private.contains(&network)) {
        return Err(Mistake::new(
            format!("`{network}` is not private"),
            "the chat is for a school's own network: choose within `10.0.0.0/8`, `172.16.0.0/12` or \
             `192.168.0.0/16` (RFC 1918)",
        ));
    }
    Ok(network)
}

/// All private networks.
pub(super) const PRIVATE: [Ipv4Net; 3] = [
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(172, 16, 0, 0), 12),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 16),
];

/// Refuses a range that shares addresses with the link or with an earlier range.
pub(super) fn refuse_overlap(range: Ipv4Net, link: Link, earlier: &[Ipv4Net]) -> Result<(), Mistake> {
    let overlaps = |other: &Ipv4Net| other.contains(&range) || range.contains(other);
    if overlaps(&link.network()) {
        return Err(Mistake::new(
            format!("the LAN range `{range}` overlaps the link `{link}`"),
            "move the link to a network that is used nowhere else, with `link = \"…/30\"`",
        ));
    }
    match earlier.iter().find(|other| overlaps(other)) {
        Some(other) => Err(Mistake::new(
            format!("the LAN range `{range}` overlaps `{other}`"),
            "keep the larger of the two",
        )),
        None => Ok(()),
    }
}

/// Accepts a port for clients.
pub(super) fn client_port(port: i64) -> Result<u16, Mistake> {
    match u16::try_from(port) {
        Ok(SERVER_TO_SERVER) => Err(Mistake::new(
            "port 5269 is for other servers (RFC 6120 §14.7), and this one speaks to none",
            "take `5222` for STARTTLS and `5223` for direct TLS",
        )),
        Ok(port @ 1024..) => Ok(port),
        _ => Err(Mistake::new(
            format!("`{port}` is not a port for clients"),
            "take one from 1024 to 65535: the daemon may not open the reserved ones",
        )),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_two_ends() {
        let link = Link::parse("10.66.0.0/30").unwrap();
        assert_eq!((link.host(), link.jail()), (Ipv4Addr::new(10, 66, 0, 1), Ipv4Addr::new(10, 66, 0, 2)));
    }

    #[test]
    fn a_network_is_private_and_whole() {
        for text in ["10.0.0.0/8", "172.31.0.0/16", "192.168.1.0/24", "192.168.1.7/32"] {
            assert!(private_network(text).is_ok(), "{text}");
        }
        let refused = [
            "",
            "lan",
            "192.168.1.1",
            "fe80::/10",
            "192.168.1.1/24",
            "0.0.0.0/0",
            "8.8.8.0/24",
            "172.0.0.0/8",
        ];
        let reasons: Vec<_> = refused.iter().map(|text| private_network(text).unwrap_err().what).collect();
        insta::assert_snapshot!(reasons.join("\n"));
    }

    #[test]
    fn the_policy_of_the_example_school() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&Policy::of(&Site::example())).unwrap());
    }
}
