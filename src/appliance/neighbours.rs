//! Appliances beside each other on one host, which must not meet.

use ipnet::Ipv4Net;

use super::{Layout, Record, Step};
use crate::{
    error::{Error, Result},
    host::Host,
    policy::Policy,
    site::Site,
};

/// Refuses an appliance whose link, or whose ports at the same interface, another one has, and one that lets another one in.
/// Where it is installed so already, that is only told: else neither of the two could be changed, one after the other.
pub fn check(record: &Record, site: &Site, before: Option<&Record>, host: &dyn Host) -> Result<Vec<Step>> {
    let policy = record.policy(site);
    let others = others(record, host)?;
    let free = free_link(others.iter().map(|other| &other.policy).chain([&policy]));
    // A file that cannot be read has let nobody in so far.
    let before = before.and_then(|before| Some((before, before.policy(&before.site(host).ok()?))));
    let mut notes = Vec::new();
    for other in &others {
        let before: Vec<_> =
            before.iter().flat_map(|(record, policy)| other.clashes(record, policy)).collect();
        for clash in other.clashes(record, &policy) {
            let (what, hint) = other.told(clash, &policy, site, &free);
            if !before.contains(&clash) {
                return Err(Error::configuration(what, hint));
            }
            notes.push(Step::Note(format!("as before, {what}: {hint}")));
        }
    }
    Ok(notes)
}

/// Another appliance of this host.
struct Neighbour {
    record: Record,
    policy: Policy,
}

/// How an appliance and another one meet.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Clash {
    /// The other one has this link of ours.
    SameLink(Ipv4Net),
    /// The other one lets clients in from this link of ours.
    LetsUsIn(Ipv4Net),
    /// Clients are let in from its link.
    IsLetIn,
    /// Both want this port of the same clients at the same interface.
    SamePort(u16),
}

impl Neighbour {
    /// All ways in which it meets an appliance.
    fn clashes(&self, record: &Record, policy: &Policy) -> Vec<Clash> {
        let link = policy.link;
        let same_link = overlap(link, self.policy.link).then_some(Clash::SameLink(link));
        let lets_us_in = (!clients_at(&self.policy, link).is_empty()).then_some(Clash::LetsUsIn(link));
        let is_let_in = (!clients_at(policy, self.policy.link).is_empty()).then_some(Clash::IsLetIn);
        let same_ports = self.same_ports(record, policy).map(Clash::SamePort);
        [same_link, lets_us_in, is_let_in].into_iter().flatten().chain(same_ports).collect()
    }

    /// The ports that both want of the same clients at the same interface.
    fn same_ports<'a>(&'a self, record: &Record, policy: &'a Policy) -> impl Iterator<Item = u16> + 'a {
        let interface = record.externals.iter().any(|external| self.record.externals.contains(external));
        let clients = policy.lan.iter().any(|range| self.policy.lan.iter().any(|own| overlap(*range, *own)));
        policy
            .open
            .iter()
            .copied()
            .filter(move |port| interface && clients && self.policy.open.contains(port))
    }

    /// What is wrong, and what to do about it.
    fn told(&self, clash: Clash, policy: &Policy, site: &Site, free: &str) -> (String, String) {
        let name = &self.record.name;
        match clash {
            Clash::SameLink(link) => {
                (format!("the link {link} is that of the appliance `{name}`"), another_link(free))
            }
            Clash::LetsUsIn(link) => (
                format!(
                    "the link {link} lies in {}, from where the appliance `{name}` lets clients in",
                    clients_at(&self.policy, link).join(", ")
                ),
                another_link(free),
            ),
            Clash::IsLetIn => (
                format!(
                    "the link {} of the appliance `{name}` lies in {}, from where this school lets clients in",
                    self.policy.link,
                    clients_at(policy, self.policy.link).join(", ")
                ),
                another_link_of(name, free),
            ),
            Clash::SamePort(port) => (
                format!("port {port} leads to the appliance `{name}`, which has it at the same interface"),
                another_port(port, site),
            ),
        }
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

/// The ranges of clients that have addresses of this link.
fn clients_at(policy: &Policy, link: Ipv4Net) -> Vec<String> {
    policy.lan.iter().filter(|range| overlap(**range, link)).map(Ipv4Net::to_string).collect()
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

fn another_link(free: &str) -> String {
    format!("give this school another one in `[network]` of its `jailbuild.toml`{free}")
}

fn another_link_of(name: &str, free: &str) -> String {
    format!(
        "give `{name}` another one in `[network]` of its own `jailbuild.toml`{free}, and install it again; or name in `lan` of \
         this school's only where its clients are"
    )
}

fn another_port(port: u16, site: &Site) -> String {
    let key = if port == site.network.starttls {
        "`starttls` in `[network]`"
    } else if port == site.network.direct_tls {
        "`direct-tls` in `[network]`"
    } else {
        "`port` in `[web]`"
    };
    format!("change {key} of this school's `jailbuild.toml`, or name another `--interface`")
}
