//! One person who may log in, as every tier knows them.

use std::{fmt, str::FromStr};

use jid::NodePart;
use serde::{Deserialize, Serialize};

use crate::auth::Keys;

/// An account of the school's domain.
#[derive(Clone, Debug)]
pub struct Account {
    /// The localpart of its address, prepared as RFC 7622 §3.3 has it.
    pub name: String,
    /// What others see in their rosters.
    pub display_name: String,
    /// The roster groups it belongs to; the school's default group when empty.
    pub groups: Vec<String>,
    /// Whether it may administer the server.
    pub administrator: bool,
    /// Whether it may log in. A disabled account is in nobody's roster.
    pub enabled: bool,
    /// What a password is checked against; `Debug` never shows them.
    pub keys: Keys,
}

/// The localpart of an address, prepared: the only way for a name into [`Account`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// A display name or the name of a group: what people read in a roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

/// Why a text cannot be a name or a label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// It is empty, or has a space at an end.
    #[error("`{0}` is empty, or begins or ends with a space")]
    Blank(String),
    /// It cannot be written into XML, or would break a line.
    #[error("{0:?} holds control characters")]
    Control(String),
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

impl Label {
    /// More than any roster shows.
    pub const MAXIMUM_CHARACTERS: usize = 100;
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
}
