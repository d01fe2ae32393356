//! The sites that templates are rendered for in tests: each differs from the example school in what a template looks at.

use crate::{
    policy::{Policy, Stack},
    render::{Jail, KernelParameters, Service, Word},
    site::{Name, Site},
    test_support::transcript,
};

/// The parameters that are newer than FreeBSD 14.
pub(in crate::render) const NEWER_THAN_14: [&str; 5] =
    ["meta", "allow.routing", "allow.settime", "allow.adjtime", "allow.extattr"];

/// An appliance on a host.
pub(in crate::render) struct Variant {
    pub(in crate::render) what: &'static str,
    pub(in crate::render) policy: Policy,
    pub(in crate::render) devices: bool,
    pub(in crate::render) externals: Vec<Word>,
    pub(in crate::render) log: bool,
    pub(in crate::render) known: KernelParameters,
}

/// The table of sites.
pub(in crate::render) fn all() -> Vec<Variant> {
    vec![
        variant("the example", |_| {}),
        variant("web", |variant| variant.policy.open.push(5443)),
        variant("other ports", |variant| variant.policy.open = vec![15222, 15223]),
        variant("two ranges", |variant| variant.policy.lan = networks(&["10.0.2.0/24", "172.16.5.1/32"])),
        variant("another link", |variant| {
            variant.policy.link = "172.31.255.252/30".parse().unwrap();
            variant.policy.host = "172.31.255.253".parse().unwrap();
            variant.policy.jail = "172.31.255.254".parse().unwrap();
        }),
        variant("debug", |variant| variant.devices = true),
        variant("log", |variant| variant.log = true),
        variant("two interfaces", |variant| variant.externals = vec![word("em0.12"), word("vtnet0")]),
        variant("no clients", |variant| variant.externals = Vec::new()),
        variant("the longest name", |variant| variant.policy.name = "s".repeat(Name::MAX_LENGTH)),
        variant("one client", |variant| variant.policy.connections_per_address = 1),
        variant("FreeBSD 14", |variant| variant.known = known_14()),
        variant("shared", |variant| variant.policy.stack = Stack::Shared),
        variant("shared, all of it", |variant| {
            variant.policy.stack = Stack::Shared;
            variant.policy.open.push(5443);
            variant.policy.lan = networks(&["10.0.2.0/24", "192.168.0.0/16"]);
            (variant.devices, variant.log) = (true, true);
            variant.externals = vec![word("em0"), word("em1")];
            variant.known = known_14();
        }),
    ]
}

impl Variant {
    pub(in crate::render) fn jail(&self) -> String {
        let jail = Jail {
            policy: &self.policy,
            root: word("/usr/local/jailbuild/schoolchat/root"),
            hostname: word("school.test"),
            image: Some(word("sha256:abc")),
            devices: self.devices,
        };
        jail.render(&self.known).unwrap()
    }

    pub(in crate::render) fn pf(&self) -> String {
        self.policy.pf(&self.externals, self.log).unwrap()
    }

    pub(in crate::render) fn service(&self) -> Service<'_> {
        Service {
            policy: &self.policy,
            jail_conf: word("/usr/local/etc/jailbuild/schoolchat/jail.conf"),
            pf_conf: word("/usr/local/etc/jailbuild/schoolchat/pf.conf"),
            rootfs: word("/usr/local/jailbuild/schoolchat/current/rootfs"),
            root: word("/usr/local/jailbuild/schoolchat/root"),
            settings: word("/usr/local/etc/jailbuild/schoolchat/settings"),
            data: word("/usr/local/jailbuild/schoolchat/data"),
            log: word("/var/log/schoolchat.log"),
            device_rules: self.devices.then(|| word("/usr/local/etc/jailbuild/schoolchat/devfs.rules")),
            log_blocked: self.log,
            tool: word("/usr/local/jailbuild/schoolchat/bin/jailbuild"),
        }
    }
}

/// The example school, changed.
pub(in crate::render) fn variant(what: &'static str, change: impl FnOnce(&mut Variant)) -> Variant {
    let mut variant = Variant {
        what,
        policy: Policy::of(&Site::example()),
        devices: false,
        externals: vec![word("vtnet0")],
        log: false,
        known: known_15_1(),
    };
    change(&mut variant);
    variant
}

pub(in crate::render) fn known_15_1() -> KernelParameters {
    KernelParameters::parse(&transcript::jail_parameters())
}

pub(in crate::render) fn known_14() -> KernelParameters {
    let is_newer = |line: &str| NEWER_THAN_14.iter().any(|name| line.ends_with(&format!("param.{name}")));
    let known = transcript::jail_parameters();
    let known: Vec<_> = known.lines().filter(|line| !is_newer(line)).collect();
    KernelParameters::parse(&known.join("\n"))
}

pub(in crate::render) fn word(text: &str) -> Word {
    Word::new(text).unwrap()
}

fn networks(texts: &[&str]) -> Vec<ipnet::Ipv4Net> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}
