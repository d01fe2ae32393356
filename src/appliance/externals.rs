//! The interfaces at which clients come to the host.

use std::{collections::BTreeSet, net::Ipv4Addr};

use ipnet::Ipv4Net;

use super::Layout;
use crate::{
    error::{Error, Result},
    host::{Host, command::Command},
    policy::Interfaces,
};

/// The interfaces of the appliances of this host, of the one with this name too: no client comes in there. The host may have
/// others that are named much like these.
pub fn inner(name: &str, host: &dyn Host) -> Result<Interfaces> {
    Ok(Interfaces::of(Layout::names(host)?.iter().map(String::as_str).chain([name])))
}

/// Those that have an address in one of these ranges, and those over which the other ranges are reached.
pub fn find(lan: &[Ipv4Net], inner: &Interfaces, host: &dyn Host) -> Result<Vec<String>> {
    let mut addresses = addresses(&host.ask(&Command::new("ifconfig").args(["-a", "inet"]))?);
    addresses.retain(|(name, _)| is_for_clients(name, inner));
    let mut found = BTreeSet::new();
    for range in lan {
        let within = |(_, address): &&(String, Ipv4Addr)| range.contains(address);
        let own: Vec<_> = addresses.iter().filter(within).map(|(name, _)| name.clone()).collect();
        if own.is_empty() {
            found.extend(towards(*range, inner, host)?);
        }
        found.extend(own);
    }
    if found.is_empty() {
        let lan: Vec<_> = lan.iter().map(ToString::to_string).collect();
        return Err(Error::host(
            format_args!("no interface of this host leads to the school's network ({})", lan.join(", ")),
            "name the one at which clients come in: `--interface em0`",
        ));
    }
    Ok(found.into_iter().collect())
}

/// Refuses an interface that is not there, or leads to an appliance.
pub fn require(name: &str, inner: &Interfaces, host: &dyn Host) -> Result<()> {
    if inner.have(name) {
        return Err(Error::configuration(
            format_args!("`{name}` leads to an appliance, which must not come in to another one"),
            "name the interface at which clients come in: `--interface em0`",
        ));
    }
    if host.output(&Command::new("ifconfig").arg(name))?.code == Some(0) {
        return Ok(());
    }
    Err(Error::configuration(
        format_args!("this host has no interface `{name}`"),
        "`ifconfig -l` lists those that it has",
    ))
}

/// The interface over which a range is reached, if any.
fn towards(range: Ipv4Net, inner: &Interfaces, host: &dyn Host) -> Result<Option<String>> {
    let first = Ipv4Addr::from_bits(range.network().to_bits() + 1).to_string();
    for destination in [first.as_str(), "default"] {
        let output = host.output(&Command::new("route").args(["-n", "get", destination]))?;
        let interface = interface(&String::from_utf8_lossy(&output.stdout));
        if let Some(interface) =
            interface.filter(|name| output.code == Some(0) && is_for_clients(name, inner))
        {
            return Ok(Some(interface));
        }
    }
    Ok(None)
}

/// What `route get` says behind `interface:`.
fn interface(answer: &str) -> Option<String> {
    answer.lines().find_map(|line| Some(line.trim().strip_prefix("interface: ")?.trim().to_owned()))
}

/// Whether clients can be meant to come in there: neither over loopback nor out of an appliance.
fn is_for_clients(interface: &str, inner: &Interfaces) -> bool {
    let is_number = |rest: &str| rest.chars().all(|letter| letter.is_ascii_digit());
    !interface.strip_prefix("lo").is_some_and(is_number) && !inner.have(interface)
}

/// The addresses that `ifconfig` lists, each with its interface.
fn addresses(listing: &str) -> Vec<(String, Ipv4Addr)> {
    let mut name = "";
    let mut found = Vec::new();
    for line in listing.lines() {
        if !line.starts_with(char::is_whitespace) {
            name = line.split(':').next().unwrap_or_default();
            continue;
        }
        let address = line.trim().strip_prefix("inet ").and_then(|rest| rest.split(' ').next()?.parse().ok());
        found.extend(address.map(|address| (name.to_owned(), address)));
    }
    found
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::host::double::Double;

    /// In the form in which FreeBSD 15.1 printed single interfaces.
    const LISTING: &str = "\
em0: flags=1008843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST,LOWER_UP> metric 0 mtu 1500
\tinet 203.0.113.7 netmask 0xffffff00 broadcast 203.0.113.255
em1: flags=1008843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST,LOWER_UP> metric 0 mtu 1500
\tinet 192.168.7.1 netmask 0xffffff00 broadcast 192.168.7.255
lo0: flags=1008049<UP,LOOPBACK,RUNNING,MULTICAST,LOWER_UP> metric 0 mtu 16384
\tinet 127.0.0.1 netmask 0xff000000
lo1: flags=1008049<UP,LOOPBACK,RUNNING,MULTICAST,LOWER_UP> metric 0 mtu 16384
\tinet 10.9.0.1 netmask 0xffffffff
schoolchat_h: flags=1008843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST,LOWER_UP> metric 0 mtu 1500
\tinet 10.66.0.1 netmask 0xfffffffc broadcast 10.66.0.3
";
    const ROUTE: &str = "   route to: 10.66.0.1\ndestination: 10.66.0.0\n       mask: 255.255.255.252\n        fib: 0\n  \
                         interface: epair0b\n      flags: <UP,DONE,PINNED>\n";

    fn inner() -> Interfaces {
        Interfaces::of(["schoolchat"].into_iter())
    }

    fn found(lan: &[&str], answers: &[(&'static str, i32, &'static str)]) -> Result<Vec<String>> {
        let mut all = vec![("ifconfig -a inet", 0, LISTING)];
        all.extend(answers);
        let lan: Vec<Ipv4Net> = lan.iter().map(|range| range.parse().unwrap()).collect();
        find(&lan, &inner(), &Double::answering(&all))
    }

    #[test]
    fn an_interface_within_the_range_comes_before_the_way_to_its_first_address() {
        assert_eq!(found(&["192.168.0.0/16"], &[("route", 0, ROUTE)]).unwrap(), ["em1"]);
    }

    #[test]
    fn a_range_beyond_a_router_comes_in_where_it_is_reached() {
        assert_eq!(
            found(&["192.168.0.0/16", "10.20.0.0/16"], &[("route -n get 10.20.0.1", 0, ROUTE)]).unwrap(),
            ["em1", "epair0b"]
        );
        assert_eq!(
            found(
                &["10.9.0.0/16"],
                &[
                    ("route -n get 10.9.0.1", 0, "  interface: lo1\n"),
                    ("route -n get default", 0, "  interface: em0\n")
                ]
            )
            .unwrap(),
            ["em0"]
        );
    }

    #[test]
    fn no_client_comes_out_of_another_appliance() {
        let answers = [
            ("route -n get 10.0.0.1", 0, "  interface: schoolchat_h\n"),
            ("route -n get default", 0, "  interface: em0\n"),
        ];
        assert_eq!(found(&["10.0.0.0/8"], &answers).unwrap(), ["em0"]);
        let host = Double::answering(&[("ifconfig", 0, "")]);
        assert_eq!(require("schoolchat_h", &inner(), &host).unwrap_err().exit_code(), 3);
    }

    #[test]
    fn an_interface_is_not_taken_for_what_its_name_resembles() {
        let host = Double::answering(&[("ifconfig", 0, "")]);
        for name in ["uplink_h", "lo1", "lower0"] {
            require(name, &inner(), &host).unwrap();
        }
        for name in ["uplink_h", "lower0", "em0"] {
            assert!(is_for_clients(name, &inner()), "{name}");
        }
        for name in ["lo0", "lo12", "schoolchat_h", "schoolchat_j"] {
            assert!(!is_for_clients(name, &inner()), "{name}");
        }
    }

    #[test]
    fn a_host_without_a_way_is_told_to_name_one() {
        let error = found(&["10.20.0.0/16"], &[("route", 1, "")]).unwrap_err();
        assert_eq!(error.exit_code(), 6);
        assert!(error.to_string().contains("(10.20.0.0/16)"), "{error}");
    }
}
