//! The host's `rc.d(8)` script.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::Serialize;

use super::{Template, Word, render};
use crate::error::Result;

/// The service that starts and stops the appliance with its host.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Service {
    /// The name of the service, of its variables and of the jail.
    pub name: Word,
    /// The pf anchor.
    pub anchor: Word,
    /// The host's end of the epair, as an interface.
    pub outer: Word,
    /// The jail's end of the epair, as an interface.
    pub inner: Word,
    /// The host's address on the link.
    pub host: Ipv4Addr,
    /// The jail's address on the link.
    pub jail: Ipv4Addr,
    /// The prefix length of the link.
    pub prefix: u8,
    /// Where clients may come from: each gets a route back.
    pub lan: Vec<Ipv4Net>,
    /// The file with the jail's parameters.
    pub jail_conf: Word,
    /// The file with the anchor's rules.
    pub pf_conf: Word,
    /// The image's root file system, unpacked.
    pub rootfs: Word,
    /// Where that is mounted for the jail.
    pub root: Word,
    /// The folder with the daemon's settings, certificate and key.
    pub settings: Word,
    /// The daemon's data.
    pub data: Word,
    /// The file that gets the daemon's standard error.
    pub log: Word,
}

impl Service {
    /// The text of the script, for `/usr/local/etc/rc.d/NAME`, mode 0555.
    ///
    /// # Errors
    /// [`crate::Error::Failed`] if the template is broken.
    pub fn render(&self) -> Result<String> {
        render(Template::Service, self)
    }
}

#[cfg(test)]
mod tests;
