//! `xmppd status`

use xmppd::control::{Answer, Request, Status};

use super::{administrator::ask_daemon, print, print_json};
use crate::{cli, failure::Failure};

pub(super) async fn run(arguments: cli::Status) -> Result<(), Failure> {
    let Answer::Status(status) = ask_daemon(&arguments.data.data, Request::Status).await? else {
        return Err(Failure::other_answer());
    };
    if arguments.json { print_json(&status) } else { print(&table(&status)) }
}

fn table(status: &Status) -> String {
    let kinds = status.kinds.iter().filter(|(_, count)| **count > 0);
    let kinds: Vec<_> = kinds.map(|(kind, count)| format!("{count} {kind}")).collect();
    let accounts = match kinds.join(", ") {
        none if none.is_empty() => "0".to_owned(),
        kinds => format!("{} ({kinds}; {} disabled)", status.accounts, status.disabled),
    };
    let rows = [
        ("version", format!("{}, schema {}", status.version, status.schema)),
        ("since", format!("{}, for {}", status.since, clock(status.uptime_seconds))),
        ("certificate", format!("until {}", status.certificate_ends.as_deref().unwrap_or("unknown"))),
        ("backup", status.last_backup.clone().unwrap_or_else(|| "none".to_owned())),
        ("accounts", accounts),
        ("online", status.online.to_string()),
        ("connections", status.connections.to_string()),
        ("sessions", status.sessions.to_string()),
        ("messages", format!("{} waiting", status.waiting_messages)),
        ("addresses", format!("{} throttled", status.throttled_addresses)),
        ("database", format!("{} KiB", status.database_bytes / 1024)),
    ];
    rows.map(|(name, value)| format!("{name:<13}{value}")).join("\n")
}

/// Hours, minutes and seconds.
fn clock(seconds: u64) -> String {
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use xmppd::account::Kind;

    use super::*;

    #[test]
    fn a_human_can_read_it() {
        let status = Status {
            version: "1.2.3".to_owned(),
            schema: 3,
            since: "2026-09-01T08:00:00Z".to_owned(),
            uptime_seconds: 93_784,
            certificate_ends: Some("2027-10-03T00:00:00Z".to_owned()),
            last_backup: Some("2026-09-01T02:00:00Z".to_owned()),
            accounts: 40,
            kinds: BTreeMap::from([(Kind::Child, 38), (Kind::Parent, 0), (Kind::Administrator, 2)]),
            disabled: 1,
            without_consent: 0,
            online: 10,
            connections: 12,
            sessions: 11,
            waiting_messages: 5,
            throttled_addresses: 1,
            database_bytes: 300 << 10,
            peak_memory_bytes: 8 << 20,
        };
        insta::assert_snapshot!(table(&status), @r"
        version      1.2.3, schema 3
        since        2026-09-01T08:00:00Z, for 26:03:04
        certificate  until 2027-10-03T00:00:00Z
        backup       2026-09-01T02:00:00Z
        accounts     40 (38 child, 2 administrator; 1 disabled)
        online       10
        connections  12
        sessions     11
        messages     5 waiting
        addresses    1 throttled
        database     300 KiB
        ");
    }
}
