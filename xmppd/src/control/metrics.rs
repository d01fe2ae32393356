//! How the server fares, as a text of OpenMetrics 1.0, for programs that watch it.
//!
//! Only types that the older text format of Prometheus knows as well are used, so that a collector that reads text
//! files takes it, too. No label names anyone.

use std::fmt::{self, Display, Formatter, Write};

use time::OffsetDateTime;

use super::{
    LiveStatus,
    fares::{Fares, VERSION},
};
use crate::{
    router::Traffic,
    store::{Holdings, SCHEMA},
};

/// The text.
pub(super) fn text(fares: &Fares) -> String {
    let mut text = String::new();
    for family in families(fares) {
        // A string takes everything.
        let _ = write!(text, "{family}");
    }
    text + "# EOF\n"
}

/// Everything that is told.
fn families(fares: &Fares) -> Vec<Family> {
    let Fares { since, live, holdings, peak_memory_bytes, uptime: _ } = fares;
    let LiveStatus { connections, sessions, online, certificate_ends, throttled_addresses, traffic } = live;
    let Traffic { logins, refused_logins, stanzas } = traffic;
    let Holdings { accounts, disabled, without_consent, waiting_messages, kept_messages, .. } = holdings;
    let build = format!("version=\"{VERSION}\",schema=\"{SCHEMA}\"");
    let by_kind = accounts.iter().map(|(kind, count)| (format!("kind=\"{kind}\""), *count));
    vec![
        gauge("build_info", "The program's version, and that of the database's tables.").with(build, 1),
        gauge("start_time_seconds", "When the daemon started, since 1970.").at(Some(*since)),
        gauge("certificate_end_time_seconds", "When its certificate ends, since 1970.").at(*certificate_ends),
        gauge("last_backup_time_seconds", "When a backup was last made, since 1970.")
            .at(holdings.last_backup),
        gauge("accounts", "Accounts by kind, disabled ones too.").with_all(by_kind),
        gauge("accounts_disabled", "Accounts that may not log in.").of(*disabled),
        gauge("accounts_without_consent", "Accounts that may log in without the consent that they need.")
            .of(*without_consent),
        gauge("accounts_online", "Accounts that are logged in.").of(*online as u64),
        gauge("sessions", "Devices that are logged in.").of(*sessions as u64),
        gauge("connections", "TCP connections, logged in or not.").of(*connections as u64),
        gauge("throttled_addresses", "Addresses from which one has to wait between attempts to log in.")
            .of(*throttled_addresses as u64),
        gauge("offline_messages", "Messages that wait for somebody who is offline.").of(*waiting_messages),
        gauge("database_bytes", "Bytes of the database.").of(holdings.database_bytes),
        gauge("peak_memory_bytes", "The most memory that the daemon has had.").of(*peak_memory_bytes),
        counter("logins", "Logins by outcome since the start.")
            .with("outcome=\"accepted\"".to_owned(), *logins)
            .with("outcome=\"refused\"".to_owned(), *refused_logins),
        counter("stanzas", "Stanzas that clients have sent since the start.").of(*stanzas),
        counter("offline_messages_kept", "Messages that were made to wait since the database was made.")
            .of(*kept_messages),
    ]
}

/// Samples of one name (`OpenMetrics` §4.5).
struct Family {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    /// With the labels of each.
    samples: Vec<(String, u64)>,
}

fn gauge(name: &'static str, help: &'static str) -> Family {
    Family { name, kind: "gauge", help, samples: Vec::new() }
}

fn counter(name: &'static str, help: &'static str) -> Family {
    Family { kind: "counter", ..gauge(name, help) }
}

impl Family {
    fn of(self, value: u64) -> Self {
        self.with(String::new(), value)
    }

    /// Seconds since 1970; nothing is told of what has not happened.
    fn at(self, moment: Option<OffsetDateTime>) -> Self {
        let seconds = moment.and_then(|moment| u64::try_from(moment.unix_timestamp()).ok());
        self.with_all(seconds.map(|seconds| (String::new(), seconds)))
    }

    fn with(self, labels: String, value: u64) -> Self {
        self.with_all([(labels, value)])
    }

    fn with_all(mut self, samples: impl IntoIterator<Item = (String, u64)>) -> Self {
        self.samples.extend(samples);
        self
    }

    /// What its name ends in must be its unit (§4.6.3).
    fn unit(&self) -> Option<&'static str> {
        ["bytes", "seconds"].into_iter().find(|unit| self.name.ends_with(&format!("_{unit}")))
    }
}

impl Display for Family {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { name, kind, help, samples } = self;
        if samples.is_empty() {
            return Ok(());
        }
        writeln!(formatter, "# TYPE xmppd_{name} {kind}")?;
        self.unit().map_or(Ok(()), |unit| writeln!(formatter, "# UNIT xmppd_{name} {unit}"))?;
        writeln!(formatter, "# HELP xmppd_{name} {help}")?;
        let total = if *kind == "counter" { "_total" } else { "" };
        samples.iter().try_for_each(|(labels, value)| match labels.as_str() {
            "" => writeln!(formatter, "xmppd_{name}{total} {value}"),
            labels => writeln!(formatter, "xmppd_{name}{total}{{{labels}}} {value}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::*;
    use crate::account::Kind;

    #[test]
    fn every_number_is_told_with_what_it_is() {
        let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let fares = Fares {
            since: at(1_788_249_600),
            uptime: Duration::from_secs(60),
            live: LiveStatus {
                connections: 14,
                sessions: 12,
                online: 10,
                certificate_ends: Some(at(1_822_521_600)),
                throttled_addresses: 1,
                traffic: Traffic { logins: 40, refused_logins: 2, stanzas: 12_345 },
            },
            holdings: Holdings {
                accounts: BTreeMap::from([(Kind::Child, 38), (Kind::Administrator, 2)]),
                disabled: 3,
                without_consent: 1,
                waiting_messages: 5,
                kept_messages: 70,
                database_bytes: 1 << 20,
                last_backup: None,
            },
            peak_memory_bytes: 8 << 20,
        };
        insta::assert_snapshot!(text(&fares));
    }
}
