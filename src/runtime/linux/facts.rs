//! What the kernel says about the processes of an appliance (proc(5)).

use std::{
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use ipnet::Ipv4Net;

use crate::{
    error::{Context as _, Result},
    host::namespaces::IdMap,
    runtime::{Listener, Mount, Process},
};

/// Every process in the pid namespace of the daemon, the daemon among them.
pub(super) fn processes(daemon: u32) -> Result<Vec<Process>> {
    let namespace = |pid: &str| fs::read_link(Path::new("/proc").join(pid).join("ns/pid"));
    let theirs = namespace(&daemon.to_string()).doing("look at the daemon's pid namespace")?;
    let listing = fs::read_dir("/proc").doing_to("read", Path::new("/proc"))?;
    let mut pids: Vec<u32> =
        listing.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    pids.into_iter()
        .filter(|pid| namespace(&pid.to_string()).is_ok_and(|found| found == theirs))
        // One that has ended meanwhile is none.
        .filter_map(|pid| process(pid).transpose())
        .collect()
}

fn process(pid: u32) -> Result<Option<Process>> {
    let (Ok(status), Ok(command)) = (read(pid, "status"), read(pid, "cmdline")) else { return Ok(None) };
    let (uids, gids) = (IdMap::of(pid, "uid_map")?, IdMap::of(pid, "gid_map")?);
    Ok(Some(Process {
        pid,
        command: command.trim_end_matches('\0').replace('\0', " "),
        ..from_status(&status, &uids, &gids)
    }))
}

fn from_status(status: &str, uid_map: &IdMap, gid_map: &IdMap) -> Process {
    let field = |name: &str| {
        let values = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        values.unwrap_or_default().split_ascii_whitespace()
    };
    let ids = |name: &str| field(name).filter_map(|id| id.parse::<u32>().ok()).collect::<Vec<_>>();
    let mut gids: Vec<u32> =
        ids("Gid").into_iter().chain(ids("Groups")).map(|gid| gid_map.inside(gid)).collect();
    gids.sort_unstable();
    gids.dedup();
    let capabilities = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].into_iter().flat_map(field);
    Process {
        pid: 0,
        command: String::new(),
        // Real, effective and saved; the fourth is the file system's, which follows the second.
        uids: ids("Uid").into_iter().take(3).map(|uid| uid_map.inside(uid)).collect(),
        gids,
        capabilities: Some(
            capabilities.fold(0, |all, set| all | u64::from_str_radix(set, 16).unwrap_or(u64::MAX)),
        ),
        no_new_privileges: Some(field("NoNewPrivs").next() == Some("1")),
    }
}

/// The listening sockets of the network namespace of a process.
pub(super) fn listening(pid: u32) -> Result<Vec<Listener>> {
    // Without IPv6 in the kernel, its files are missing.
    let table = |protocol| read(pid, &format!("net/{protocol}"));
    let mut found = parse_sockets("tcp", &table("tcp")?);
    found.extend(parse_sockets("udp", &table("udp")?));
    found.extend(parse_sockets("tcp", &table("tcp6").unwrap_or_default()));
    found.extend(parse_sockets("udp", &table("udp6").unwrap_or_default()));
    found.sort();
    found.dedup();
    Ok(found)
}

/// TCP sockets that listen (state 0A), and UDP sockets that are bound and unconnected (07): `net/tcp_states.h`.
fn parse_sockets(protocol: &str, table: &str) -> Vec<Listener> {
    let state = if protocol == "tcp" { "0A" } else { "07" };
    let listener = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (_, port) = words.get(1)?.rsplit_once(':')?;
        (*words.get(3)? == state)
            .then_some(Listener { protocol: protocol.to_owned(), port: u16::from_str_radix(port, 16).ok()? })
    };
    table.lines().skip(1).filter_map(listener).collect()
}

/// What a process sees mounted.
pub(super) fn mounts(pid: u32) -> Result<Vec<Mount>> {
    Ok(parse_mounts(&read(pid, "mountinfo")?))
}

fn parse_mounts(table: &str) -> Vec<Mount> {
    let mount = |line: &str| {
        let (before, after) = line.split_once(" - ")?;
        let words: Vec<&str> = before.split(' ').collect();
        Some(Mount {
            at: PathBuf::from(unescaped(words.get(4)?)),
            kind: after.split(' ').next()?.to_owned(),
            options: words.get(5)?.split(',').map(str::to_owned).collect(),
        })
    };
    table.lines().filter_map(mount).collect()
}

/// White space and backslashes of a path stand in the table as `\` and three octal digits.
fn unescaped(path: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(path.to_owned(), |path, (escape, character)| path.replace(escape, character))
}

/// The routes of the network namespace of a process, IPv6 included; those of the loopback link aside.
pub(super) fn routes(pid: u32) -> Result<Vec<String>> {
    let mut routes = parse_routes(&read(pid, "net/route")?);
    routes.extend(parse_ipv6_routes(&read(pid, "net/ipv6_route").unwrap_or_default()));
    Ok(routes)
}

fn parse_routes(table: &str) -> Vec<String> {
    let route = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        // Addresses stand there as the machine's integers over bytes in network order.
        let address = |word: &str| Some(Ipv4Addr::from(u32::from_str_radix(word, 16).ok()?.to_ne_bytes()));
        let network = Ipv4Net::with_netmask(address(words.get(1)?)?, address(words.get(7)?)?).ok()?;
        (*words.first()? != "lo").then(|| network.to_string())
    };
    table.lines().skip(1).filter_map(route).collect()
}

fn parse_ipv6_routes(table: &str) -> Vec<String> {
    let route = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let address = std::net::Ipv6Addr::from(u128::from_str_radix(words.first()?, 16).ok()?);
        let prefix = u8::from_str_radix(words.get(1)?, 16).ok()?;
        (*words.get(9)? != "lo").then(|| format!("{address}/{prefix}"))
    };
    table.lines().filter_map(route).collect()
}

fn read(pid: u32, file: &str) -> Result<String> {
    let path = Path::new("/proc").join(pid.to_string()).join(file);
    fs::read_to_string(&path).doing_to("read", &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_translated_to_the_view_from_within() {
        let status = "Name:\txmppd\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t0 27 \n\
            CapInh:\t0000000000000000\nCapPrm:\t0000000000000001\nCapEff:\t0000000000000000\n\
            CapBnd:\t0000000000000400\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\n";
        let map = IdMap::parse("5222 0 1");
        assert_eq!(
            from_status(status, &map, &map),
            Process {
                pid: 0,
                command: String::new(),
                uids: vec![5222, 5222, 5222],
                gids: vec![5222, 65534],
                capabilities: Some(0x401),
                no_new_privileges: Some(true),
            }
        );
    }

    #[test]
    fn listening_sockets_are_told_from_connected_ones() {
        let tcp = "  sl  local_address rem_address   st tx_queue rx_queue\n\
            0: 00000000:1466 00000000:0000 0A 00000000:00000000 00:00000000 00000000  5222\n\
            1: 0200420A:1466 0100420A:D431 01 00000000:00000000 00:00000000 00000000  5222\n";
        assert_eq!(parse_sockets("tcp", tcp), [Listener { protocol: "tcp".to_owned(), port: 5222 }]);
        let udp = "  sl  local_address rem_address   st\n  7: 00000000:0035 00000000:0000 07 0:0 00:0 0 0\n";
        assert_eq!(parse_sockets("udp", udp), [Listener { protocol: "udp".to_owned(), port: 53 }]);
    }

    #[test]
    fn mounts_have_place_type_and_options() {
        let table = "120 119 254:0 /a/rootfs / ro,nosuid,nodev,relatime - ext4 /dev/vda rw,discard\n\
            121 120 254:0 /a/data /var/db/with\\040space rw,nosuid,nodev,noexec shared:1 - ext4 /dev/vda rw\n";
        let mounts = parse_mounts(table);
        assert_eq!(mounts[0].at, PathBuf::from("/"));
        assert_eq!(mounts[0].options, ["ro", "nosuid", "nodev", "relatime"]);
        assert_eq!(mounts[1].at, PathBuf::from("/var/db/with space"));
        assert_eq!(mounts[1].kind, "ext4");
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn routes_are_networks() {
        let table = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
            x_j\t00000000\t0100420A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
            x_j\t0000420A\t00000000\t0001\t0\t0\t0\tFCFFFFFF\t0\t0\t0\n";
        assert_eq!(parse_routes(table), ["0.0.0.0/0", "10.66.0.0/30"]);
    }

    #[test]
    fn ipv6_routes_count_too() {
        let table = "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 \
            00000000000000000000000000000000 00000100 00000001 00000000 00000001      x_j\n\
            00000000000000000000000000000000 00 00000000000000000000000000000000 00 \
            00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";
        assert_eq!(parse_ipv6_routes(table), ["fe80::/64"]);
    }
}
