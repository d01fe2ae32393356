//! What may come in and go out, as data: one policy, rendered to pf and to nftables.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::{
    error::Result,
    render::{Template, Word, render},
};

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

impl Policy {
    /// The pf anchor: `jailbuild/NAME`.
    pub fn anchor(&self) -> String {
        format!("jailbuild/{}", self.name)
    }

    /// The nftables table, of the family `inet`: `jailbuild_NAME`.
    pub fn table(&self) -> String {
        format!("jailbuild_{}", self.name)
    }

    /// The host's end of the link, as an interface.
    pub fn host_interface(&self) -> String {
        format!("{}_h", self.name)
    }

    /// The jail's end of the link, as an interface.
    pub fn jail_interface(&self) -> String {
        format!("{}_j", self.name)
    }

    /// The rules in the form of pf, for the anchor of this appliance; `external` is the interface on which clients
    /// come to the host.
    ///
    /// # Errors
    /// [`Error::Configuration`](crate::Error::Configuration) if the appliance's name is not a plain word.
    pub fn pf(&self, external: &Word) -> Result<String> {
        self.render(Template::Pf, Some(external))
    }

    /// The rules in the form of nftables, for the network namespace that holds the host's end of the link.
    ///
    /// # Errors
    /// [`Error::Configuration`](crate::Error::Configuration) if the appliance's name is not a plain word.
    pub fn nft(&self) -> Result<String> {
        self.render(Template::Nft, None)
    }

    fn render(&self, template: Template, external: Option<&Word>) -> Result<String> {
        #[derive(Serialize)]
        struct Values<'a> {
            #[serde(flatten)]
            policy: &'a Policy,
            anchor: Word,
            external: Option<&'a Word>,
            interface: Word,
            table: Word,
        }
        let values = Values {
            policy: self,
            anchor: Word::new(self.anchor())?,
            external,
            interface: Word::new(self.host_interface())?,
            table: Word::new(self.table())?,
        };
        render(template, &values)
    }
}

#[cfg(test)]
mod tests;
