//! A room as an administrator sees it: whose it is and how full, but not who is in it, nor what is said.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Room {
    /// The first part of its address.
    pub name: String,
    /// What people read.
    pub title: String,
    /// Who made it.
    pub maker: Maker,
    /// The roster groups whose members are its members; empty where it is for none in particular.
    pub groups: Vec<String>,
    /// Accounts that moderate it, by name.
    pub moderators: Vec<String>,
    /// Accounts that own it, by name; administrators own every room.
    pub owners: Vec<String>,
    /// Whether nobody else may enter.
    pub members_only: bool,
    /// Whether it outlives the last who leaves.
    pub persistent: bool,
    /// How many are in it now.
    pub occupants: usize,
}

/// Who made a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Maker {
    /// An administrator, by command.
    Command,
    /// Somebody in their client.
    People,
    /// The site's file.
    Site,
}

impl Maker {
    /// Its name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::People => "people",
            Self::Site => "site",
        }
    }
}

impl fmt::Display for Maker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
