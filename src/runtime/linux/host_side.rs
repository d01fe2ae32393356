//! The host as the stage plays it: the gateway's end of the link, the firewall, and what must not be reached.

use std::net::{SocketAddrV4, TcpListener};

use super::firewall::Guard;
use crate::{
    error::{Context as _, Result},
    host::links::Links,
    policy::{Policy, SERVER_TO_SERVER},
    runtime::{BEYOND, Deployment, Firewall, Sabotage},
};

/// All that the appliance's host has for it.
pub(super) struct HostSide {
    links: Links,
    interface: String,
    guard: Guard,
    bait: Vec<TcpListener>,
}

impl HostSide {
    /// Makes the link, loads the firewall, and listens where the appliance must not get: a leak would really succeed.
    pub(super) fn set_up(deployment: &Deployment) -> Result<Self> {
        let policy = &deployment.policy;
        let interface = policy.host_interface();
        let links = Links::open()?;
        links.create_pair(&interface, &policy.jail_interface())?;
        // From here on, letting go of it removes the link again.
        let mut host = Self { links, interface, guard: Guard::load(&deployment.firewall)?, bait: Vec::new() };
        if deployment.sabotages(Sabotage::NoFirewall) {
            host.guard.flush()?;
        }
        host.links.add_address(&host.interface, policy.host, policy.link.prefix_len())?;
        host.links.set_up(&host.interface)?;
        for target in targets(policy) {
            if *target.ip() != policy.host {
                host.links.add_address("lo", *target.ip(), 32)?;
            }
            host.bait.push(TcpListener::bind(target).doing(format_args!("listen at {target}"))?);
        }
        Ok(host)
    }

    /// Hands the jail's end to the process that waits for it.
    pub(super) fn connect(&self, policy: &Policy, pid: u32) -> Result<()> {
        self.links.move_to(&policy.jail_interface(), pid)
    }

    /// The firewall as it is now.
    pub(super) fn firewall(&self, blocked: &[u16]) -> Firewall {
        self.guard.check(blocked)
    }

    /// Where something listens that the appliance must not reach.
    pub(super) fn bait(&self) -> Vec<SocketAddrV4> {
        let addresses = self.bait.iter().filter_map(|listener| listener.local_addr().ok());
        addresses
            .filter_map(|address| match address {
                std::net::SocketAddr::V4(address) => Some(address),
                std::net::SocketAddr::V6(_) => None,
            })
            .collect()
    }

    /// Removes the link and the rules.
    pub(super) fn remove(&mut self) -> Result<()> {
        self.bait.clear();
        self.links.remove(&self.interface)?;
        self.guard.flush()
    }
}

impl Drop for HostSide {
    fn drop(&mut self) {
        // Who wants to hear of a failure calls `remove`.
        let _ = self.remove();
    }
}

/// The host itself, a client in the LAN, and a web and a chat server somewhere beyond.
fn targets(policy: &Policy) -> Vec<SocketAddrV4> {
    let lan = policy.lan.iter().find_map(|network| network.hosts().find(|host| !policy.link.contains(host)));
    let mut targets = vec![SocketAddrV4::new(policy.host, 22)];
    targets.extend(lan.map(|address| SocketAddrV4::new(address, 80)));
    targets.extend([443, SERVER_TO_SERVER].map(|port| SocketAddrV4::new(BEYOND, port)));
    targets
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::policy::Stack;

    #[test]
    fn targets_lie_on_the_host_in_the_lan_and_beyond() {
        let policy = Policy {
            name: "schoolchat".to_owned(),
            link: "10.66.0.0/30".parse().expect("a network"),
            host: Ipv4Addr::new(10, 66, 0, 1),
            jail: Ipv4Addr::new(10, 66, 0, 2),
            lan: vec!["10.66.0.0/16".parse().expect("a network")],
            open: vec![5222, 5223],
            blocked: vec![SERVER_TO_SERVER],
            connections_per_address: 100,
            stack: Stack::Own,
        };
        let shown: Vec<String> = targets(&policy).iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["10.66.0.1:22", "10.66.0.4:80", "198.51.100.1:443", "198.51.100.1:5269"]);
    }
}
