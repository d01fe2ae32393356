//! What may come in and go out, as data: one policy, rendered to pf and to nftables.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

/// The port of server-to-server XMPP (RFC 6120 §14.7), which is blocked in both directions.
pub const SERVER_TO_SERVER: u16 = 5269;

/// The network policy of one appliance, bound to its addresses.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Policy {
    /// The appliance's name: the jail, the pf anchor `jailbuild/NAME`, the nft table `jailbuild_NAME`.
    pub name: String,
    /// The /30 between host and jail.
    pub link: Ipv4Net,
    /// The host's end of the link, the gateway for answers to the LAN.
    pub host: Ipv4Addr,
    /// The jail's end of the link: the only address that the daemon has.
    pub jail: Ipv4Addr,
    /// Where clients may come from.
    pub lan: Vec<Ipv4Net>,
    /// The ports that clients may reach, ascending: STARTTLS and direct TLS.
    pub open: Vec<u16>,
    /// Ports dropped in both directions before anything else is looked at.
    pub blocked: Vec<u16>,
    /// How many connections one client address may hold.
    pub connections_per_address: u32,
}
