//! Text into XML.

use std::fmt;

/// Displays text so that it may stand between tags and in attribute values. Characters that XML cannot hold
/// are left out.
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut plain_from = 0;
        for (at, character) in self.0.char_indices() {
            let replacement = match character {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '\'' => "&apos;",
                '"' => "&quot;",
                '\t' => "&#9;",
                '\n' => "&#10;",
                '\r' => "&#13;",
                other if !super::chars::is_legal(other) => "",
                _ => continue,
            };
            formatter.write_str(&self.0[plain_from..at])?;
            formatter.write_str(replacement)?;
            plain_from = at + character.len_utf8();
        }
        formatter.write_str(&self.0[plain_from..])
    }
}

#[cfg(test)]
mod tests {
    use super::Escaped;

    #[test]
    fn nothing_breaks_out() {
        assert_eq!(Escaped("a'b\"<c>&\n\u{0}é").to_string(), "a&apos;b&quot;&lt;c&gt;&amp;&#10;é");
    }
}
