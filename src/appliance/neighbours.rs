//! Appliances beside each other on one host, which must not meet.

use ipnet::Ipv4Net;

use super::{Layout, Record};
use crate::{
    error::{Error, Result},
    host::Host,
    policy::Policy,
    site::Site,
};

/// Refuses an appliance whose link, or whose ports at the same interface, another one has.
pub fn check(record: &Record, site: &Site, host: &dyn Host) -> Result<()> {
    let policy = record.policy(site);
    let others = others(record, host)?;
    let links: Vec<Ipv4Net> = others.iter().map(|other| other.policy.link).collect();
    for other in &others {
        if overlap(policy.link, other.policy.link) {
            return Err(same_link(&policy, &other.record.name, &links));
        }
        if let Some(port) = other.same_port(record, &policy) {
            return Err(same_port(port, site, &other.record.name));
        }
    }
    Ok(())
}

/// Another appliance of this host.
struct Neighbour {
    record: Record,
    policy: Policy,
}

impl Neighbour {
    /// A port that both want of the same clients at the same interface.
    fn same_port(&self, record: &Record, policy: &Policy) -> Option<u16> {
        let interface = record.externals.iter().any(|external| self.record.externals.contains(external));
        let clients = policy.lan.iter().any(|range| self.policy.lan.iter().any(|own| overlap(*range, *own)));
        let port = policy.open.iter().find(|port| self.policy.open.contains(port)).copied();
        port.filter(|_| interface && clients)
    }
}

fn others(record: &Record, host: &dyn Host) -> Result<Vec<Neighbour>> {
    let mut others = Vec::new();
    for other in Record::all(host)?.into_iter().filter(|other| other.name != record.name) {
        // One that was not put in place to the end may have no file yet: it checks us when it goes on.
        if host.look(&Layout::of(&other.name).site())?.is_some() {
            let policy = other.policy(&other.site(host)?);
            others.push(Neighbour { record: other, policy });
        }
    }
    Ok(others)
}

fn overlap(one: Ipv4Net, other: Ipv4Net) -> bool {
    one.contains(&other) || other.contains(&one)
}

fn same_link(policy: &Policy, other: &str, taken: &[Ipv4Net]) -> Error {
    let mut subnets = Ipv4Net::new_assert([10, 66, 0, 0].into(), 16).subnets(30).into_iter().flatten();
    let free = subnets.find(|link| !taken.iter().any(|taken| overlap(*link, *taken)));
    let free = free.map(|link| format!(", such as `link = \"{link}\"`")).unwrap_or_default();
    Error::configuration(
        format_args!("the link {} is that of the appliance `{other}`", policy.link),
        format_args!("give this school another one in `[network]` of its `jailbuild.toml`{free}"),
    )
}

fn same_port(port: u16, site: &Site, other: &str) -> Error {
    let key = if port == site.network.starttls {
        "`starttls` in `[network]`"
    } else if port == site.network.direct_tls {
        "`direct-tls` in `[network]`"
    } else {
        "`port` in `[web]`"
    };
    Error::configuration(
        format_args!("port {port} leads to the appliance `{other}`, which has it at the same interface"),
        format_args!("change {key} of this school's `jailbuild.toml`, or name another `--interface`"),
    )
}
