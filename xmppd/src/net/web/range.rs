//! RFC 9110 §14: a part of a file, as players ask for it. One part, since nobody asks for more.

use std::ops::Range;

/// What somebody wants of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Wanted {
    /// All of it.
    All,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that there are not.
    Nothing,
}

impl Wanted {
    /// Reads the header, for a file of that many bytes. What is not understood, several parts among it, means all
    /// (RFC 9110 §14.2).
    pub(super) fn parse(header: Option<&str>, length: u64) -> Self {
        let part =
            header.and_then(|header| header.strip_prefix("bytes=")).and_then(|part| part.split_once('-'));
        let Some((first, last)) = part else { return Self::All };
        let range = match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(length),
            (Some(first), None) if last.is_empty() => first..length,
            (None, Some(last)) if first.is_empty() => length.saturating_sub(last)..length,
            _ => return Self::All,
        };
        if range.is_empty() { Self::Nothing } else { Self::Part(range) }
    }
}

/// Digits and nothing else.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_lies_within_the_file() {
        let parts = [
            ("bytes=0-", 0..100),
            ("bytes=0-0", 0..1),
            ("bytes=10-19", 10..20),
            ("bytes=90-1000", 90..100),
            ("bytes=0-18446744073709551615", 0..100),
            ("bytes=-10", 90..100),
            ("bytes=-1000", 0..100),
        ];
        for (header, range) in parts {
            assert_eq!(Wanted::parse(Some(header), 100), Wanted::Part(range), "{header}");
        }
        for header in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(Wanted::parse(Some(header), 100), Wanted::Nothing, "{header}");
        }
    }

    #[test]
    fn what_is_not_understood_means_all() {
        assert_eq!(Wanted::parse(None, 100), Wanted::All);
        for header in
            ["", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,3-4", "bytes=+1-2", "lines=1-2"]
        {
            assert_eq!(Wanted::parse(Some(header), 100), Wanted::All, "{header}");
        }
    }
}
