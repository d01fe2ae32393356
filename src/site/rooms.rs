//! Rooms of the chat: who may make them, and which are there from the start.

use serde::Serialize;

use super::Mistake;

/// The `[rooms]` and every `[[room]]` of the school's file, as the daemon gets them.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Rooms {
    /// Who may make rooms.
    #[serde(rename = "rooms")]
    pub policy: RoomPolicy,
    /// Rooms that are there from the start.
    #[serde(rename = "room", skip_serializing_if = "Vec::is_empty")]
    pub made: Vec<Room>,
}

/// Who may make rooms.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct RoomPolicy {
    /// Of which kind.
    pub creators: Creators,
}

/// Who may make rooms.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Creators {
    /// Administrators alone.
    Administrators,
    /// Whoever has an account.
    Everyone,
    /// Administrators, and who belongs to a group of those that see everyone.
    Staff,
}

/// A room for a class, or for all.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Room {
    /// What stands before the `@` in its address.
    pub name: String,
    /// What people read.
    pub title: String,
    /// The roster groups whose members are the room's; none for everyone.
    pub groups: Vec<String>,
    /// Accounts that keep order in it.
    pub moderators: Vec<String>,
    /// Accounts that may configure it.
    pub owners: Vec<String>,
}

impl Creators {
    /// Accepts `administrators`, `everyone` or `staff`.
    pub(super) fn parse(text: &str) -> Result<Self, Mistake> {
        match text {
            "administrators" => Ok(Self::Administrators),
            "everyone" => Ok(Self::Everyone),
            "staff" => Ok(Self::Staff),
            _ => Err(Mistake::new(
                format!("`{}` says nothing about who may make rooms", text.escape_debug()),
                "choose `administrators`, `staff` or `everyone`",
            )),
        }
    }
}

/// The first part of an address, as most are: small letters, digits, `.`, `_` and `-`.
pub(super) fn local_part(text: &str) -> Result<String, Mistake> {
    let is_plain = |c: char| c.is_alphanumeric() && !c.is_uppercase() || matches!(c, '.' | '_' | '-');
    if text.is_empty() || text.len() > 100 || !text.chars().all(is_plain) {
        return Err(Mistake::new(
            format!("`{}` cannot be the first part of an address", text.escape_debug()),
            "use small letters, digits, `.`, `_` and `-`, such as `class-4b`",
        ));
    }
    Ok(text.to_owned())
}

/// What people read in a list: one line.
pub(super) fn label(text: &str) -> Result<String, Mistake> {
    let is_line = !text.contains(char::is_control) && text.trim() == text;
    if text.is_empty() || text.chars().count() > 100 || !is_line {
        return Err(Mistake::new(
            format!("`{}` cannot be shown in a list", text.escape_debug()),
            "write one line of at most 100 characters, without spaces around it",
        ));
    }
    Ok(text.to_owned())
}
