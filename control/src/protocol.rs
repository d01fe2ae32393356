//! What can be asked and answered, as it stands on the wire.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Act, Consented, Kind, Label, Name, Room, Standing, Verb};

/// Raised when an old client would misunderstand a new server, or the other way round.
pub const VERSION: u32 = 2;

/// The longest line: more than a whole school's accounts, added at once.
pub const LINE_BYTES: usize = 64 << 20;

/// What an administrator can ask.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Request {
    /// What administrators did, the last of it: [`Answer::Audit`].
    Audit {
        /// To this account or group alone.
        #[serde(default)]
        about: Option<Label>,
        /// So many lines at most.
        most: u32,
    },
    /// Remembers that the copy of a while ago was put away, whole: [`Answer::BackedUp`].
    BackedUp,
    /// A copy of the database without conversations: [`Answer::Backup`], and behind its line the copy itself.
    Backup,
    /// Does these, in this order: [`Answer::Changed`].
    Change(Changes),
    /// All consents: [`Answer::Consents`].
    ListConsents,
    /// All rooms: [`Answer::Rooms`].
    ListRooms,
    /// Who is online, by the devices that they use: [`Answer::Sessions`].
    ListSessions {
        /// Those of this account alone.
        #[serde(default)]
        name: Option<Name>,
    },
    /// Which domain it serves: [`Answer::Domain`].
    Domain,
    /// All accounts: [`Answer::Users`].
    ListUsers,
    /// How the server fares, for programs that watch it: [`Answer::Metrics`].
    Metrics,
    /// Reads settings and certificate again: [`Answer::Reload`].
    Reload,
    /// Puts into the audit log what was done without changing accounts or rooms: [`Answer::Remembered`].
    Remember {
        /// What.
        verb: Verb,
    },
    /// How the server fares: [`Answer::Status`].
    Status,
}

/// What is to be changed, in this order. What is done is written at once, with its lines of the audit log.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Changes {
    /// One after the other: each is judged by how things are after those before it.
    pub acts: Vec<Act>,
    /// What becomes of the others if one is refused.
    #[serde(default)]
    pub rule: Rule,
    /// Says what would come of it, and changes nothing.
    #[serde(default)]
    pub rehearse: bool,
}

/// What becomes of the others if one is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// None is done.
    #[default]
    AllOrNothing,
    /// The others are done.
    WhatCanBe,
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// What administrators did, the newest last.
    Audit(Vec<AuditLine>),
    /// It is remembered.
    BackedUp,
    /// What follows.
    Backup(Copied),
    /// What has come of each act. What is done is on disk.
    Changed(Vec<Outcome>),
    /// All consents, by name.
    Consents(Vec<Consented>),
    /// Numbers, as a text of OpenMetrics 1.0.
    Metrics(String),
    /// The domain of everybody's address.
    Domain(String),
    /// What has come of reading the settings again.
    Reload(Reload),
    /// It is on disk.
    Remembered,
    /// All rooms, by name.
    Rooms(Vec<Room>),
    /// Who is online, by name and device.
    Sessions(Vec<Session>),
    /// How the server fares.
    Status(Status),
    /// All accounts, by name.
    Users(Vec<User>),
}

/// What has come of one act.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is done; in a rehearsal, it would be.
    Done,
    /// It is not.
    Refused(Refusal),
    /// It would be, but another was refused.
    Undone,
}

/// What has come of reading settings and certificate again. Whatever is not applied as a whole is not applied at all.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reload {
    /// All is as the file has it; these keys have changed.
    Applied(Vec<String>),
    /// Nothing has changed: these keys need a restart.
    NeedsRestart(Vec<String>),
    /// Nothing has changed: there is a mistake.
    Refused(Refusal),
}

/// An account as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct User {
    /// The first part of its address.
    pub name: String,
    /// What others see.
    pub display_name: String,
    /// Whose it is.
    pub kind: Kind,
    /// Its roster groups.
    pub groups: Vec<String>,
    /// Whether it may log in.
    pub enabled: bool,
    /// Whether its parents have consented.
    pub consent: Standing,
}

/// A device that is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Session {
    /// Whose.
    pub name: String,
    /// The last part of its address.
    pub resource: String,
    /// Since when (RFC 3339).
    pub since: String,
}

/// A copy of the database, which follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Copied {
    /// The version of its tables.
    pub schema: u32,
    /// How many bytes follow.
    pub bytes: u64,
    /// Their SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// Something that an administrator did, or was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AuditLine {
    /// When (RFC 3339).
    pub at: String,
    /// Who.
    pub who: String,
    /// What: [`Act::verb`], or [`Verb::name`].
    pub act: String,
    /// To which account or group; nothing for what concerns none.
    pub about: String,
    /// `done`, `refused`, or what fell short.
    pub outcome: String,
}

/// How the server fares.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Status {
    /// Of the program.
    pub version: String,
    /// Of the database's tables.
    pub schema: u32,
    /// When it started (RFC 3339).
    pub since: String,
    /// Since its start.
    pub uptime_seconds: u64,
    /// When its certificate ends (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_ends: Option<String>,
    /// When a backup of it was last made (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_backup: Option<String>,
    /// Accounts, disabled ones too.
    pub accounts: u64,
    /// The same, by kind.
    pub kinds: BTreeMap<Kind, u64>,
    /// Accounts that may not log in.
    pub disabled: u64,
    /// Accounts that may, without the consent that they need.
    pub without_consent: u64,
    /// Accounts with a resource bound at least.
    pub online: usize,
    /// TCP connections, logged in or not.
    pub connections: usize,
    /// Bound resources.
    pub sessions: usize,
    /// Messages that wait for somebody who is offline.
    pub waiting_messages: u64,
    /// Addresses from which one has to wait between attempts to log in, since there were too many wrong ones.
    pub throttled_addresses: usize,
    /// Bytes of the database.
    pub database_bytes: u64,
    /// The most memory that the daemon has had.
    pub peak_memory_bytes: u64,
}

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{what}")]
pub struct Refusal {
    /// What went wrong.
    pub what: String,
    /// What to do about it, where something is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// A line from the client.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked<R> {
    /// [`VERSION`].
    pub version: u32,
    /// Who asks, as they call themselves: for the audit log.
    #[serde(default)]
    pub by: Option<Label>,
    /// What is asked.
    pub request: R,
}

/// A line from the server.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answered {
    /// [`VERSION`].
    pub version: u32,
    /// What has come of the request.
    #[serde(flatten)]
    pub reply: Reply,
}

/// What has come of a request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// What was asked for.
    Answer(Answer),
    /// Why there is none.
    Refusal(Refusal),
}

impl User {
    /// Whether this is one of its groups.
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|one| one == group)
    }
}

impl Refusal {
    /// With advice.
    pub fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: Some(hint.into()) }
    }
}

impl From<Act> for Changes {
    /// One act alone.
    fn from(act: Act) -> Self {
        Self { acts: vec![act], rule: Rule::AllOrNothing, rehearse: false }
    }
}

impl Outcome {
    /// Whether it is done, or would be.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }
}
