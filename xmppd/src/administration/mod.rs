//! The whole school as a value, and what administrators may do to it.
//!
//! | file | what it holds |
//! |---|---|
//! | `school` | accounts and consents, and what becomes of them by an act; every rule is here |
//! | `judgement` | what is to come of a list of acts |
//! | `school/groups` | classes and clubs, likewise |
//! | `school/rooms` | rooms by command, likewise |
//! | `school/year` | the end of a school year, which comes once a year |
//!
//! Nothing here reads a clock, or writes anything: an act comes to what is to be written ([`Write`]) and what the
//! running server is to be told ([`Change`]).

mod judgement;
mod school;

use std::{borrow::Cow, sync::Arc};

use time::OffsetDateTime;
use xmppd_control::{Day, Label};

use crate::{account::Account, features::rooms::SiteRoom, record::Record, router::AccountChange};
pub use judgement::Judgement;
pub use school::{Effect, School};

/// What parents have signed, as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// When it was signed.
    pub signed: Day,
    /// The version that is printed on the slip.
    pub slip: Label,
    /// Who recorded it.
    pub by: String,
    /// When.
    pub at: OffsetDateTime,
    /// When it was withdrawn, if it was.
    pub withdrawn: Option<OffsetDateTime>,
}

/// Something that an administrator did, or was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// When.
    pub at: OffsetDateTime,
    /// Who.
    pub who: String,
    /// What: [`xmppd_control::Act::verb`], or [`xmppd_control::Verb::name`].
    pub act: Cow<'static, str>,
    /// To which account or group; empty for what concerns none.
    pub about: String,
    /// `done`, `refused`.
    pub outcome: Cow<'static, str>,
}

/// The end of a school year, as it was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YearEnd {
    /// By what its list is known again.
    pub list: String,
    /// When.
    pub at: OffsetDateTime,
    /// Who.
    pub who: String,
}

/// What is to be written.
#[derive(Clone, Debug)]
pub enum Write {
    /// A new account.
    Add(Arc<Account>),
    /// New values of an account that is there.
    Update(Arc<Account>),
    /// An account that goes, with all that is kept of it.
    Remove(String),
    /// A consent, instead of the one before.
    Consent(String, Recorded),
    /// A consent that goes.
    ForgetConsent(String),
    /// What is remembered of a room.
    Record(Record),
}

impl Write {
    /// Whether a value of an account or a consent that was there before is to be nowhere afterwards, as its former keys.
    pub fn replaces(&self) -> bool {
        match self {
            Self::Add(_) | Self::Record(_) => false,
            Self::Update(_) | Self::Remove(_) | Self::Consent(..) | Self::ForgetConsent(_) => true,
        }
    }
}

/// What the running server is to be told, when it is on disk.
#[derive(Clone, Debug)]
pub enum Change {
    /// It is new: it appears in all rosters.
    Added(Arc<Account>),
    /// Its sessions must end at once, and it leaves all rosters.
    Disabled(Arc<Account>),
    /// It may log in again, and is back in all rosters.
    Enabled(Arc<Account>),
    /// It has new keys: its sessions must end at once.
    PasswordChanged(Arc<Account>),
    /// It has another display name, other groups, or is of another kind: rosters change.
    Relabelled(Arc<Account>),
    /// There is such a room, or it is as this says from now on.
    RoomMade(SiteRoom),
    /// The room of this name is gone: all leave it.
    RoomRemoved(String),
    /// Its sessions must end at once; it may log in again.
    SessionsEnded(String),
    /// The account of this name is gone: its sessions must end at once, and it leaves all rosters.
    Removed(String),
}

impl From<Change> for AccountChange {
    fn from(change: Change) -> Self {
        match change {
            Change::Added(account)
            | Change::Disabled(account)
            | Change::Enabled(account)
            | Change::Relabelled(account) => Self::Put(account),
            Change::PasswordChanged(account) => Self::PasswordChanged(account),
            Change::RoomMade(room) => Self::RoomMade(room),
            Change::RoomRemoved(name) => Self::RoomRemoved(name),
            Change::Removed(name) => Self::Removed(name),
            Change::SessionsEnded(name) => Self::SessionsEnded(name),
        }
    }
}
