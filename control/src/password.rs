//! A password on its short way to becoming keys.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

/// A password prepared by `SASLprep` (RFC 4013, as RFC 5802 §2.2 asks); leaves memory when dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// Why a text cannot be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// It is empty, or nothing is left of it after preparation.
    #[error("a password cannot be empty")]
    Empty,
    /// It holds control characters, unassigned characters, or a mix of writing directions.
    #[error("the password holds characters that not every device can type (RFC 4013)")]
    Prohibited,
    /// It is longer than [`Password::MAXIMUM_BYTES`].
    #[error("a password can have at most 1023 bytes")]
    TooLong,
    /// It has fewer characters than [`Password::MINIMUM_CHARACTERS`].
    #[error("a password needs at least 8 characters")]
    TooShort,
}

impl Password {
    /// RFC 6120 §6.3.8 leaves the length open; this is what RFC 7622 allows a localpart.
    pub const MAXIMUM_BYTES: usize = 1023;
    /// What we ask of those who choose one themselves.
    pub const MINIMUM_CHARACTERS: usize = 8;

    /// Prepares a text by `SASLprep`.
    pub fn prepare(text: &str) -> Result<Self, PasswordError> {
        if text.len() > Self::MAXIMUM_BYTES {
            return Err(PasswordError::TooLong);
        }
        let prepared = stringprep::saslprep(text).map_err(|_| PasswordError::Prohibited)?;
        if prepared.is_empty() {
            return Err(PasswordError::Empty);
        }
        Ok(Self(Zeroizing::new(prepared.into_owned())))
    }

    /// Prepares a text that somebody chose as a new password, and refuses one that is too short.
    pub fn choose(text: &str) -> Result<Self, PasswordError> {
        let password = Self::prepare(text)?;
        if password.0.chars().count() < Self::MINIMUM_CHARACTERS {
            return Err(PasswordError::TooShort);
        }
        Ok(password)
    }

    /// A new password of 64 random bits that can be read out and typed: `lusab-babad-gutih-tugad`.
    pub fn generate() -> Self {
        Self::from_bits(random())
    }

    /// Four proquints (arXiv:0901.4016): each 16 bits become consonant, vowel, consonant, vowel, consonant.
    /// Every bit lands in exactly one letter, so that no password is likelier than another.
    fn from_bits(bits: u64) -> Self {
        const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
        const VOWELS: &[u8; 4] = b"aiou";
        let mut text = Zeroizing::new(String::with_capacity(23));
        for pair in bits.to_be_bytes().chunks_exact(2) {
            if !text.is_empty() {
                text.push('-');
            }
            let word = usize::from(pair[0]) << 8 | usize::from(pair[1]);
            text.push(char::from(CONSONANTS[word >> 12]));
            text.push(char::from(VOWELS[word >> 10 & 3]));
            text.push(char::from(CONSONANTS[word >> 6 & 15]));
            text.push(char::from(VOWELS[word >> 4 & 3]));
            text.push(char::from(CONSONANTS[word & 15]));
        }
        Self(text)
    }

    /// The password itself: to derive keys from, or to show once to the one who will use it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// # Panics
/// When the operating system's random source fails: there is nothing safe to do without it.
fn random() -> u64 {
    getrandom::u64().expect("the operating system's random source answers")
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(…)")
    }
}

/// As plain text, for the control socket alone.
impl Serialize for Password {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Prepared and long enough, see [`Password::choose`].
impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        Self::choose(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn preparation_makes_one_of_what_looks_the_same() {
        // RFC 4013 §3, examples 1 to 5.
        assert_eq!(Password::prepare("I\u{ad}X").unwrap().reveal(), "IX");
        assert_eq!(Password::prepare("USER").unwrap().reveal(), "USER");
        assert_eq!(Password::prepare("\u{aa}").unwrap().reveal(), "a");
        assert_eq!(Password::prepare("\u{2168}").unwrap().reveal(), "IX");
        assert_eq!(Password::prepare("\u{7}").unwrap_err(), PasswordError::Prohibited);
        assert_eq!(Password::prepare("\u{627}1").unwrap_err(), PasswordError::Prohibited);
    }

    #[test]
    fn length_is_bounded_on_both_sides() {
        assert_eq!(Password::prepare("").unwrap_err(), PasswordError::Empty);
        assert_eq!(Password::prepare("\u{ad}").unwrap_err(), PasswordError::Empty);
        assert_eq!(Password::prepare(&"x".repeat(1024)).unwrap_err(), PasswordError::TooLong);
        assert_eq!(Password::choose("sieben7").unwrap_err(), PasswordError::TooShort);
        assert!(Password::choose("ächtäöü8").is_ok());
    }

    #[test]
    fn generated_ones_are_proquints() {
        // The published examples: 127.0.0.1 and 63.84.220.193.
        let password = Password::from_bits(0x7f00_0001_3f54_dcc1);
        assert_eq!(password.reveal(), "lusab-babad-gutih-tugad");
        assert_ne!(Password::generate().reveal(), Password::generate().reveal());
        assert!(Password::choose(Password::generate().reveal()).is_ok());
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Password::prepare("pencil").unwrap()), "Password(…)");
    }
}
