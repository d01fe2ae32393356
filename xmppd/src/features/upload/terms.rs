//! What the site allows to be shared, and how it is called in URLs.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

/// What there is when nobody says what it is (XEP-0363 §7).
pub(super) const OCTETS: &str = "application/octet-stream";

/// The site's terms.
#[derive(Clone, Debug)]
pub struct Terms {
    /// What all URLs begin with, up to and with a slash.
    pub base: String,
    /// The most that one file may have.
    pub file_bytes: u64,
    /// The most that one account's files may have together.
    pub account_bytes: u64,
    /// The most that all files may have together.
    pub all_bytes: u64,
    /// What may be shared.
    pub types: Vec<MediaRange>,
    /// After so many days a file is erased.
    pub days: u32,
}

/// One media type, or all of one kind, such as `image/*` (RFC 9110 §12.5.1).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String")]
pub struct MediaRange(String);

impl Terms {
    /// The most that any one file can have.
    pub fn most_bytes(&self) -> u64 {
        self.file_bytes.min(self.account_bytes).min(self.all_bytes)
    }

    /// How long a file is kept.
    pub fn lifetime(&self) -> time::Duration {
        time::Duration::days(self.days.into())
    }
}

impl MediaRange {
    /// Whether it holds a media type, which is as [`media_type`] makes it.
    pub fn contains(&self, media_type: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(kind) => media_type.starts_with(kind),
            None => self.0 == media_type,
        }
    }
}

impl TryFrom<String> for MediaRange {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_kind = text.strip_suffix("/*").is_some_and(is_token);
        if is_kind || media_type(&text).is_some_and(|plain| plain == text) {
            Ok(Self(text))
        } else {
            Err(format!("`{text}` is not a media type\nwrite `image/png`, or `image/*` for all images"))
        }
    }
}

/// A media type in lower case and without its parameters; `None` for what is none.
pub fn media_type(text: &str) -> Option<String> {
    let plain = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (kind, part) = plain.split_once('/')?;
    (is_token(kind) && is_token(part)).then_some(plain)
}

/// RFC 6838 §4.2.
fn is_token(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "!#$&-^_.+".contains(c);
    (1..=127).contains(&text.len()) && text.chars().all(is_plain)
}

/// The name of a file as part of a path (RFC 3986 §2.3), and as a parameter of a header (RFC 8187 §3.2).
pub fn encoded(name: &str) -> String {
    name.bytes().fold(String::with_capacity(name.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(byte.into());
        } else {
            write!(encoded, "%{byte:02X}").expect("a string takes everything");
        }
        encoded
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_kind_holds_all_its_types() {
        let range = |text: &str| MediaRange::try_from(text.to_owned()).unwrap();
        assert!(range("image/*").contains("image/png") && range("image/png").contains("image/png"));
        assert!(!range("image/*").contains("imagery/png") && !range("image/png").contains("image/png2"));
        for none in ["image", "*/*", "image/", "/png", "Image/png", "image/png; q=1", "im*/png"] {
            assert!(MediaRange::try_from(none.to_owned()).is_err(), "{none}");
        }
    }

    #[test]
    fn a_media_type_is_a_plain_one() {
        assert_eq!(media_type("Text/Plain; charset=utf-8").as_deref(), Some("text/plain"));
        for none in ["", "text", "text/", "text/html\r\nX: y", "text/<b>", "a/b/c"] {
            assert_eq!(media_type(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_name_stays_within_its_segment() {
        assert_eq!(encoded("../a b/ü.png?x"), "..%2Fa%20b%2F%C3%BC.png%3Fx");
    }
}
