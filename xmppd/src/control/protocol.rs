//! What can be asked and answered, as it stands on the wire.

use serde::{Deserialize, Serialize};

use crate::{
    account::{Account, Label, Name},
    act::Act,
    auth::Password,
    config::ConfigError,
    net::ServeError,
    store::StoreError,
};

/// Raised when an old client would misunderstand a new server, or the other way round.
pub(super) const VERSION: u32 = 1;

/// What an administrator can ask.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Request {
    /// Adds an account.
    AddUser {
        /// The first part of its address.
        name: Name,
        /// What others see; the name where it is missing.
        display_name: Option<Label>,
        /// Its roster groups.
        #[serde(default)]
        groups: Vec<Label>,
        /// Whether it may administer the server.
        #[serde(default)]
        administrator: bool,
        /// Its password.
        password: Password,
    },
    /// Ends an account's sessions, and lets it log in no more.
    DisableUser {
        /// Whose.
        name: Name,
    },
    /// Lets a disabled account log in again.
    EnableUser {
        /// Whose.
        name: Name,
    },
    /// Ends an account's sessions; it may log in again at once.
    EndSessions {
        /// Whose.
        name: Name,
    },
    /// All accounts: [`Answer::Users`].
    ListUsers,
    /// Ends an account's sessions, and erases it with all that waits for it.
    RemoveUser {
        /// Whose.
        name: Name,
    },
    /// Gives an account another display name.
    RenameUser {
        /// Whose.
        name: Name,
        /// What others shall see.
        display_name: Label,
    },
    /// Puts an account into these roster groups, and out of all others.
    SetGroups {
        /// Whose.
        name: Name,
        /// The groups.
        groups: Vec<Label>,
    },
    /// Gives an account a new password, and ends its sessions, which may be those of a stolen phone.
    SetPassword {
        /// Whose.
        name: Name,
        /// The new one.
        password: Password,
    },
    /// Reads settings and certificate again: [`Answer::Reload`].
    Reload,
    /// How the server fares: [`Answer::Status`].
    Status,
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It is done, and on disk.
    Done,
    /// What has come of reading the settings again.
    Reload(Reload),
    /// How the server fares.
    Status(Status),
    /// All accounts, by name.
    Users(Vec<User>),
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
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct User {
    /// The first part of its address.
    pub name: String,
    /// What others see.
    pub display_name: String,
    /// Its roster groups.
    pub groups: Vec<String>,
    /// Whether it may administer the server.
    pub administrator: bool,
    /// Whether it may log in.
    pub enabled: bool,
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
    /// Accounts, disabled ones too.
    pub accounts: usize,
    /// Accounts with a resource bound at least.
    pub online: usize,
    /// TCP connections, logged in or not.
    pub connections: usize,
    /// Bound resources.
    pub sessions: usize,
}

/// Why it was not done.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("{what}")]
pub struct Refusal {
    /// What went wrong.
    pub what: String,
    /// What to do about it, where something is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// A line from the client.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked<R> {
    pub(super) version: u32,
    pub(super) request: R,
}

/// A line from the server.
#[derive(Serialize, Deserialize)]
pub(super) struct Answered {
    pub(super) version: u32,
    #[serde(flatten)]
    pub(super) outcome: Outcome,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    Answer(Answer),
    Refusal(Refusal),
}

impl Request {
    /// The name on the wire and the account concerned, of a request that changes something.
    pub(super) fn change(&self) -> Option<(&'static str, &Name)> {
        match self {
            Self::AddUser { name, .. } => Some(("add-user", name)),
            Self::DisableUser { name } => Some(("disable-user", name)),
            Self::EnableUser { name } => Some(("enable-user", name)),
            Self::EndSessions { name } => Some(("end-sessions", name)),
            Self::RemoveUser { name } => Some(("remove-user", name)),
            Self::RenameUser { name, .. } => Some(("rename-user", name)),
            Self::SetGroups { name, .. } => Some(("set-groups", name)),
            Self::SetPassword { name, .. } => Some(("set-password", name)),
            Self::ListUsers | Self::Reload | Self::Status => None,
        }
    }
}

impl From<Act> for Request {
    fn from(act: Act) -> Self {
        match act {
            Act::Add { name, display_name, groups, password } => {
                Self::AddUser { name, display_name, groups, administrator: false, password }
            }
            Act::Disable(name) => Self::DisableUser { name },
            Act::Enable(name) => Self::EnableUser { name },
            Act::EndSessions(name) => Self::EndSessions { name },
            Act::Remove(name) => Self::RemoveUser { name },
            Act::SetPassword { name, password } => Self::SetPassword { name, password },
        }
    }
}

impl Refusal {
    /// With advice.
    pub fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: Some(hint.into()) }
    }
}

impl From<ConfigError> for Refusal {
    fn from(error: ConfigError) -> Self {
        Self { what: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

impl From<ServeError> for Refusal {
    fn from(error: ServeError) -> Self {
        Self { what: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self { what: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

impl From<Account> for User {
    fn from(account: Account) -> Self {
        let Account { name, display_name, groups, administrator, enabled, keys: _ } = account;
        Self { name, display_name, groups, administrator, enabled }
    }
}
