//! Nicks: what they may be, and when two are the same to a reader.

use serde::{Deserialize, Serialize};

use crate::look_alike::Look;

/// More than any client shows.
const MOST_CHARACTERS: usize = 64;

/// What an occupant is called, one space between its words and none around.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Nick(String);

impl Nick {
    /// Makes one of a prepared resource; `None` if it is too long or blank.
    pub(super) fn parse(resource: &str) -> Option<Self> {
        let nick = resource.split_whitespace().collect::<Vec<_>>().join(" ");
        let length = nick.chars().count();
        (1..=MOST_CHARACTERS).contains(&length).then_some(Self(nick))
    }

    /// The nick as it stands in addresses.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// How it looks to a reader, lest one child pose as another.
    pub(super) fn look(&self) -> Look {
        Look::of(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nick(text: &str) -> Nick {
        Nick::parse(text).expect("it is one")
    }

    #[test]
    fn spaces_hide_nothing() {
        assert_eq!(nick(" Juliet   C. ").as_str(), "Juliet C.");
        assert_eq!(Nick::parse("  "), None);
        assert_eq!(Nick::parse(&"é".repeat(65)), None);
        assert!(Nick::parse(&"é".repeat(64)).is_some());
    }

    #[test]
    fn what_looks_the_same_is_the_same() {
        assert_eq!(nick("Juliet").look(), nick("jULIET").look());
        assert_eq!(nick("Zoë").look(), nick("ZOË").look());
        assert_eq!(nick("Juliet").look(), nick("Ju1iet").look());
        assert_ne!(nick("Juliet").look(), nick("Julie").look());
    }
}
