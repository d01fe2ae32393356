//! How an appliance fares, for people: what needs them first.

use std::fmt::{self, Display, Formatter};

use xmppd_control::{Kind, Status};

use super::{Condition, Disk, Lasting, Whose};

impl Display for Condition {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for attention in &self.attention {
            writeln!(formatter, "! {attention}")?;
        }
        if !self.attention.is_empty() {
            writeln!(formatter)?;
        }
        write!(formatter, "{}", self.whose)?;
        let rows = self.rows();
        rows.iter().try_for_each(|(name, value)| write!(formatter, "\n  {name:<14}{value}"))
    }
}

/// Of an appliance without what is wrong with it, which was said before.
impl Display for Whose {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Appliance(listed) => formatter.write_str(&listed.in_one_line()),
            Self::Socket { socket, domain, running } => {
                let state = if *running { "running" } else { "silent" };
                write!(formatter, "{domain}  {state}  {}", socket.display())
            }
        }
    }
}

impl Condition {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = Vec::new();
        if let Whose::Appliance(listed) = &self.whose {
            rows.extend(listed.installed.iter().map(|installed| ("image", installed.image.to_string())));
        }
        rows.extend(self.daemon.iter().flat_map(of_daemon));
        let lasting = |it: &Lasting| match it.days_left {
            ..0 => format!("until {}: it has ended", it.ends),
            days => format!("until {}, {days} days left", it.ends),
        };
        rows.extend(self.certificate.iter().map(|it| ("certificate", lasting(it))));
        rows.extend(self.authority.iter().map(|it| ("authority", lasting(it))));
        rows.extend(self.disk.map(|disk| ("disk", of_disk(disk))));
        rows
    }
}

fn of_daemon(status: &Status) -> Vec<(&'static str, String)> {
    let backup = status.last_backup.clone().unwrap_or_else(|| "none".to_owned());
    let waiting = counted(status.waiting_messages, "message waits", "messages wait");
    let throttled = counted(status.throttled_addresses as u64, "address", "addresses");
    vec![
        ("running since", format!("{}, {}", status.since, span(status.uptime_seconds))),
        ("version", format!("{}, schema {}", status.version, status.schema)),
        ("accounts", accounts(status)),
        ("online", format!("{} on {}", status.online, counted(status.sessions as u64, "device", "devices"))),
        ("offline", format!("{waiting} for who is not there")),
        ("throttled", format!("{throttled} that tried too many wrong passwords")),
        ("last backup", backup),
        ("memory", format!("{} at most", size(status.peak_memory_bytes))),
    ]
}

/// `40: 36 children, 2 teachers, 2 administrators; 1 disabled`.
fn accounts(status: &Status) -> String {
    let there = status.kinds.iter().filter(|(_, count)| **count > 0);
    let kinds: Vec<_> = there.map(|(kind, count)| of_kind(*kind, *count)).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(": {}", kinds.join(", ")) };
    let disabled = match status.disabled {
        0 => String::new(),
        disabled => format!("; {disabled} disabled"),
    };
    format!("{}{kinds}{disabled}", status.accounts)
}

fn of_kind(kind: Kind, count: u64) -> String {
    let many = match kind {
        Kind::Child => "children".to_owned(),
        Kind::Parent | Kind::Teacher | Kind::Administrator => format!("{kind}s"),
    };
    counted(count, kind.name(), &many)
}

fn of_disk(disk: Disk) -> String {
    let Disk { data_bytes, free_bytes, all_bytes } = disk;
    format!("{} of data; {} of {} free", size(data_bytes), size(free_bytes), size(all_bytes))
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// In the largest unit of which there are two at least.
fn span(seconds: u64) -> String {
    let units = [(86_400, "days"), (3600, "hours"), (60, "minutes")];
    let unit = units.into_iter().find(|(length, _)| seconds >= 2 * length);
    unit.map_or_else(|| format!("{seconds} seconds"), |(length, name)| format!("{} {name}", seconds / length))
}

/// In the largest unit of which there are ten at least.
pub(super) fn size(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.into_iter().find(|(bits, _)| bytes >> bits >= 10);
    unit.map_or_else(|| format!("{bytes} bytes"), |(bits, name)| format!("{} {name}", bytes >> bits))
}
