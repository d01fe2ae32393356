//! What accounts are made of.

use std::{fmt, str::FromStr};

use jid::NodePart;
use serde::{Deserialize, Serialize};
use unicode_normalization::char::is_combining_mark;

/// The localpart of an address, prepared: the only way for a name into an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// A display name or the name of a group: what people read in a roster.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

/// Whose account it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A child: its parents have consented before it gets an account.
    #[default]
    Child,
    /// A parent.
    Parent,
    /// A teacher, or somebody else of the school.
    Teacher,
    /// May administer the server.
    Administrator,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Child, Self::Parent, Self::Teacher, Self::Administrator];

    /// Its name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Child => "child",
            Self::Parent => "parent",
            Self::Teacher => "teacher",
            Self::Administrator => "administrator",
        }
    }

    /// Whether an account of this kind takes somebody's consent.
    pub fn needs_consent(self) -> bool {
        self == Self::Child
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| AccountError::Kind(text.to_owned()))
    }
}

/// Why a text cannot be a name or a label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// It is empty, or has a space at an end.
    #[error("`{0}` is empty, or begins or ends with a space")]
    Blank(String),
    /// It cannot be written into XML, or would break a line.
    #[error("{0:?} holds control characters")]
    Control(String),
    /// It holds what nobody sees, and so could look like another, or turn the writing around.
    #[error("{0:?} holds invisible characters, or such that change the direction of writing")]
    Invisible(String),
    /// It is no kind of account.
    #[error("`{0}` is no kind of account: child, parent, teacher and administrator are")]
    Kind(String),
    /// It cannot be the first part of an address.
    #[error("`{name}` cannot be the first part of an address: {cause}")]
    Localpart {
        /// What was given.
        name: String,
        /// What RFC 7622 has against it.
        cause: String,
    },
    /// It has more accents on one letter than any language.
    #[error("`{0}` has more accents on one letter than any language")]
    Piled(String),
    /// It has more than [`Label::MAXIMUM_CHARACTERS`].
    #[error("`{0}` is too long: 100 characters are the most")]
    TooLong(String),
}

/// What no first part of an address has, besides spaces (RFC 7622 §3.3.1).
const FORBIDDEN: &str = "\"&'/:<>@";

impl FromStr for Name {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let refused = |cause: &dyn fmt::Display| AccountError::Localpart {
            name: text.to_owned(),
            cause: cause.to_string(),
        };
        if text.contains('@') {
            return Err(refused(&"give the part before the `@` alone"));
        }
        if text.contains(|character: char| character.is_whitespace() || FORBIDDEN.contains(character)) {
            let cause = format_args!(
                "an address has no spaces, and none of `{FORBIDDEN}`; what people read, the display name or title, may have them"
            );
            return Err(refused(&cause));
        }
        let name = NodePart::new(text).map_err(|error| match error {
            jid::Error::NodePrep => refused(&"it holds characters that no address has"),
            other => refused(&other),
        })?;
        Ok(Self(name.as_str().to_owned()))
    }
}

impl Name {
    /// As a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Label {
    /// More than any roster shows.
    pub const MAXIMUM_CHARACTERS: usize = 100;

    /// As a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let owned = || text.to_owned();
        if text.is_empty() || text.trim() != text {
            return Err(AccountError::Blank(owned()));
        }
        // U+FFFE and U+FFFF are no characters of XML 1.0 §2.2; other control characters neither.
        if text.contains(|character: char| {
            character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
        }) {
            return Err(AccountError::Control(owned()));
        }
        if has_invisible(text) {
            return Err(AccountError::Invisible(owned()));
        }
        if has_pile(text) {
            return Err(AccountError::Piled(owned()));
        }
        if text.chars().count() > Self::MAXIMUM_CHARACTERS {
            return Err(AccountError::TooLong(owned()));
        }
        Ok(Self(owned()))
    }
}

/// Vietnamese has two, Hebrew with its points and accents three.
const MOST_MARKS: usize = 3;

/// Whether there are more marks on one letter than that.
fn has_pile(text: &str) -> bool {
    let mut marks = 0;
    text.chars().any(|character| {
        marks = if is_combining_mark(character) { marks + 1 } else { 0 };
        marks > MOST_MARKS
    })
}

/// Whether it holds characters without a shape: they hide what makes the difference between two texts, and
/// those that turn the direction of writing show another text than there is.
fn has_invisible(text: &str) -> bool {
    let before = [None].into_iter().chain(text.chars().map(Some));
    before.zip(text.chars()).any(|(before, character)| match character {
        // A joiner is part of how some scripts are written, and of emoji that are made of others.
        '\u{200c}' | '\u{200d}' => before.is_none_or(|before| before < '\u{600}'),
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'
        | '\u{200e}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    })
}

impl TryFrom<String> for Name {
    type Error = AccountError;

    fn try_from(text: String) -> Result<Self, AccountError> {
        text.parse()
    }
}

impl TryFrom<String> for Label {
    type Error = AccountError;

    fn try_from(text: String) -> Result<Self, AccountError> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn names_are_prepared() {
        assert_eq!("Juliet".parse::<Name>().unwrap().to_string(), "juliet");
        assert_eq!("Zoë".parse::<Name>().unwrap().to_string(), "zoë");
        for refused in ["", "a b", "juliet@school.test", "a/b", "<juliet>", &"x".repeat(1024)] {
            assert!(matches!(refused.parse::<Name>(), Err(AccountError::Localpart { .. })), "{refused}");
        }
    }

    #[test]
    fn labels_are_what_a_roster_can_show() {
        assert_eq!(String::from("Juliet <3".parse::<Label>().unwrap()), "Juliet <3");
        assert!(matches!("".parse::<Label>(), Err(AccountError::Blank(_))));
        assert!(matches!(" Juliet".parse::<Label>(), Err(AccountError::Blank(_))));
        assert!(matches!("a\nb".parse::<Label>(), Err(AccountError::Control(_))));
        assert!(matches!("x".repeat(101).parse::<Label>(), Err(AccountError::TooLong(_))));
    }

    #[test]
    fn labels_hide_nothing() {
        for hidden in [
            "Ju\u{200b}liet",
            "\u{202e}teiluJ",
            "Juliet\u{2066}",
            "Ju\u{200d}liet",
            "\u{3164}",
            "Juliet\u{ad}C",
        ] {
            assert!(matches!(hidden.parse::<Label>(), Err(AccountError::Invisible(_))), "{hidden:?}");
        }
        let tower = format!("Z{}oe", "\u{30a}".repeat(4));
        assert!(matches!(tower.parse::<Label>(), Err(AccountError::Piled(_))));
        assert!(matches!("a\u{2028}b".parse::<Label>(), Err(AccountError::Control(_))));
        for plain in [
            "Zoë",
            "Nguye\u{302}\u{303}n",
            "Anna 🌹",
            "👩\u{200d}🏫 Ms Capulet",
            "❤\u{fe0f}",
            "علی\u{200c}رضا",
            "שָׁלוֹם",
            "さくら",
        ] {
            assert!(plain.parse::<Label>().is_ok(), "{plain}");
        }
    }

    #[test]
    fn kinds_go_by_their_names() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse::<Kind>().unwrap(), kind);
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert!(matches!("pupil".parse::<Kind>(), Err(AccountError::Kind(_))));
        assert_eq!(Kind::ALL.map(Kind::needs_consent), [true, false, false, false]);
    }
}
