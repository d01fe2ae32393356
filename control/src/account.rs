//! What accounts are made of.

use std::{fmt, str::FromStr};

use jid::NodePart;
use serde::{Deserialize, Serialize};

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
    /// It has more than [`Label::MAXIMUM_CHARACTERS`].
    #[error("`{0}` is too long: 100 characters are the most")]
    TooLong(String),
}

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
        let name = NodePart::new(text).map_err(|error| refused(&error))?;
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
            character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}')
        }) {
            return Err(AccountError::Control(owned()));
        }
        if text.chars().count() > Self::MAXIMUM_CHARACTERS {
            return Err(AccountError::TooLong(owned()));
        }
        Ok(Self(owned()))
    }
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
    fn kinds_go_by_their_names() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse::<Kind>().unwrap(), kind);
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert!(matches!("pupil".parse::<Kind>(), Err(AccountError::Kind(_))));
        assert_eq!(Kind::ALL.map(Kind::needs_consent), [true, false, false, false]);
    }
}
