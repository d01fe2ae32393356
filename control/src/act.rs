//! What can be done to accounts.

use serde::{Deserialize, Serialize};

use crate::{Consent, Kind, Label, Name, Password};

/// One thing that an administrator does. `Debug` shows no password.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Act {
    /// Makes a room for groups, as the site's own rooms are: who is in one of them is in it by itself.
    AddRoom {
        /// The first part of its address, which no other room has.
        name: Name,
        /// What people read; the name where it is missing.
        #[serde(default)]
        title: Option<Label>,
        /// Whose members are the room's; empty for everyone.
        #[serde(default)]
        groups: Vec<Label>,
        /// Accounts that moderate it.
        #[serde(default)]
        moderators: Vec<Name>,
        /// Accounts that own it.
        #[serde(default)]
        owners: Vec<Name>,
    },
    /// Adds an account.
    AddUser {
        /// The first part of its address.
        name: Name,
        /// What others see; the name where it is missing.
        #[serde(default)]
        display_name: Option<Label>,
        /// Whose it is.
        #[serde(default)]
        kind: Kind,
        /// Its roster groups.
        #[serde(default)]
        groups: Vec<Label>,
        /// Its password.
        password: Password,
        /// What was signed for it, unless that was recorded before.
        #[serde(default)]
        consent: Option<Consent>,
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
    /// Stands before the others of a school year's end, which is refused if it has been done already: a class that has
    /// moved up would move once more.
    EndYear {
        /// By what the list is known again: the SHA-256 of its bytes, in hexadecimal digits.
        list: Label,
        /// Whether it is meant nevertheless.
        #[serde(default)]
        again: bool,
    },
    /// Ends an account's sessions; it may log in again at once.
    EndSessions {
        /// Whose.
        name: Name,
    },
    /// Puts an account into a roster group, besides those it is in.
    JoinGroup {
        /// Whom.
        name: Name,
        /// Which.
        group: Label,
    },
    /// Takes an account out of a roster group.
    LeaveGroup {
        /// Whom.
        name: Name,
        /// Which.
        group: Label,
    },
    /// Records what was signed for somebody, who may get an account later. What was recorded before is replaced.
    RecordConsent {
        /// For whom.
        name: Name,
        /// What.
        consent: Consent,
    },
    /// Ends a room, whoever made it but the site's file, and erases what is kept of it. All leave it.
    RemoveRoom {
        /// Which.
        name: Name,
    },
    /// Ends an account's sessions, and erases it with all that is kept of it.
    RemoveUser {
        /// Whose.
        name: Name,
    },
    /// Gives a roster group another name, for all who are in it, and for the rooms that were made for it by command.
    RenameGroup {
        /// Which.
        group: Label,
        /// Its new name, which no other group has.
        to: Label,
    },
    /// Gives a room that was made by command another title.
    RenameRoom {
        /// Which.
        name: Name,
        /// What people shall read.
        title: Label,
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
    /// Makes an account one of another kind.
    SetKind {
        /// Whose.
        name: Name,
        /// The kind.
        kind: Kind,
    },
    /// Gives an account a new password, and ends its sessions, which may be those of a stolen phone.
    SetPassword {
        /// Whose.
        name: Name,
        /// The new one.
        password: Password,
    },
    /// Withdraws a recorded consent: the account is disabled at once.
    WithdrawConsent {
        /// For whom.
        name: Name,
    },
}

impl Act {
    /// The name of [`Act::EndYear`], by which it is found in the audit log.
    pub const END_YEAR: &str = "end-year";

    /// Its name, as it stands on the wire.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::AddRoom { .. } => "add-room",
            Self::AddUser { .. } => "add-user",
            Self::DisableUser { .. } => "disable-user",
            Self::EnableUser { .. } => "enable-user",
            Self::EndYear { .. } => Self::END_YEAR,
            Self::EndSessions { .. } => "end-sessions",
            Self::JoinGroup { .. } => "join-group",
            Self::LeaveGroup { .. } => "leave-group",
            Self::RecordConsent { .. } => "record-consent",
            Self::RemoveRoom { .. } => "remove-room",
            Self::RemoveUser { .. } => "remove-user",
            Self::RenameGroup { .. } => "rename-group",
            Self::RenameRoom { .. } => "rename-room",
            Self::RenameUser { .. } => "rename-user",
            Self::SetGroups { .. } => "set-groups",
            Self::SetKind { .. } => "set-kind",
            Self::SetPassword { .. } => "set-password",
            Self::WithdrawConsent { .. } => "withdraw-consent",
        }
    }

    /// The account, or else the group, room or list, that it concerns.
    pub fn concerns(&self) -> &str {
        match self {
            Self::AddRoom { name, .. }
            | Self::AddUser { name, .. }
            | Self::DisableUser { name }
            | Self::EnableUser { name }
            | Self::EndSessions { name }
            | Self::JoinGroup { name, .. }
            | Self::LeaveGroup { name, .. }
            | Self::RecordConsent { name, .. }
            | Self::RemoveRoom { name }
            | Self::RemoveUser { name }
            | Self::RenameRoom { name, .. }
            | Self::RenameUser { name, .. }
            | Self::SetGroups { name, .. }
            | Self::SetKind { name, .. }
            | Self::SetPassword { name, .. }
            | Self::WithdrawConsent { name } => name.as_str(),
            Self::EndYear { list, .. } => list.as_str(),
            Self::RenameGroup { group, .. } => group.as_str(),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_act_goes_by_its_verb_on_the_wire() {
        let name: Name = "juliet".parse().unwrap();
        for act in [
            Act::DisableUser { name: name.clone() },
            Act::SetPassword { name: name.clone(), password: Password::generate() },
            Act::SetKind { name, kind: Kind::Teacher },
        ] {
            let json = serde_json::to_value(&act).unwrap();
            assert!(json.get(act.verb()).is_some(), "{json}");
            assert_eq!(act.concerns(), "juliet");
        }
    }

    #[test]
    fn an_account_is_a_childs_unless_told_otherwise() {
        let json = r#"{"add-user":{"name":"juliet","password":"lusab-babad-gutih-tugad"}}"#;
        let Act::AddUser { kind, consent, .. } = serde_json::from_str(json).unwrap() else { unreachable!() };
        assert_eq!((kind, consent), (Kind::Child, None));
    }
}
