//! What the site has decided about rooms.

use serde::{Deserialize, Serialize};

use crate::account::{Account, Label, Name};

/// The site's word on rooms.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoomSettings {
    /// Who may make one.
    pub creators: Creators,
    /// The groups whose members count as staff: those which see everyone in the roster.
    pub staff: Vec<String>,
    /// Rooms in all.
    pub most: usize,
    /// Rooms that one account may have made.
    pub most_per_account: usize,
    /// Occupants of one room.
    pub most_occupants: usize,
    /// Messages that a room remembers for those who enter, whatever its owner wants.
    pub most_history: usize,
    /// Rooms that the site makes.
    pub made: Vec<SiteRoom>,
}

/// Who may make a room.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Creators {
    /// Administrators alone.
    Administrators,
    /// Whoever has an account.
    Everyone,
    /// Administrators, and who belongs to a group of the staff.
    Staff,
}

/// A room that the site makes: for a class, or for all.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SiteRoom {
    /// The first part of its address.
    pub name: Name,
    /// What people read.
    pub title: Label,
    /// Whose members are the room's; empty for everyone.
    #[serde(default)]
    pub groups: Vec<Label>,
    /// Accounts that moderate it.
    #[serde(default)]
    pub moderators: Vec<Name>,
    /// Accounts that own it.
    #[serde(default)]
    pub owners: Vec<Name>,
}

impl SiteRoom {
    /// Lets it not name an account; `false` if it does not.
    pub(crate) fn forget(&mut self, account: &str) -> bool {
        let before = self.moderators.len() + self.owners.len();
        self.moderators.retain(|name| name.as_str() != account);
        self.owners.retain(|name| name.as_str() != account);
        self.moderators.len() + self.owners.len() < before
    }
}

impl RoomSettings {
    /// Whether that account may make rooms, as far as who it is matters.
    pub fn may_create(&self, account: &Account) -> bool {
        account.is_administrator()
            || match self.creators {
                Creators::Administrators => false,
                Creators::Everyone => true,
                Creators::Staff => account.groups.iter().any(|group| self.staff.contains(group)),
            }
    }
}

impl Default for RoomSettings {
    fn default() -> Self {
        Self {
            creators: Creators::Staff,
            staff: vec!["Teachers".to_owned()],
            most: 300,
            most_per_account: 20,
            most_occupants: 200,
            most_history: 50,
            made: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{Keys, Password};

    fn account(groups: &[&str], administrator: bool) -> Account {
        Account {
            name: "juliet".to_owned(),
            display_name: "Juliet".to_owned(),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            kind: if administrator {
                crate::account::Kind::Administrator
            } else {
                crate::account::Kind::Child
            },
            enabled: true,
            keys: Keys::derive(&Password::generate()),
        }
    }

    #[test]
    fn the_site_says_who_makes_rooms() {
        let people = [
            account(&[], false),
            account(&["Class 4b"], false),
            account(&["Teachers"], false),
            account(&[], true),
        ];
        for (creators, may) in [
            (Creators::Administrators, [false, false, false, true]),
            (Creators::Staff, [false, false, true, true]),
            (Creators::Everyone, [true; 4]),
        ] {
            let settings = RoomSettings { creators, ..RoomSettings::default() };
            let allowed: Vec<_> = people.iter().map(|account| settings.may_create(account)).collect();
            assert_eq!(allowed, may, "{creators:?}");
        }
    }
}
