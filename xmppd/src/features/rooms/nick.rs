//! Nicks: what they may be, and when two are the same to a reader.

use serde::{Deserialize, Serialize};

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

    /// Whether a reader would take it for that name: capitals make no difference, lest one child pose as another.
    pub(super) fn resembles(&self, name: &str) -> bool {
        let (own, other) = (self.0.chars(), name.chars());
        own.flat_map(char::to_lowercase).eq(other.flat_map(char::to_lowercase))
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
    fn capitals_make_no_difference() {
        assert!(nick("Juliet").resembles("jULIET"));
        assert!(nick("Zoë").resembles("ZOË"));
        assert!(!nick("Juliet").resembles("Julie"));
    }
}
