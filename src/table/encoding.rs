//! The text of a file, whatever marks a spreadsheet put before it.

use crate::error::{Error, Result};

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A text whose separator is known.
#[derive(Debug, PartialEq)]
pub(super) struct Text<'a> {
    /// The lines, from that of the columns' names on.
    pub(super) body: &'a str,
    /// What stands between two fields.
    pub(super) separator: u8,
    /// How many lines of the file stand before.
    pub(super) lines_before: u64,
}

/// The text of a file, which has to be UTF-8: others cannot be told from each other, and names would be garbled.
pub(super) fn decode<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str> {
    let refused = |what: String| {
        Err(Error::configuration(
            what,
            "save it as UTF-8: in LibreOffice by `Save as`, `Text CSV`, `Edit filter settings`, character set \
             `Unicode (UTF-8)`; in Excel as `CSV UTF-8 (Comma delimited)`",
        ))
    };
    if bytes.starts_with(b"PK\x03\x04") {
        return refused(format!("`{name}` is a spreadsheet, not a list as CSV"));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0) {
        return refused(format!("`{name}` is not in UTF-8, but seems to be in UTF-16"));
    }
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.trim_start_matches(BYTE_ORDER_MARK)),
        Err(error) => {
            let line = 1 + memchr::memchr_iter(b'\n', &bytes[..error.valid_up_to()]).count();
            refused(format!(
                "{name}:{line}: this is not in UTF-8; an older encoding such as Latin-1, perhaps"
            ))
        }
    }
}

/// Finds what separates the fields: what Excel's line `sep=;` says, or what is there most often in the first line.
pub(super) fn separated(text: &str) -> Text<'_> {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    if let Some(said) = first.trim_end().strip_prefix("sep=")
        && let &[separator] = said.as_bytes()
    {
        return Text { body: rest, separator, lines_before: 1 };
    }
    let often = |separator: u8| unquoted(first).filter(|byte| *byte == separator).count();
    // Of equals the last is taken.
    let separator = [b'\t', b';', b','].into_iter().max_by_key(|separator| often(*separator));
    Text { body: text, separator: separator.unwrap_or(b','), lines_before: 0 }
}

fn unquoted(line: &str) -> impl Iterator<Item = u8> {
    line.split('"').step_by(2).flat_map(str::bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_seen_in_the_first_line() {
        for (text, separator) in [
            ("name", b','),
            ("name,class\nx;y;z,4a", b','),
            ("name;\"Kind, and more, of it\";class\r\n", b';'),
            ("name\tclass", b'\t'),
        ] {
            assert_eq!(separated(text), Text { body: text, separator, lines_before: 0 });
        }
        let told = Text { body: "name;class\r\n", separator: b';', lines_before: 1 };
        assert_eq!(separated("sep=;\r\nname;class\r\n"), told);
    }

    #[test]
    fn a_mark_before_the_text_is_no_part_of_it() {
        assert_eq!(decode("x.csv", "\u{feff}name".as_bytes()).expect("it is UTF-8"), "name");
    }

    #[test]
    fn other_encodings_are_refused_with_what_to_do() {
        for (bytes, why) in [
            (&b"name\nZo\xeb"[..], "x.csv:2: this is not in UTF-8"),
            (b"\xff\xfen\0a\0", "seems to be in UTF-16"),
            (b"n\0a\0", "seems to be in UTF-16"),
            (b"PK\x03\x04\x14\0", "is a spreadsheet"),
        ] {
            let error = decode("x.csv", bytes).expect_err("refused");
            assert!(error.to_string().contains(why), "{error}");
            assert_eq!(error.exit_code(), 3);
        }
    }
}
