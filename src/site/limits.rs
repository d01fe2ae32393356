//! What one client, and all of them together, may take of the daemon.

use serde::Serialize;

/// The `[limits]` of the school's file, as the daemon gets them.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Limits {
    /// The longest stanza, in bytes; at least 10,000 (RFC 6120 §13.12).
    pub stanza_bytes: u32,
    /// How many bytes a second a connection may send, sustained.
    pub bytes_per_second: u32,
    /// How many bytes a connection may send at once.
    pub burst_bytes: u32,
    /// Connections in all.
    pub connections: u32,
    /// Connections from one address; a router may hide a whole class behind one.
    pub connections_per_address: u32,
    /// Seconds within which a connection must have logged in.
    pub unauthenticated_seconds: u32,
    /// Devices of one account that may be online together.
    pub resources_per_account: u32,
    /// Seconds within which a device that has lost its connection may go on where it was; 0 for never.
    pub resumption_seconds: u32,
    /// Messages kept for an account that is offline.
    pub offline_messages: u32,
    /// Bytes that they may have in all.
    pub offline_bytes: u32,
    /// Days after which one of them is erased.
    pub offline_days: u32,
}

/// The key of a limit, its default, and the least and most that it may be.
pub(super) struct Bounds {
    pub(super) key: &'static str,
    pub(super) default: u32,
    pub(super) least: u32,
    pub(super) most: u32,
}

const fn bounds(key: &'static str, default: u32, least: u32, most: u32) -> Bounds {
    Bounds { key, default, least, most }
}

pub(super) const STANZA_BYTES: Bounds = bounds("stanza-bytes", 65_536, 10_000, 1_048_576);
pub(super) const BYTES_PER_SECOND: Bounds = bounds("bytes-per-second", 65_536, 1_024, 1_073_741_824);
pub(super) const BURST_BYTES: Bounds = bounds("burst-bytes", 262_144, 10_000, 1_073_741_824);
pub(super) const CONNECTIONS: Bounds = bounds("connections", 2_000, 1, 100_000);
pub(super) const CONNECTIONS_PER_ADDRESS: Bounds = bounds("connections-per-address", 100, 1, 100_000);
pub(super) const UNAUTHENTICATED_SECONDS: Bounds = bounds("unauthenticated-seconds", 30, 5, 600);
pub(super) const RESOURCES_PER_ACCOUNT: Bounds = bounds("resources-per-account", 10, 1, 100);
pub(super) const RESUMPTION_SECONDS: Bounds = bounds("resumption-seconds", 600, 0, 86_400);
pub(super) const OFFLINE_MESSAGES: Bounds = bounds("offline-messages", 200, 0, 10_000);
pub(super) const OFFLINE_BYTES: Bounds = bounds("offline-bytes", 1_048_576, 10_000, 1_048_576);
pub(super) const OFFLINE_DAYS: Bounds = bounds("offline-days", 30, 1, 365);

pub(super) const TOKEN_DAYS: Bounds = bounds("token-days", 21, 0, 365);

pub(super) const UPLOAD_MAX_BYTES: Bounds = bounds("max-bytes", 16_777_216, 1_024, 4_000_000_000);
pub(super) const UPLOAD_QUOTA_BYTES: Bounds = bounds("quota-bytes", 268_435_456, 1_048_576, 4_000_000_000);
pub(super) const UPLOAD_TOTAL_BYTES: Bounds = bounds("total-bytes", 2_147_483_648, 1_048_576, 4_000_000_000);
pub(super) const UPLOAD_DAYS: Bounds = bounds("days", 30, 1, 3_650);

/// Days that a leaf certificate lives: 825 is the most that Apple's devices take from a private authority.
pub(super) const LEAF_DAYS: Bounds = bounds("leaf-days", 397, 1, 825);
