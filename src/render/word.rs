//! Text that means itself wherever it is put.

use std::{fmt, path::Path};

use serde::Serialize;

use crate::error::{Error, Result};

/// A word that needs no quotes in `sh(1)`, `jail.conf(5)`, `pf.conf(5)` or nftables: letters, digits and `_./:-`
/// of ASCII, not starting with `-`. Hence no template quotes, and none can be led astray by a value.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Word(String);

impl Word {
    /// Accepts a word.
    ///
    /// # Errors
    /// [`Error::Configuration`] if it would need quotes.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        let plain = |character: char| character.is_ascii_alphanumeric() || "_./:-".contains(character);
        if text.is_empty() || text.starts_with('-') || !text.chars().all(plain) {
            return Err(Error::configuration(
                format_args!("`{}` cannot stand in a configuration file of the host", text.escape_debug()),
                "use letters, digits, `_`, `.`, `/`, `:` and `-` only, and no `-` at the start",
            ));
        }
        Ok(Self(text))
    }

    /// Accepts the path of a file or a folder.
    ///
    /// # Errors
    /// [`Error::Configuration`] if it would need quotes, or is relative: the host reads these files from anywhere.
    pub fn path(path: &Path) -> Result<Self> {
        if path.is_relative() {
            return Err(Error::configuration(
                format_args!("`{}` is a relative path", path.display()),
                "write it from `/` on",
            ));
        }
        Self::new(path.to_string_lossy())
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Word {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_means_itself() {
        for text in ["vtnet0", "/usr/local/jailbuild/schoolchat", "sha256:9f86", "chat.school.test", "em0.12"]
        {
            assert!(Word::new(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn refuses_what_a_shell_or_a_parser_would_read_more_into() {
        for text in
            ["", "-f", "a b", "a;b", "a\nb", "$x", "`x`", "a\"b", "a'b", "a{b}", "<lan>", "a#b", "é", "a\\b"]
        {
            assert!(Word::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_is_absolute() {
        assert!(Word::path(Path::new("/var/db")).is_ok());
        assert!(Word::path(Path::new("var/db")).is_err());
    }
}
