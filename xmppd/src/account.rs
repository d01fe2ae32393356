//! One person who may log in, as every tier knows them.

pub use xmppd_control::{AccountError, Kind, Label, Name};

use crate::{auth::Keys, look_alike::Look};

/// An account of the school's domain.
#[derive(Clone, Debug)]
pub struct Account {
    /// The localpart of its address, prepared as RFC 7622 §3.3 has it.
    pub name: String,
    /// What others see in their rosters.
    pub display_name: String,
    /// Whose it is.
    pub kind: Kind,
    /// The roster groups it belongs to; the school's default group when empty.
    pub groups: Vec<String>,
    /// Whether it may log in. A disabled account is in nobody's roster.
    pub enabled: bool,
    /// What a password is checked against; `Debug` never shows them.
    pub keys: Keys,
}

impl Account {
    /// Whether it may administer the server.
    pub fn is_administrator(&self) -> bool {
        self.kind == Kind::Administrator
    }

    /// How it looks: people see now its name, now its display name.
    pub(crate) fn looks(&self) -> Vec<Look> {
        Look::of(&self.name).into_iter().chain(Look::of(&self.display_name)).collect()
    }
}
