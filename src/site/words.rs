//! Small values of the school's file: the appliance's name, the organisation, the languages.

use std::fmt;

use icu_locale_core::LanguageIdentifier;
use serde::{Serialize, Serializer};

use super::Mistake;

/// The appliance's name: of the jail, the rc.d script and its variables, the pf anchor, the nft table.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Name(String);

impl Name {
    /// The longest: with `_h` or `_j` behind it, it names an interface, which may have 15 bytes (`IFNAMSIZ`).
    pub const MAX_LENGTH: usize = 13;

    /// Services that the appliance's rc.d script builds upon: one of the same name would take their place. And this program,
    /// which has a log of its own.
    const TAKEN: [&'static str; 7] = ["devfs", "jail", "jailbuild", "netif", "pf", "routing", "sysctl"];

    /// Accepts `[a-z][a-z0-9_]{0,12}`.
    ///
    /// # Errors
    /// A [`Mistake`] for all else, and for a few names that the host has a use for.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let fits = text.len() <= Self::MAX_LENGTH
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !fits {
            return Err(Mistake::new(
                format!("`{}` cannot name the appliance", text.escape_debug()),
                format!(
                    "start with a small letter, go on with small letters, digits or `_`, at most {} in all: \
                     network interfaces are named after it",
                    Self::MAX_LENGTH
                ),
            ));
        }
        if Self::TAKEN.contains(&text) {
            return Err(Mistake::new(
                format!("`{text}` is the name of something else on the host"),
                "take another, such as `schoolchat`",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Who runs the chat, as certificates and pages for parents say it: one line of text.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Organisation(String);

impl Organisation {
    /// The longest, in characters.
    pub const MAX_LENGTH: usize = 200;

    /// Accepts a line of text.
    ///
    /// # Errors
    /// A [`Mistake`] for nothing, a text of several lines, or a long one.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let text = text.trim();
        let hint = "write the school's name as parents know it, such as `The School`";
        if text.is_empty() {
            return Err(Mistake::new("the organisation has no name", hint));
        }
        if text.contains(char::is_control) {
            return Err(Mistake::new(
                "the organisation's name has a line break or another control character",
                hint,
            ));
        }
        let length = text.chars().count();
        if length > Self::MAX_LENGTH {
            return Err(Mistake::new(
                format!("the organisation's name has {length} characters"),
                format!("shorten it to {}", Self::MAX_LENGTH),
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Organisation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A language of the pages for parents (BCP 47), in its normal form.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Language(LanguageIdentifier);

impl Language {
    /// Accepts a tag of language, script, region and variants.
    ///
    /// # Errors
    /// A [`Mistake`] for all else.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let mistake = || {
            Mistake::new(
                format!("`{}` is not a language tag", text.escape_debug()),
                "write it as in BCP 47, such as `en`, `de-CH` or `zh-Hant`",
            )
        };
        let tag = LanguageIdentifier::try_from_str(text).map_err(|_| mistake())?;
        if tag.language.is_unknown() { Err(mistake()) } else { Ok(Self(tag)) }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_into_an_interfaces_name() {
        for text in ["schoolchat", "a", "a_1", "abcdefghijklm"] {
            assert_eq!(Name::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "School", "1a", "_a", "a-b", "a b", "é", "abcdefghijklmn", "jail", "pf"] {
            assert!(Name::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_organisation_is_one_line() {
        assert_eq!(Organisation::parse(" École “A”\t").unwrap().as_str(), "École “A”");
        for text in ["", "  ", "a\nb", "a\u{7f}b", &"x".repeat(201)] {
            assert!(Organisation::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_language_is_normalised() {
        for (text, normal) in [("en", "en"), ("DE-ch", "de-CH"), ("zh-hant-tw", "zh-Hant-TW")] {
            assert_eq!(Language::parse(text).unwrap().to_string(), normal);
        }
        for text in ["", "english language", "e", "und", "12", "en-", "pt_BR"] {
            assert!(Language::parse(text).is_err(), "{text}");
        }
    }
}
