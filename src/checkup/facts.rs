//! A FreeBSD host as its commands describe it.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::{
    host::{Host, command::Command},
    runtime::freebsd::{Socket, sockets},
};

/// The programs of the base system that an appliance's life takes.
const PROGRAMS: [&str; 14] = [
    "chown", "daemon", "ifconfig", "jail", "jexec", "jls", "mount", "netstat", "pfctl", "procstat", "pw",
    "service", "sockstat", "sysrc",
];

/// What is known of a host; what could not be found out is `None`, or nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Facts {
    /// Whether this is root.
    pub is_root: bool,
    /// The kernel's `__FreeBSD_version`.
    pub kernel: Option<u32>,
    /// Whether jails can have a network stack of their own.
    pub vimage: bool,
    /// Whether limits of jails are kept; `None` if the kernel cannot.
    pub racct: Option<bool>,
    /// Whether packets are passed on between interfaces.
    pub forwards: bool,
    /// The firewall.
    pub pf: Pf,
    /// What rc.conf(5) says.
    pub boot: Boot,
    /// Each address with the interface that has it.
    pub addresses: Vec<(String, Ipv4Addr)>,
    /// The networks that there are routes to, the default one aside.
    pub routes: Vec<Ipv4Net>,
    /// What listens, on which address (`None`: on all) and port, and the program.
    pub sockets: Vec<Socket>,
    /// The ports that other appliances take from clients, each with its anchor.
    pub redirected: Vec<(String, u16)>,
    /// How much room there is below `/usr/local`, in KiB.
    pub free: Option<u64>,
    /// The ids of the user `xmppd`, if there is one.
    pub user: Option<(u32, u32)>,
    /// Who has the user id of the daemon.
    pub owner_of_id: Option<String>,
    /// Programs that are not there.
    pub absent: Vec<&'static str>,
}

/// The firewall as it is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Pf {
    /// Whether it looks at packets at all.
    pub enabled: bool,
    /// Whether it looks at the translation rules of appliances.
    pub translates: bool,
    /// Whether it looks at their filter rules.
    pub filters: bool,
}

/// What will be after the next start of the host.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Boot {
    /// `pf_enable`
    pub pf: bool,
    /// `gateway_enable`
    pub gateway: bool,
    /// `ntpd_enable`
    pub ntpd: bool,
}

impl Facts {
    /// Asks the host; of redirections, those of other appliances than `name`.
    pub fn of(host: &dyn Host, name: &str) -> Self {
        if said(host, "id", &["-u"]).as_deref() != Some("0") {
            return Self::default();
        }
        let sysctl = |name: &str| said(host, "sysctl", &["-n", name]);
        let at_boot = |variable: &str| {
            said(host, "sysrc", &["-n", variable]).is_some_and(|value| value.eq_ignore_ascii_case("yes"))
        };
        let id = |which: &str| said(host, "id", &[which, "xmppd"]).and_then(|id| id.parse().ok());
        let shows = |what: &str, line: &str| {
            said(host, "pfctl", &["-s", what]).is_some_and(|text| text.lines().any(|it| it.starts_with(line)))
        };
        Self {
            is_root: true,
            kernel: sysctl("kern.osreldate").and_then(|version| version.parse().ok()),
            vimage: sysctl("kern.features.vimage").as_deref() == Some("1"),
            racct: sysctl("kern.racct.enable").map(|value| value == "1"),
            forwards: sysctl("net.inet.ip.forwarding").as_deref() == Some("1"),
            pf: Pf {
                enabled: shows("info", "Status: Enabled"),
                translates: shows("nat", "rdr-anchor \"jailbuild/*\""),
                filters: shows("rules", "anchor \"jailbuild/*\""),
            },
            boot: Boot {
                pf: at_boot("pf_enable"),
                gateway: at_boot("gateway_enable"),
                ntpd: at_boot("ntpd_enable"),
            },
            addresses: addresses(&said(host, "ifconfig", &[]).unwrap_or_default()),
            routes: routes(&said(host, "netstat", &["-rn", "-f", "inet"]).unwrap_or_default()),
            sockets: sockets(&said(host, "sockstat", &["-4l"]).unwrap_or_default()),
            redirected: redirected(host, name),
            free: said(host, "df", &["-k", "/usr/local"]).and_then(|table| free(&table)),
            user: id("-u").zip(id("-g")),
            owner_of_id: said(host, "id", &["-un", "5222"]),
            absent: absent(&said_whatever(host, "which", &PROGRAMS)),
        }
    }
}

/// What a command prints that succeeds.
fn said(host: &dyn Host, program: &str, arguments: &[&str]) -> Option<String> {
    host.ask(&Command::new(program).args(arguments)).ok()
}

/// What a command prints that may fail and be right.
fn said_whatever(host: &dyn Host, program: &str, arguments: &[&str]) -> String {
    let output = host.output(&Command::new(program).args(arguments));
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

/// The addresses in `ifconfig`: a line that is not indented begins an interface.
pub fn addresses(listing: &str) -> Vec<(String, Ipv4Addr)> {
    let mut interface = "";
    let mut found = Vec::new();
    for line in listing.lines() {
        if !line.starts_with(char::is_whitespace) {
            interface = line.split(':').next().unwrap_or_default();
        } else if let Some(rest) = line.trim_start().strip_prefix("inet ") {
            let address = rest.split_ascii_whitespace().next().and_then(|address| address.parse().ok());
            found.extend(address.map(|address| (interface.to_owned(), address)));
        }
    }
    found
}

/// The networks in `netstat -rn -f inet`; a single address is one of its own.
pub fn routes(listing: &str) -> Vec<Ipv4Net> {
    let destinations = listing.lines().filter_map(|line| line.split_ascii_whitespace().next());
    destinations
        .filter_map(|text| text.parse().ok().or_else(|| text.parse::<Ipv4Addr>().ok().map(Ipv4Net::from)))
        .collect()
}

/// What is free, in the second line of `df -k`.
pub fn free(table: &str) -> Option<u64> {
    table.lines().nth(1)?.split_ascii_whitespace().nth(3)?.parse().ok()
}

fn redirected(host: &dyn Host, name: &str) -> Vec<(String, u16)> {
    let anchors = said(host, "pfctl", &["-s", "Anchors", "-v"]).unwrap_or_default();
    let own = format!("jailbuild/{name}");
    let others =
        anchors.lines().map(str::trim).filter(|anchor| anchor.starts_with("jailbuild/") && *anchor != own);
    let ports = |anchor: &str| {
        let rules = said(host, "pfctl", &["-P", "-a", anchor, "-sn"]).unwrap_or_default();
        redirected_ports(&rules).into_iter().map(|port| (anchor.to_owned(), port)).collect::<Vec<_>>()
    };
    others.flat_map(ports).collect()
}

/// The ports in `pfctl -P -a ANCHOR -sn`: `rdr … port = 5222 -> …`.
pub fn redirected_ports(rules: &str) -> Vec<u16> {
    let port =
        |rule: &str| rule.strip_prefix("rdr ")?.split_once(" port = ")?.1.split(' ').next()?.parse().ok();
    rules.lines().filter_map(port).collect()
}

/// The programs that `which` has not found.
fn absent(found: &str) -> Vec<&'static str> {
    let is_found = |program: &&str| found.lines().any(|path| path.rsplit('/').next() == Some(program));
    PROGRAMS.into_iter().filter(|program| !is_found(program)).collect()
}
