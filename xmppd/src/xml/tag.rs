//! One complete tag, taken apart and checked against XML 1.0 §3.1.

use smallvec::SmallVec;

use super::{
    Span, XmlError,
    chars::{self, Place},
};

/// A tag, from `<` to `>`. Spans count from the start of the buffer in which the tag stands.
#[derive(Debug)]
pub struct Tag {
    /// Whether it opens, closes, or does both.
    pub form: Form,
    /// The name as it stands there, with its prefix.
    pub name: Name,
    /// In the order in which they stand.
    pub attributes: SmallVec<[Attribute; 6]>,
    /// From the `>` or `/>` on: behind the last attribute.
    pub close: usize,
}

/// Whether a tag opens an element, closes one, or is one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// `<a/>`
    Empty,
    /// `</a>`
    End,
    /// `<a>`
    Start,
}

/// A qualified name (Namespaces in XML §4).
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// With the prefix.
    pub whole: Span,
    /// Without the prefix and the colon.
    pub local: Span,
}

impl Name {
    /// What stands before the colon; empty without one.
    pub fn prefix(self) -> Span {
        let start = self.whole.start();
        Span::new(start, self.local.start().saturating_sub(1).max(start))
    }
}

/// One attribute.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: Name,
    /// Inside the quotes, as it came.
    pub value: Span,
}

impl Attribute {
    /// From the first letter of the name to the closing quote.
    pub fn whole(self) -> Span {
        Span::new(self.name.whole.start(), self.value.end() + 1)
    }
}

impl Tag {
    /// Takes apart `text`, which the lexer found to start at `offset` of the buffer.
    ///
    /// Names, quotes, white space, characters and references are checked; namespaces are not yet.
    pub fn parse(text: &str, offset: usize, most_attributes: usize) -> Result<Self, XmlError> {
        let mut reader = Reader { text, at: 1, offset };
        let closes = reader.take(b'/');
        let name = reader.name()?;
        let mut attributes = SmallVec::new();
        loop {
            let spaced = reader.skip_space();
            match reader.peek() {
                Some(b'>') => {
                    let form = if closes { Form::End } else { Form::Start };
                    return reader.finish(form, name, attributes, 1);
                }
                Some(b'/') if !closes => return reader.finish(Form::Empty, name, attributes, 2),
                Some(_) if spaced && !closes => {}
                _ => return Err(XmlError::NotWellFormed),
            }
            if attributes.len() == most_attributes {
                return Err(XmlError::TooManyAttributes);
            }
            attributes.push(reader.attribute()?);
        }
    }
}

/// The pseudo-attributes of an XML declaration, `<?xml … ?>`, checked to be one that RFC 6120 §11.5 and §11.6
/// allow.
pub fn check_declaration(text: &str) -> Result<(), XmlError> {
    let Some(inner) = text.strip_prefix("<?xml").and_then(|rest| rest.strip_suffix("?>")) else {
        return Err(XmlError::Restricted);
    };
    if !inner.bytes().next().is_some_and(chars::is_space) {
        return Err(XmlError::Restricted); // `<?xml-stylesheet`
    }
    let mut reader = Reader { text: inner, at: 0, offset: 0 };
    let mut expected = ["version", "encoding", "standalone"].iter();
    while reader.skip_space() && reader.peek().is_some() {
        let attribute = reader.attribute()?;
        let name = attribute.name.whole.text(inner.as_bytes());
        let value = attribute.value.text(inner.as_bytes());
        if !expected.any(|expected| *expected == name) {
            return Err(XmlError::NotWellFormed);
        }
        match name {
            "version" if value != "1.0" => return Err(XmlError::NotWellFormed),
            "encoding" if !value.eq_ignore_ascii_case("utf-8") => return Err(XmlError::UnsupportedEncoding),
            "standalone" if !matches!(value, "yes" | "no") => return Err(XmlError::NotWellFormed),
            _ => {}
        }
    }
    let had_version = expected.len() < 3;
    if reader.peek().is_none() && had_version { Ok(()) } else { Err(XmlError::NotWellFormed) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    offset: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn skip_space(&mut self) -> bool {
        let start = self.at;
        while self.peek().is_some_and(chars::is_space) {
            self.at += 1;
        }
        self.at > start
    }

    fn name(&mut self) -> Result<Name, XmlError> {
        let start = self.at;
        let ends_name = |byte: u8| chars::is_space(byte) || matches!(byte, b'>' | b'/' | b'=');
        while self.peek().is_some_and(|byte| !ends_name(byte)) {
            self.at += 1;
        }
        let whole = &self.text[start..self.at];
        let local = match whole.split_once(':') {
            None => start,
            Some((prefix, _)) => {
                chars::check_name(prefix)?;
                start + prefix.len() + 1
            }
        };
        chars::check_name(&self.text[local..self.at])?;
        Ok(Name { whole: self.span(start, self.at), local: self.span(local, self.at) })
    }

    fn attribute(&mut self) -> Result<Attribute, XmlError> {
        let name = self.name()?;
        self.skip_space();
        if !self.take(b'=') {
            return Err(XmlError::NotWellFormed);
        }
        self.skip_space();
        let quote =
            self.peek().filter(|quote| matches!(quote, b'\'' | b'"')).ok_or(XmlError::NotWellFormed)?;
        let start = self.at + 1;
        let length = memchr::memchr(quote, &self.text.as_bytes()[start..]).ok_or(XmlError::NotWellFormed)?;
        chars::check(&self.text[start..start + length], Place::Value)?;
        self.at = start + length + 1;
        Ok(Attribute { name, value: self.span(start, start + length) })
    }

    fn finish(
        self,
        form: Form,
        name: Name,
        attributes: SmallVec<[Attribute; 6]>,
        closing: usize,
    ) -> Result<Tag, XmlError> {
        if self.at + closing != self.text.len() {
            return Err(XmlError::NotWellFormed); // `<a / >`, `<a /b>`
        }
        Ok(Tag { form, name, attributes, close: self.offset + self.at })
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.offset + start, self.offset + end)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests {
    use super::*;

    #[test]
    fn a_tag_comes_apart() {
        let text = "<a:b c='1' xml:d = \"'\"/>";
        let tag = Tag::parse(text, 0, 9).unwrap();
        let read = |span: Span| span.text(text.as_bytes());
        assert_eq!(tag.form, Form::Empty);
        assert_eq!((read(tag.name.prefix()), read(tag.name.local)), ("a", "b"));
        assert_eq!(
            tag.attributes.iter().map(|one| read(one.whole())).collect::<Vec<_>>(),
            ["c='1'", "xml:d = \"'\""]
        );
        assert_eq!(&text[tag.close..], "/>");
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for bad in [
            "<>",
            "< a>",
            "<a b>",
            "<a b=c>",
            "<a b='1'c='2'>",
            "</a b='1'>",
            "</a/>",
            "<a/ >",
            "<a:>",
            "<:a>",
            "<a:b:c>",
            "<a<>",
        ] {
            assert_eq!(Tag::parse(bad, 0, 9).unwrap_err(), XmlError::NotWellFormed, "{bad}");
        }
        assert_eq!(Tag::parse("<a b='' c=''>", 0, 1).unwrap_err(), XmlError::TooManyAttributes);
    }

    #[test]
    fn only_the_xml_declaration_is_a_declaration() {
        for good in ["<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding='utf-8' standalone='yes' ?>"] {
            assert_eq!(check_declaration(good), Ok(()), "{good}");
        }
        for (bad, error) in [
            ("<?xml?>", XmlError::Restricted),
            ("<?xml ?>", XmlError::NotWellFormed),
            ("<?php x?>", XmlError::Restricted),
            ("<?xml-stylesheet a='b'?>", XmlError::Restricted),
            ("<?xml version='1.1'?>", XmlError::NotWellFormed),
            ("<?xml encoding='utf-8' version='1.0'?>", XmlError::NotWellFormed),
            ("<?xml version='1.0' encoding='latin1'?>", XmlError::UnsupportedEncoding),
        ] {
            assert_eq!(check_declaration(bad), Err(error), "{bad}");
        }
    }
}
