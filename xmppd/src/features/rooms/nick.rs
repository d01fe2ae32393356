//! Nicks: what they may be, and when two are the same to a reader.

use serde::{Deserialize, Serialize};

use crate::look_alike::{Look, disguised, is_alike};

/// More than any client shows.
const MOST_CHARACTERS: usize = 64;

/// What an occupant is called, one space between its words and none around.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(from = "String", into = "String")]
pub(super) struct Nick {
    text: String,
    /// How it looks to a reader, lest one child pose as another: worked out once, since each who comes in is compared
    /// with all who are there.
    looks: [Look; 2],
}

impl Nick {
    /// Makes one of a prepared resource; `None` if it is too long or blank, or if a word of it mixes letters of
    /// different scripts, as only a disguise does.
    pub(super) fn parse(resource: &str) -> Option<Self> {
        let nick = resource.split_whitespace().collect::<Vec<_>>().join(" ");
        let length = nick.chars().count();
        let is_one = (1..=MOST_CHARACTERS).contains(&length) && disguised(&nick).is_none();
        is_one.then(|| nick.into())
    }

    /// The nick as it stands in addresses.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// How it looks.
    pub(super) fn looks(&self) -> &[Look] {
        &self.looks
    }

    /// Whether people would take it for what looks like that.
    pub(super) fn is_like(&self, looks: &[Look]) -> bool {
        is_alike(&self.looks, looks)
    }
}

impl From<String> for Nick {
    fn from(text: String) -> Self {
        Self { looks: Look::of(&text), text }
    }
}

impl From<Nick> for String {
    fn from(nick: Nick) -> Self {
        nick.text
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
        let is_like = |one: &str, other: &str| nick(one).is_like(nick(other).looks());
        for (one, other) in [("Juliet", "jULIET"), ("Zoë", "ZOË"), ("Juliet", "Ju1iet"), ("Paul", "PauI")] {
            assert!(is_like(one, other), "{one} {other}");
        }
        assert!(!is_like("Juliet", "Julie"));
    }

    #[test]
    fn no_word_is_disguised_in_letters_of_another_script() {
        assert_eq!(Nick::parse("Anna R\u{43e}meo"), None);
        assert_eq!(nick("Romeo \u{420}\u{43e}\u{43c}\u{435}\u{43e}").as_str(), "Romeo Ромео");
    }

    #[test]
    fn it_is_recorded_as_it_is_written() {
        let text = serde_json::to_string(&nick("Juliet")).expect("it is text");
        assert_eq!(text, r#""Juliet""#);
        assert_eq!(serde_json::from_str::<Nick>(&text).expect("it was one"), nick("Juliet"));
    }
}
