//! Which characters, names and references are legal (XML 1.0 §2.2, §2.3, §4.1; RFC 6120 §11).

use std::borrow::Cow;

use super::XmlError;

/// Where a run of characters stands: text and values differ in what they may hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// Between tags: `]]>` is forbidden.
    Text,
    /// In an attribute's value: `<` is forbidden.
    Value,
    /// In a CDATA section: nothing but the end is special.
    Cdata,
}

/// Checks every character and reference of a run.
pub fn check(text: &str, place: Place) -> Result<(), XmlError> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(offset) = bytes[at..].iter().position(|&byte| SUSPECT[usize::from(byte)]) {
        at += offset;
        match bytes[at] {
            b'&' if place != Place::Cdata => at += reference(&text[at..])?.1,
            b']' if place == Place::Text && bytes[at..].starts_with(b"]]>") => {
                return Err(XmlError::NotWellFormed);
            }
            b'<' if place == Place::Value => return Err(XmlError::NotWellFormed),
            0xef if is_noncharacter(&bytes[at..]) => return Err(XmlError::NotWellFormed),
            b'&' | b']' | b'<' | 0xef => at += 1,
            _control => return Err(XmlError::NotWellFormed),
        }
    }
    Ok(())
}

/// Checks a name without a colon, an `NCName`.
///
/// The fifth edition of XML 1.0 allows far more letters than the fourth, which expat and others still go by.
/// A name that only some clients can read would let one person disconnect another, so only what both editions
/// allow passes: ASCII, Latin, and the large blocks of Han and Hangul. No XEP uses anything but ASCII.
pub fn check_name(name: &str) -> Result<(), XmlError> {
    let mut characters = name.chars();
    let starts_well = characters.next().is_some_and(starts_name);
    if starts_well && characters.all(continues_name) { Ok(()) } else { Err(XmlError::NotWellFormed) }
}

/// Whether an XML document may contain the character at all (XML 1.0 §2.2).
pub fn is_legal(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether the byte is white space (XML 1.0 §2.3).
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// What checked text says: references resolved, line ends normalised (XML 1.0 §2.11, §3.3.3).
pub fn decode(raw: &str, place: Place) -> Cow<'_, str> {
    let is_plain = |byte: &u8| {
        !matches!(byte, b'&' | b'\r') && (place != Place::Value || !matches!(byte, b'\t' | b'\n'))
    };
    if raw.as_bytes().iter().all(is_plain) {
        return Cow::Borrowed(raw);
    }
    let mut decoded = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(next) = rest.chars().next() {
        let (meaning, length) = match next {
            '&' if place != Place::Cdata => reference(rest).unwrap_or(('&', 1)),
            '\r' => {
                (if place == Place::Value { ' ' } else { '\n' }, if rest.starts_with("\r\n") { 2 } else { 1 })
            }
            '\t' | '\n' if place == Place::Value => (' ', 1),
            other => (other, other.len_utf8()),
        };
        decoded.push(meaning);
        rest = &rest[length..];
    }
    Cow::Owned(decoded)
}

/// The character that the reference at the start of `text` means, and how many bytes the reference takes.
fn reference(text: &str) -> Result<(char, usize), XmlError> {
    let end =
        text.bytes().take(LONGEST_REFERENCE).position(|byte| byte == b';').ok_or(XmlError::NotWellFormed)?;
    let meaning = match &text[1..end] {
        "amp" => '&',
        "apos" => '\'',
        "gt" => '>',
        "lt" => '<',
        "quot" => '"',
        name => match name.strip_prefix('#') {
            Some(number) => numeric(number)?,
            None => return Err(check_name(name).map_or_else(|error| error, |()| XmlError::Restricted)),
        },
    };
    Ok((meaning, end + 1))
}

fn numeric(number: &str) -> Result<char, XmlError> {
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(XmlError::NotWellFormed); // `from_str_radix` alone would take a sign
    }
    let code = u32::from_str_radix(digits, radix).map_err(|_| XmlError::NotWellFormed)?;
    char::from_u32(code).filter(|&character| is_legal(character)).ok_or(XmlError::NotWellFormed)
}

/// Nobody pads a reference beyond this; a bound keeps the search for `;` short.
const LONGEST_REFERENCE: usize = 32;

/// The bytes of text that need a second look: all others are legal wherever they stand.
const SUSPECT: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = !matches!(byte, 0x09 | 0x0a | 0x0d);
        byte += 1;
    }
    table[b'&' as usize] = true;
    table[b'<' as usize] = true;
    table[b']' as usize] = true;
    table[0xef] = true; // the first byte of U+FFFE and U+FFFF
    table
};

fn is_noncharacter(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xef\xbf\xbe") || bytes.starts_with(b"\xef\xbf\xbf")
}

fn starts_name(character: char) -> bool {
    matches!(character, 'a'..='z' | 'A'..='Z' | '_'
        | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{131}'
        | '\u{4e00}'..='\u{9fa5}' | '\u{ac00}'..='\u{d7a3}')
}

fn continues_name(character: char) -> bool {
    matches!(character, 'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' | '_' | '\u{b7}')
        || starts_name(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_mean_what_they_say() {
        assert_eq!(decode("&lt;&#x41;&#66;&amp;", Place::Text), "<AB&");
        assert_eq!(decode("a\tb\r\nc&#10;", Place::Value), "a b c\n");
        assert_eq!(decode("&amp;", Place::Cdata), "&amp;");
    }

    #[test]
    fn only_predefined_entities_and_legal_characters_pass() {
        for (text, verdict) in [
            ("plain ünïcode 🦊 ]] >", Ok(())),
            ("&quot;&apos;&#x10FFFF;", Ok(())),
            ("&nbsp;", Err(XmlError::Restricted)),
            ("& ", Err(XmlError::NotWellFormed)),
            ("&#0;", Err(XmlError::NotWellFormed)),
            ("&#+65;", Err(XmlError::NotWellFormed)),
            ("&#xD800;", Err(XmlError::NotWellFormed)),
            ("&#xFFFF;", Err(XmlError::NotWellFormed)),
            ("&#;", Err(XmlError::NotWellFormed)),
            ("\u{b}", Err(XmlError::NotWellFormed)),
            ("\u{fffe}", Err(XmlError::NotWellFormed)),
            ("]]>", Err(XmlError::NotWellFormed)),
        ] {
            assert_eq!(check(text, Place::Text), verdict, "{text:?}");
        }
        assert_eq!(check("a<b", Place::Value), Err(XmlError::NotWellFormed));
        assert_eq!(check("]]>", Place::Value), Ok(()));
    }

    #[test]
    fn names_are_those_of_both_editions() {
        for good in ["a", "_x-1.2", "straße", "名前"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in ["", "1a", "-a", "a:b", "a b", "\u{10000}", "a\u{2070}"] {
            assert_eq!(check_name(bad), Err(XmlError::NotWellFormed), "{bad}");
        }
    }
}
