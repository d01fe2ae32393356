//! Where a tag, a text or a CDATA section ends, found without reading a byte twice however small the pieces
//! in which the stream arrives.

use memchr::{memchr, memchr3, memmem};

use super::{Span, XmlError};

/// A piece of XML, whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lexeme {
    /// Inside of `<![CDATA[` and `]]>`.
    Cdata(Span),
    /// From `<?` to `?>`.
    Declaration(Span),
    /// From `<` to `>`.
    Tag(Span),
    /// Up to the next `<`; never empty.
    Text(Span),
}

/// The place in a growing buffer up to which lexemes have been taken, and searched.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lexer {
    /// Where the next lexeme starts.
    pub at: usize,
    searched: usize,
    quote: Option<u8>,
}

const CDATA: &[u8] = b"<![CDATA[";

impl Lexer {
    /// The next whole lexeme, or `None` until more bytes are there.
    pub fn next(&mut self, buffer: &[u8]) -> Result<Option<Lexeme>, XmlError> {
        let Some(&first) = buffer.get(self.at) else { return Ok(None) };
        self.searched = self.searched.max(self.at);
        if first != b'<' {
            return Ok(self.text(buffer));
        }
        match buffer.get(self.at + 1) {
            None => Ok(None),
            Some(b'?') => Ok(self.until(buffer, b"?>").map(Lexeme::Declaration)),
            Some(b'!') => self.cdata(buffer),
            Some(_) => Ok(self.tag(buffer)),
        }
    }

    fn text(&mut self, buffer: &[u8]) -> Option<Lexeme> {
        match memchr(b'<', &buffer[self.searched..]) {
            None => {
                self.searched = buffer.len();
                None
            }
            Some(offset) => Some(Lexeme::Text(self.take(self.searched + offset))),
        }
    }

    fn tag(&mut self, buffer: &[u8]) -> Option<Lexeme> {
        loop {
            let rest = &buffer[self.searched..];
            let found = match self.quote {
                Some(quote) => memchr(quote, rest),
                None => memchr3(b'>', b'"', b'\'', rest),
            };
            let Some(offset) = found else {
                self.searched = buffer.len();
                return None;
            };
            self.searched += offset + 1;
            match (self.quote.take(), rest[offset]) {
                (None, b'>') => return Some(Lexeme::Tag(self.take(self.searched))),
                (None, quote) => self.quote = Some(quote),
                (Some(_), _) => {}
            }
        }
    }

    /// RFC 6120 §11.1: comments and document types are refused as soon as they are seen.
    fn cdata(&mut self, buffer: &[u8]) -> Result<Option<Lexeme>, XmlError> {
        let seen = &buffer[self.at..];
        let compared = seen.len().min(CDATA.len());
        if seen[..compared] != CDATA[..compared] {
            return Err(XmlError::Restricted);
        }
        if compared < CDATA.len() {
            return Ok(None);
        }
        self.searched = self.searched.max(self.at + CDATA.len());
        let whole = self.until(buffer, b"]]>");
        Ok(whole.map(|whole| Lexeme::Cdata(Span::new(whole.start() + CDATA.len(), whole.end() - 3))))
    }

    /// Up to and with `end`, or `None` until it is there.
    fn until(&mut self, buffer: &[u8], end: &[u8]) -> Option<Span> {
        let Some(offset) = memmem::find(&buffer[self.searched..], end) else {
            self.searched = self.searched.max((buffer.len() + 1).saturating_sub(end.len()));
            return None;
        };
        Some(self.take(self.searched + offset + end.len()))
    }

    fn take(&mut self, end: usize) -> Span {
        let taken = Span::new(self.at, end);
        *self = Self { at: end, searched: end, quote: None };
        taken
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests {
    use super::*;

    fn lex(text: &str) -> Vec<Lexeme> {
        let mut lexer = Lexer::default();
        std::iter::from_fn(|| lexer.next(text.as_bytes()).unwrap()).collect()
    }

    #[test]
    fn quotes_hide_the_end_of_a_tag() {
        assert_eq!(
            lex("<a b='>\"' c=\">'\">t<"),
            [Lexeme::Tag(Span::new(0, 17)), Lexeme::Text(Span::new(17, 18))]
        );
    }

    #[test]
    fn a_cdata_section_ends_at_its_first_end() {
        assert_eq!(lex("<![CDATA[<a>]]]>"), [Lexeme::Cdata(Span::new(9, 13))]);
        assert_eq!(lex("<![CDATA[]]>"), [Lexeme::Cdata(Span::new(9, 9))]);
    }

    #[test]
    fn comments_and_document_types_are_refused_at_their_first_byte() {
        for text in ["<!-", "<!D", "<![I"] {
            assert_eq!(Lexer::default().next(text.as_bytes()), Err(XmlError::Restricted), "{text}");
        }
        assert_eq!(Lexer::default().next(b"<![CD"), Ok(None));
    }
}
