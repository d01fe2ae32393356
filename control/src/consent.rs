//! What parents have signed.

use serde::{Deserialize, Serialize};

use crate::{Day, Label};

/// A slip that was signed, as whoever holds it in their hands records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Consent {
    /// The day on which it was signed.
    pub signed: Day,
    /// The version that is printed on the slip.
    pub slip: Label,
}

/// A recorded consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Consented {
    /// The first part of the address of whom it is for, who may have no account yet.
    pub name: String,
    /// What was signed.
    #[serde(flatten)]
    pub consent: Consent,
    /// Who recorded it.
    pub recorded_by: String,
    /// When (RFC 3339).
    pub recorded: String,
    /// When it was withdrawn (RFC 3339), if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<String>,
    /// Whether there is an account of this name.
    pub has_account: bool,
}

/// How it stands with the consent for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// An account of this kind takes none.
    NotNeeded,
    /// It is recorded.
    Given,
    /// None is recorded.
    Missing,
    /// It was withdrawn.
    Withdrawn,
}

impl Standing {
    /// In a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotNeeded => "not needed",
            Self::Given => "given",
            Self::Missing => "missing",
            Self::Withdrawn => "withdrawn",
        }
    }
}
