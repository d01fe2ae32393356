//! XEP-0060 §4: who may see a node.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::refusal::refusal;
use crate::{
    router::Router,
    stanza::{Refusal, StanzaError},
};

/// XEP-0060 §4.5, as far as it is offered.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Access {
    /// Everybody of this server.
    Open,
    /// Who may see the owner's presence.
    #[default]
    Presence,
    /// Whom the owner names.
    Whitelist,
}

/// XEP-0060 §4.1, as far as an owner can give them. Only the account itself publishes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Affiliation {
    /// On the whitelist.
    Member,
    /// Kept out.
    Outcast,
}

/// What is to be known of a node to say who may see it.
#[derive(Clone, Default)]
pub(crate) struct Door {
    pub(crate) access: Access,
    /// By the names of accounts.
    pub(crate) affiliations: BTreeMap<String, Affiliation>,
}

impl Access {
    /// The name in forms.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Presence => "presence",
            Self::Whitelist => "whitelist",
        }
    }

    /// The access model of that name, if it is offered.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Open, Self::Presence, Self::Whitelist].into_iter().find(|access| access.name() == name)
    }
}

impl Affiliation {
    /// The name in requests.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Outcast => "outcast",
        }
    }
}

impl Router {
    /// Whether somebody may see a node of `owner`: its items, and that it exists.
    pub(crate) fn admits(&self, owner: &str, door: &Door, reader: &str) -> Result<(), Refusal> {
        if owner == reader {
            return Ok(());
        }
        match (door.affiliations.get(reader), door.access) {
            (Some(Affiliation::Outcast), _) => Err(StanzaError::Forbidden.into()),
            (Some(Affiliation::Member), _) | (None, Access::Open) => Ok(()),
            (None, Access::Presence) if self.is_seen_by(owner, reader) => Ok(()),
            (None, Access::Presence) => {
                Err(refusal(StanzaError::NotAuthorized, "presence-subscription-required"))
            }
            (None, Access::Whitelist) => Err(refusal(StanzaError::NotAllowed, "closed-node")),
        }
    }
}
