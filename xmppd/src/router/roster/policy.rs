//! What the site has decided about rosters.

use serde::{Deserialize, Serialize};

use crate::account::Label;

/// `[roster]`
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
pub struct RosterPolicy {
    /// Whom the school puts into whose roster.
    pub visibility: Visibility,
    /// Where visibility is by groups: accounts of these groups see all, and are seen by all.
    pub sees_everyone: Vec<Label>,
    /// Who may ask whom for a subscription.
    pub contacts: ContactPolicy,
}

/// Whom the school puts into whose roster.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visibility {
    /// Everyone into everyone's.
    #[default]
    Everyone,
    /// Those who share a group; and administrators, with everyone.
    Groups,
}

/// Who may ask whom for a subscription.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContactPolicy {
    /// Everybody may ask everybody.
    #[default]
    Everybody,
    /// There are no subscriptions but the school's. Those that were there before sleep; messages between
    /// strangers are another matter: RFC 6121 §8 knows no strangers, XEP-0191 does.
    Groups,
}

impl Default for RosterPolicy {
    fn default() -> Self {
        let teachers = "Teachers".parse().expect("a label");
        Self {
            visibility: Visibility::default(),
            sees_everyone: vec![teachers],
            contacts: ContactPolicy::default(),
        }
    }
}
