//! What FreeBSD's own tools print, parsed. Tested with what a FreeBSD 15.1 printed.

use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    error::{Context as _, Error, Result},
    policy::Stack,
    runtime::{Listener, Mount, Process},
};

/// The locks of a jail that are open, from `jls -j NAME --libxo json all`. Locks that the kernel does not know are not
/// listed, nor asked for.
pub(super) fn open_locks(listing: &str, stack: Stack) -> Result<Vec<String>> {
    let listing: Value = serde_json::from_str(listing).doing("understand `jls --libxo json`")?;
    let jail = listing["jail-information"]["jail"][0]
        .as_object()
        .ok_or_else(|| Error::failed("`jls --libxo json` lists no jail"))?;
    let wanted = |parameter: &str| match parameter {
        "children.max" => Some("0"),
        "enforce_statfs" => Some("2"),
        "securelevel" => Some("3"),
        "sysvmsg" | "sysvsem" | "sysvshm" => Some("disable"),
        "vnet" if stack == Stack::Own => Some("new"),
        "ip4" if stack == Stack::Shared => Some("new"),
        "ip6" if stack == Stack::Shared => Some("disable"),
        // Whether root within has privileges at all: nobody is root within, and setuid files are not there.
        "allow.suser" => None,
        other => other.starts_with("allow.").then_some("false"),
    };
    let open = |(parameter, value): (&String, &Value)| {
        let wanted = wanted(parameter)?;
        (value.as_str() != Some(wanted)).then(|| format!("{parameter} = {value}"))
    };
    Ok(jail.iter().filter_map(open).collect())
}

/// The listening sockets in `netstat -j NAME -an -f inet --libxo json`, or of `inet6`.
pub(super) fn listening(listing: &str) -> Result<Vec<Listener>> {
    if listing.trim().is_empty() {
        return Ok(Vec::new());
    }
    let listing: Value = serde_json::from_str(listing).doing("understand `netstat --libxo json`")?;
    let sockets = listing["statistics"]["socket"].as_array().map(Vec::as_slice).unwrap_or_default();
    let listener = |socket: &Value| {
        let kind = socket["protocol"].as_str()?;
        let protocol = ["tcp", "udp"].into_iter().find(|protocol| kind.starts_with(protocol))?;
        let listens = match protocol {
            "tcp" => socket["tcp-state"] == "LISTEN",
            _ => socket["remote"]["port"] == "*",
        };
        let port = socket["local"]["port"].as_str()?.parse().ok()?;
        listens.then(|| Listener { protocol: protocol.to_owned(), port })
    };
    Ok(sockets.iter().filter_map(listener).collect())
}

/// Something that listens on the host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Socket {
    /// `tcp` or `udp`.
    pub protocol: &'static str,
    /// On which address; `None` for all.
    pub address: Option<Ipv4Addr>,
    /// On which port.
    pub port: u16,
    /// The program.
    pub program: String,
}

/// What listens by IPv4, from `sockstat -4l`, whose last columns are protocol, local and foreign address. Jails with a
/// network stack of their own are not seen.
pub fn sockets(listing: &str) -> Vec<Socket> {
    let socket = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [_, program, .., protocol, local, _] = words.as_slice() else { return None };
        let (address, port) = local.rsplit_once(':')?;
        Some(Socket {
            protocol: ["tcp", "udp"].into_iter().find(|kind| protocol.starts_with(kind))?,
            address: if address == "*" { None } else { Some(address.parse().ok()?) },
            port: port.parse().ok()?,
            program: (*program).to_owned(),
        })
    };
    listing.lines().filter_map(socket).collect()
}

/// The destinations in `netstat -j NAME -rn`; those of the loopback interface aside.
pub(super) fn routes(listing: &str) -> Vec<String> {
    let route = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [destination, _, _, interface, ..] = words.as_slice() else { return None };
        let is_network =
            *destination == "default" || destination.starts_with(|first: char| first.is_ascii_hexdigit());
        (is_network && !interface.starts_with("lo") && *interface != "Netif").then(|| match *destination {
            "default" => "0.0.0.0/0".to_owned(),
            network => network.to_owned(),
        })
    };
    listing.lines().filter_map(route).collect()
}

/// What `mount` prints: `SOURCE on PLACE (TYPE, OPTION, …)`.
pub fn mounts(listing: &str) -> Vec<Mount> {
    let mount = |line: &str| {
        let (_, rest) = line.split_once(" on ")?;
        let (at, rest) = rest.rsplit_once(" (")?;
        let mut words = rest.strip_suffix(')')?.split(", ");
        let kind = words.next()?.to_owned();
        // In the words of mount(8)'s option, which are also those of Linux.
        let options = words.map(|word| if word == "read-only" { "ro" } else { word }.to_owned()).collect();
        Some(Mount { at: PathBuf::from(at), kind, options })
    };
    listing.lines().filter_map(mount).collect()
}

/// Of these mounts, those within `root`, as seen from there.
pub(super) fn mounts_within(mounts: Vec<Mount>, root: &Path) -> Vec<Mount> {
    let inside = |mount: Mount| {
        let below = mount.at.strip_prefix(root).ok()?;
        Some(Mount { at: Path::new("/").join(below), ..mount })
    };
    mounts.into_iter().filter_map(inside).collect()
}

/// The processes in `procstat -s PID …`, whose columns are process, command, then effective, real and saved user, the
/// same of the group, the umask, flags, and all groups.
pub(super) fn credentials(listing: &str) -> Vec<Process> {
    let process = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let ids = |words: &[&str]| words.iter().map(|id| id.parse().ok()).collect::<Option<Vec<u32>>>();
        let [effective, real, saved] = ids(words.get(2..5)?)?.try_into().ok()?;
        let mut groups = ids(words.get(5..8)?)?;
        groups.extend(words.get(10)?.split(',').filter_map(|group| group.parse::<u32>().ok()));
        groups.sort_unstable();
        groups.dedup();
        Some(Process {
            pid: words[0].parse().ok()?,
            command: words[1].to_owned(),
            uids: vec![real, effective, saved],
            gids: groups,
            capabilities: None,
            no_new_privileges: None,
        })
    };
    listing.lines().filter_map(process).collect()
}

/// The packets counted under a label in `pfctl -vsl`: label, evaluations, packets, bytes, …
pub(super) fn labelled_packets(listing: &str, label: &str) -> u64 {
    let packets = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        (words.next()? == label).then(|| words.nth(1)?.parse::<u64>().ok())?
    };
    listing.lines().filter_map(packets).sum()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::test_support::transcript;

    #[test]
    fn a_jail_with_all_locks_has_none_open() {
        assert_eq!(open_locks(transcript::locked_jail(), Stack::Own).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn each_lock_that_is_open_is_seen() {
        let jail = transcript::locked_jail();
        for (locked, open) in [
            ("\"securelevel\": \"3\"", "\"securelevel\": \"-1\""),
            ("\"vnet\": \"new\"", "\"vnet\": \"inherit\""),
            ("\"allow.raw_sockets\": \"false\"", "\"allow.raw_sockets\": \"true\""),
            ("\"allow.mount.devfs\": \"false\"", "\"allow.mount.devfs\": \"true\""),
        ] {
            assert!(jail.contains(locked));
            assert_eq!(
                open_locks(&jail.replace(locked, open), Stack::Own).unwrap(),
                [open.replacen('"', "", 2).replace(": ", " = ")]
            );
        }
        assert!(open_locks("{}", Stack::Own).is_err());
    }

    #[test]
    fn a_jail_that_shares_a_stack_has_one_address_of_it_and_no_ipv6() {
        let shared = |ip4: &str, ip6: &str| {
            let listing = format!(
                r#"{{"jail-information": {{"jail": [{{"vnet": "inherit", "ip4": "{ip4}", "ip6": "{ip6}"}}]}}}}"#
            );
            open_locks(&listing, Stack::Shared).unwrap()
        };
        assert_eq!(shared("new", "disable"), Vec::<String>::new());
        assert_eq!(shared("inherit", "disable"), ["ip4 = \"inherit\""]);
        assert_eq!(shared("new", "inherit"), ["ip6 = \"inherit\""]);
    }

    #[test]
    fn sockets_of_the_host_with_their_programs() {
        let typed = "ifconfig lo1 create";
        let seen = transcript::transcript(4).sections().find(|(command, _)| command.starts_with(typed));
        let text = seen.unwrap().1.split_once("\n{").unwrap().0;
        let socket = |port| Socket {
            protocol: "tcp",
            address: Some([10, 67, 0, 2].into()),
            port,
            program: "xmppd".to_owned(),
        };
        assert_eq!(sockets(text), [socket(5222), socket(5269)]);
        let all = sockets("root  ntpd  99  3 udp4  *:123  *:*\n");
        assert_eq!((all[0].protocol, all[0].address, all[0].port), ("udp", None, 123));
    }

    #[test]
    fn listening_sockets() {
        let listing = transcript::listening_sockets();
        let listener = |protocol: &str, port| Listener { protocol: protocol.to_owned(), port };
        assert_eq!(listening(listing).unwrap(), [listener("tcp", 5223), listener("tcp", 5222)]);
        let established = listing.replacen("LISTEN", "ESTABLISHED", 1);
        assert_eq!(listening(&established).unwrap(), [listener("tcp", 5222)]);
        assert_eq!(listening("").unwrap(), [], "of a family that has no socket");
        let udp = listing.replacen("tcp4", "udp4", 1);
        assert_eq!(listening(&udp).unwrap(), [listener("udp", 5223), listener("tcp", 5222)]);
    }

    #[test]
    fn routes_but_those_of_loopback() {
        let seen = transcript::routes();
        assert_eq!(routes(seen), ["10.0.2.0/24", "10.66.0.0/30"]);
        let leak = format!("{seen}default            10.66.0.1          UGS         epair0b\n");
        assert_eq!(routes(&leak).last().unwrap(), "0.0.0.0/0");
    }

    #[test]
    fn mounts_are_told_apart_from_what_else_is_printed() {
        let all = mounts(transcript::mounts());
        let appliance =
            |mount: &Mount| mount.at.starts_with("/usr/local/jailbuild") && mount.kind == "nullfs";
        assert!(all.len() == 4 && all.iter().all(appliance), "{all:?}");
    }

    #[test]
    fn mounts_as_seen_from_within() {
        let mounts = mounts(transcript::mounts());
        let within = mounts_within(mounts, Path::new("/usr/local/jailbuild/a/root"));
        assert_eq!(within[0].at, Path::new("/"));
        assert_eq!(within[0].options, ["local", "ro"]);
        assert_eq!(within[1].at, Path::new("/var/db/xmppd"));
        assert_eq!(within[1].options, ["local", "noexec", "nosuid"]);
        assert_eq!(within[1].kind, "nullfs");
    }

    #[test]
    fn credentials_of_processes() {
        let found = credentials(transcript::credentials());
        let [daemon] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((daemon.pid, daemon.command.as_str()), (1386, "xmppd"));
        assert_eq!(
            (daemon.uids.as_slice(), daemon.gids.as_slice()),
            ([5222; 3].as_slice(), [5222].as_slice())
        );
    }

    #[test]
    fn packets_are_counted_by_label() {
        let labels = transcript::labels();
        assert_eq!(labelled_packets(labels, "c2s"), 20);
        assert_eq!(labelled_packets(labels, "else"), 4);
        assert_eq!(labelled_packets(labels, "s2s"), 0);
    }
}
