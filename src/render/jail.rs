//! `jail.conf(5)` and `devfs.rules(5)`: the jail with every lock that the host's kernel knows.

use std::{collections::BTreeSet, net::Ipv4Addr};

use serde::Serialize;

use super::{Template, Word, render};
use crate::{
    error::Result,
    host::{Host, command::Command},
    policy::{Policy, Stack},
};

/// The number of the devfs ruleset: that of the daemon's user, and free on a host that did not take it itself.
pub const DEVICE_RULESET: u16 = 5222;

/// A jail, as `jail -f` creates it: mounts, addresses and rules are the service's business.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Jail<'a> {
    /// Its name, its network stack, and what it has of it.
    pub policy: &'a Policy,
    /// Its root, with the image mounted read-only.
    pub root: Word,
    /// The host name seen within.
    pub hostname: Word,
    /// The digest of the image that it was made from, such as `sha256:…`.
    pub image: Option<Word>,
    /// Whether it has a `/dev` with four devices, as the debug flavour needs; the daemon alone needs none.
    pub devices: bool,
}

impl Jail<'_> {
    /// The text of `jail.conf`, with the locks that this kernel knows.
    ///
    /// # Errors
    /// [`crate::Error::Configuration`] if the appliance's name is not a plain word.
    pub fn render(&self, known: &KernelParameters) -> Result<String> {
        #[derive(Serialize)]
        struct Values<'a> {
            name: Word,
            root: &'a Word,
            hostname: &'a Word,
            stack: Stack,
            interface: Word,
            address: Ipv4Addr,
            ipv6: bool,
            image: Option<&'a Word>,
            devices: bool,
            device_ruleset: u16,
            locks: Vec<&'static str>,
        }
        let values = Values {
            name: Word::new(&self.policy.name)?,
            root: &self.root,
            hostname: &self.hostname,
            stack: self.policy.stack,
            interface: Word::new(self.policy.jail_interface())?,
            address: self.policy.jail,
            ipv6: known.has("ip6"),
            image: self.image.as_ref().filter(|_| known.has("meta")),
            devices: self.devices,
            device_ruleset: DEVICE_RULESET,
            locks: LOCKS.iter().filter(|lock| known.has(lock.parameter)).map(|lock| lock.statement).collect(),
        };
        render(Template::Jail, &values)
    }
}

/// The text of the devfs ruleset that shows `null`, `zero`, `random` and `urandom`, and hides all else.
///
/// # Errors
/// [`crate::Error::Failed`] if the template is broken.
pub fn device_rules() -> Result<String> {
    #[derive(Serialize)]
    struct Values {
        device_ruleset: u16,
    }
    render(Template::Devfs, &Values { device_ruleset: DEVICE_RULESET })
}

/// The jail parameters that a kernel knows: some are newer than FreeBSD 14.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct KernelParameters(BTreeSet<String>);

impl KernelParameters {
    /// Asks the kernel of this host.
    pub fn of(host: &dyn Host) -> Result<Self> {
        let known = host.ask(&Command::new("sysctl").args(["-N", "security.jail.param"]))?;
        Ok(Self::parse(&known))
    }

    /// Reads what `sysctl -N security.jail.param` prints; values behind a colon are passed over.
    pub fn parse(output: &str) -> Self {
        let names = output.lines().filter_map(|line| line.trim().strip_prefix("security.jail.param."));
        // A parameter that has others below it is listed with a dot at its end: `allow.mount.`.
        let bare = |name: &str| name.split(':').next().unwrap_or_default().trim_end_matches('.').to_owned();
        Self(names.map(bare).collect())
    }

    /// The locks that this kernel does not know, hence cannot be asked for.
    pub fn missing_locks(&self) -> Vec<&'static str> {
        LOCKS.iter().filter(|lock| !self.has(lock.parameter)).map(|lock| lock.statement).collect()
    }

    fn has(&self, parameter: &str) -> bool {
        self.0.contains(parameter)
    }
}

struct Lock {
    parameter: &'static str,
    statement: &'static str,
}

const fn lock(parameter: &'static str, statement: &'static str) -> Lock {
    Lock { parameter, statement }
}

/// See jail(8), "Jail Parameters". All were accepted together by FreeBSD 15.1.
const LOCKS: [Lock; 19] = [
    lock("children.max", "children.max = 0"),
    lock("enforce_statfs", "enforce_statfs = 2"),
    lock("securelevel", "securelevel = 3"),
    lock("allow.adjtime", "allow.noadjtime"),
    lock("allow.chflags", "allow.nochflags"),
    lock("allow.extattr", "allow.noextattr"),
    lock("allow.mount", "allow.nomount"),
    lock("allow.raw_sockets", "allow.noraw_sockets"),
    lock("allow.read_msgbuf", "allow.noread_msgbuf"),
    lock("allow.reserved_ports", "allow.noreserved_ports"),
    lock("allow.routing", "allow.norouting"),
    lock("allow.set_hostname", "allow.noset_hostname"),
    lock("allow.settime", "allow.nosettime"),
    lock("allow.socket_af", "allow.nosocket_af"),
    lock("allow.sysvipc", "allow.nosysvipc"),
    lock("allow.unprivileged_proc_debug", "allow.nounprivileged_proc_debug"),
    lock("sysvmsg", "sysvmsg = disable"),
    lock("sysvsem", "sysvsem = disable"),
    lock("sysvshm", "sysvshm = disable"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        policy::Stack,
        render::lint::{
            statements,
            variants::{known_14, known_15_1, variant},
        },
    };

    #[test]
    fn the_jail_of_the_newest_kernel() {
        insta::assert_snapshot!(variant("the example", |_| {}).jail());
    }

    #[test]
    fn the_jail_of_a_kernel_without_vnet() {
        insta::assert_snapshot!(variant("shared", |variant| variant.policy.stack = Stack::Shared).jail());
    }

    #[test]
    fn the_jail_of_the_debug_flavour_has_devices() {
        let text = variant("debug", |variant| variant.devices = true).jail();
        let statements = statements(&text, "schoolchat");
        assert!(statements.contains_key("mount.devfs") && !statements.contains_key("mount.nodevfs"));
        assert_eq!(statements["devfs_ruleset"], "5222");
    }

    #[test]
    fn an_older_kernel_is_not_asked_for_what_it_does_not_know() {
        assert_eq!(
            known_14().missing_locks(),
            ["allow.noadjtime", "allow.noextattr", "allow.norouting", "allow.nosettime"]
        );
        let text = variant("FreeBSD 14", |variant| variant.known = known_14()).jail();
        let statements = statements(&text, "schoolchat");
        assert!(!statements.contains_key("meta") && !statements.contains_key("allow.norouting"));
        assert!(statements.contains_key("allow.noraw_sockets"));
    }

    #[test]
    fn a_kernel_that_knows_all_locks_misses_none() {
        assert!(known_15_1().missing_locks().is_empty());
        let text = variant("the example", |_| {}).jail();
        let statements = statements(&text, "schoolchat");
        for lock in LOCKS {
            assert!(statements.contains_key(lock.statement.split(' ').next().unwrap_or_default()));
        }
    }
}
