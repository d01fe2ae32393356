//! Appliances beside each other on one host, which must not meet.

use ipnet::Ipv4Net;

use super::{Layout, Record};
use crate::{
    error::{Error, Result},
    host::Host,
    policy::Policy,
    site::Site,
};

/// Refuses an appliance whose link, or whose ports at the same interface, another one has, and one that lets another one in.
pub fn check(record: &Record, site: &Site, host: &dyn Host) -> Result<()> {
    let policy = record.policy(site);
    let others = others(record, host)?;
    let free = free_link(others.iter().map(|other| &other.policy).chain([&policy]));
    for other in &others {
        let name = &other.record.name;
        if overlap(policy.link, other.policy.link) {
            return Err(same_link(policy.link, name, &free));
        }
        if let Some(range) = clients_at(&other.policy, policy.link) {
            return Err(lets_us_in(policy.link, name, range, &free));
        }
        if let Some(range) = clients_at(&policy, other.policy.link) {
            return Err(is_let_in(other.policy.link, name, range, &free));
        }
        if let Some(port) = other.same_port(record, &policy) {
            return Err(same_port(port, site, name));
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

/// The range of clients which has addresses of this link.
fn clients_at(policy: &Policy, link: Ipv4Net) -> Option<Ipv4Net> {
    policy.lan.iter().find(|range| overlap(**range, link)).copied()
}

/// How a link is written that neither an appliance nor its clients have.
fn free_link<'a>(policies: impl Iterator<Item = &'a Policy>) -> String {
    let taken: Vec<Ipv4Net> =
        policies.flat_map(|policy| policy.lan.iter().chain([&policy.link])).copied().collect();
    let places = [[10, 66, 0, 0], [172, 31, 0, 0], [192, 168, 0, 0]];
    let links =
        places.into_iter().flat_map(|place| Ipv4Net::new_assert(place.into(), 16).subnets(30)).flatten();
    let free = links.into_iter().find(|link| !taken.iter().any(|taken| overlap(*link, *taken)));
    free.map(|link| format!(", such as `link = \"{link}\"`")).unwrap_or_default()
}

fn same_link(link: Ipv4Net, other: &str, free: &str) -> Error {
    Error::configuration(
        format_args!("the link {link} is that of the appliance `{other}`"),
        format_args!("give this school another one in `[network]` of its `jailbuild.toml`{free}"),
    )
}

fn lets_us_in(link: Ipv4Net, other: &str, range: Ipv4Net, free: &str) -> Error {
    Error::configuration(
        format_args!("the link {link} lies in {range}, from where the appliance `{other}` lets clients in"),
        format_args!("give this school another one in `[network]` of its `jailbuild.toml`{free}"),
    )
}

fn is_let_in(link: Ipv4Net, other: &str, range: Ipv4Net, free: &str) -> Error {
    Error::configuration(
        format_args!(
            "the link {link} of the appliance `{other}` lies in {range}, from where this school lets clients in"
        ),
        format_args!(
            "give `{other}` another one in `[network]` of its own `jailbuild.toml`{free}, and install it again; or name in \
             `lan` of this school's only where its clients are"
        ),
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
