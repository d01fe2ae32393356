//! The host's `rc.d(8)` script.

use serde::Serialize;

use super::{Template, Word, render};
use crate::{error::Result, policy::Policy};

/// The service that starts and stops the appliance with its host. It is named after the appliance, as are its
/// variables, its jail, and its pid file `/var/run/NAME.pid`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Service<'a> {
    /// Its name, and its network.
    pub policy: &'a Policy,
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
    /// The file that gets the daemon's standard error; it is made with mode 0600.
    pub log: Word,
    /// The file of [`device_rules`](super::device_rules), for a jail that has devices.
    pub device_rules: Option<Word>,
    /// Whether the rules log what they drop.
    pub log_blocked: bool,
    /// The `jailbuild` that `service NAME verify` runs.
    pub tool: Word,
}

impl Service<'_> {
    /// The text of the script, for `/usr/local/etc/rc.d/NAME`, mode 0555.
    ///
    /// # Errors
    /// [`crate::Error::Configuration`] if the appliance's name is not a plain word.
    pub fn render(&self) -> Result<String> {
        self.fill(Template::Service)
    }

    /// The line of `newsyslog.conf(5)` that keeps the log from growing, for
    /// `/usr/local/etc/newsyslog.conf.d/NAME.conf`, mode 0644.
    ///
    /// # Errors
    /// As [`Service::render`].
    pub fn log_rotation(&self) -> Result<String> {
        self.fill(Template::LogRotation)
    }

    fn fill(&self, template: Template) -> Result<String> {
        #[derive(Serialize)]
        struct Values<'a> {
            #[serde(flatten)]
            service: &'a Service<'a>,
            name: Word,
            anchor: Word,
            outer: Word,
            inner: Word,
            prefix: u8,
        }
        let values = Values {
            service: self,
            name: Word::new(&self.policy.name)?,
            anchor: Word::new(self.policy.anchor())?,
            outer: Word::new(self.policy.host_interface())?,
            inner: Word::new(self.policy.jail_interface())?,
            prefix: self.policy.link.prefix_len(),
        };
        render(template, &values)
    }
}

#[cfg(test)]
mod tests;
