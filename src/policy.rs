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

/// The name of appliances that are thrown away: with its capital, no school's can have it. There is one at a time on a host.
const THROW_AWAY_NAME: &str = "Probe";

/// The link of appliances that are thrown away: in the range for tests of network devices (RFC 2544), so that it
/// overlaps no school's link and no LAN, which are private (RFC 1918).
const THROW_AWAY: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(198, 19, 255, 252), 30);

/// How the interfaces of an appliance end: the host's end of its link, and the jail's.
const ENDS: [&str; 2] = ["_h", "_j"];

/// Whether an interface is named like one of an appliance: no client comes in there.
pub fn is_of_appliance(interface: &str) -> bool {
    ENDS.iter().any(|end| interface.ends_with(end))
}

/// The interfaces of some appliances, and of the one that is thrown away.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Interfaces(Vec<String>);

impl Interfaces {
    /// Those of the appliances with these names.
    pub fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let both = |name: &str| ENDS.map(|end| format!("{name}{end}"));
        Self(names.chain([THROW_AWAY_NAME]).flat_map(both).collect())
    }

    /// Whether this is one of them.
    pub fn have(&self, interface: &str) -> bool {
        self.0.iter().any(|own| own == interface)
    }
}

/// Which network stack an appliance has.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stack {
    /// One of its own (VNET on FreeBSD, a network namespace on Linux), linked to the host's by two interfaces.
    #[default]
    Own,
    /// The host's, of which it may use one address: for kernels without VNET. It isolates less.
    Shared,
}

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
    /// The ports that clients may reach, ascending: STARTTLS, direct TLS, and the web's if there is one.
    pub open: Vec<u16>,
    /// Ports dropped in both directions before anything else is looked at.
    pub blocked: Vec<u16>,
    /// How many connections one client address may hold.
    pub connections_per_address: u32,
    /// Which network stack it has.
    #[serde(default)]
    pub stack: Stack,
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

    /// The host's end of the link, as an interface; with a shared stack, the loopback that has the jail's address.
    pub fn host_interface(&self) -> String {
        self.name.clone() + ENDS[0]
    }

    /// The jail's end of the link, as an interface.
    pub fn jail_interface(&self) -> String {
        self.name.clone() + ENDS[1]
    }

    /// The same policy for an appliance that lives no longer than this process: under a name and a link of its own, so
    /// that one in service on the same host is not touched.
    #[must_use]
    pub fn throw_away(&self) -> Self {
        let [host, jail] = [1, 2].map(|step| Ipv4Addr::from_bits(THROW_AWAY.addr().to_bits() + step));
        Self {
            name: THROW_AWAY_NAME.to_owned(),
            link: THROW_AWAY,
            host,
            jail,
            stack: Stack::Own,
            ..self.clone()
        }
    }

    /// The same policy with this network stack.
    #[must_use]
    pub fn with_stack(self, stack: Stack) -> Self {
        Self { stack, ..self }
    }

    /// The rules in the form of pf, for the anchor of this appliance. Clients come to the host on the interfaces
    /// `externals`; with `log`, what is dropped is shown on `pflog0`.
    ///
    /// # Errors
    /// [`Error::Configuration`](crate::Error::Configuration) if the appliance's name is not a plain word.
    pub fn pf(&self, externals: &[Word], log: bool) -> Result<String> {
        self.render(Template::Pf, externals, log)
    }

    /// The same rules without the redirection of clients, for an appliance to which only its host speaks: pf takes the
    /// first redirection that fits, which could be that of an appliance in service.
    ///
    /// # Errors
    /// As [`Policy::pf`].
    pub fn pf_for_host_alone(&self) -> Result<String> {
        self.render(Template::Pf, &[], false)
    }

    /// The rules in the form of nftables, for the network namespace that holds the host's end of the link.
    ///
    /// # Errors
    /// [`Error::Configuration`](crate::Error::Configuration) if the appliance's name is not a plain word.
    pub fn nft(&self) -> Result<String> {
        self.render(Template::Nft, &[], false)
    }

    fn render(&self, template: Template, externals: &[Word], log: bool) -> Result<String> {
        #[derive(Serialize)]
        struct Values<'a> {
            #[serde(flatten)]
            policy: &'a Policy,
            anchor: Word,
            externals: &'a [Word],
            log: bool,
            interface: Word,
            table: Word,
        }
        let values = Values {
            policy: self,
            anchor: Word::new(self.anchor())?,
            externals,
            log,
            interface: Word::new(self.host_interface())?,
            table: Word::new(self.table())?,
        };
        render(template, &values)
    }
}

#[cfg(test)]
mod tests;
