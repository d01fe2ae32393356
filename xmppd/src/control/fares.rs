//! How the server fares: all that is known of it at one moment. Numbers and times, which name nobody.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use time::OffsetDateTime;
use xmppd_control::Status;

use super::{LiveStatus, stamp};
use crate::store::{Holdings, SCHEMA};

/// Of the program.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is known.
#[derive(Clone, Debug)]
pub(super) struct Fares {
    /// When it started.
    pub(super) since: OffsetDateTime,
    /// For how long it has run.
    pub(super) uptime: Duration,
    /// What goes on.
    pub(super) live: LiveStatus,
    /// What the store holds.
    pub(super) holdings: Holdings,
    /// The most memory that it has had.
    pub(super) peak_memory_bytes: u64,
}

/// The most memory that this process has had so far; 0 where the system does not say.
pub(super) fn peak_memory_bytes() -> u64 {
    let kibibytes = getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| usage.max_rss());
    u64::try_from(kibibytes).unwrap_or(0) * 1024
}

impl From<Fares> for Status {
    fn from(fares: Fares) -> Self {
        let Fares { since, uptime, live, holdings, peak_memory_bytes } = fares;
        Self {
            version: VERSION.to_owned(),
            schema: SCHEMA,
            since: stamp(since),
            uptime_seconds: uptime.as_secs(),
            certificate_ends: live.certificate_ends.map(stamp),
            last_backup: holdings.last_backup.map(stamp),
            accounts: holdings.accounts.values().sum(),
            kinds: holdings.accounts,
            disabled: holdings.disabled,
            without_consent: holdings.without_consent,
            online: live.online,
            connections: live.connections,
            sessions: live.sessions,
            waiting_messages: holdings.waiting_messages,
            throttled_addresses: live.throttled_addresses,
            database_bytes: holdings.database_bytes,
            peak_memory_bytes,
        }
    }
}
