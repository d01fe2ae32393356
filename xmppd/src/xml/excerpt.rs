//! A part of an element by itself: what is kept of a request, as it came, understood without what was around it.

use std::{collections::BTreeSet, fmt::Write};

use bytes::{Bytes, BytesMut};

use super::{
    Element, Escaped, Frame, Framer, Limits, Span,
    lexer::{Lexeme, Lexer},
    scope,
    tag::{Form, Name, Tag},
};

/// A descendant of an element.
pub struct Excerpt<'a> {
    element: &'a Element,
    /// Where it stands in the bytes of the element.
    pub span: Span,
    name_end: usize,
    /// Declarations from around it that it needs.
    borrowed: String,
}

impl<'a> Excerpt<'a> {
    /// The descendant at `path`: its ancestors' places and its own, each among the children of the one before.
    pub fn of(element: &'a Element, path: &[usize]) -> Option<Self> {
        let buffer = &element.bytes()[..];
        let mut walk = Walk { buffer, path, declared: outer(element), open: Vec::new(), found: None };
        let mut lexer = Lexer::default();
        while let Ok(Some(lexeme)) = lexer.next(buffer) {
            if let Lexeme::Tag(span) = lexeme
                && let Some(end) = walk.take(span)
            {
                let found = walk.found?;
                let borrowed = found.borrowed(&walk.declared);
                return Some(Self {
                    element,
                    span: Span::new(found.start, end),
                    name_end: found.name_end,
                    borrowed,
                });
            }
        }
        None
    }

    /// Its text, with every declaration that it needs.
    pub fn text(&self) -> String {
        let (head, tail) =
            (Span::new(self.span.start, self.name_end), Span::new(self.name_end, self.span.end));
        let buffer = self.element.bytes();
        [head.text(buffer), &self.borrowed, tail.text(buffer)].concat()
    }
}

/// An excerpt's text as an element again; `None` for what is none.
pub fn parse(text: &[u8]) -> Option<Element> {
    let mut framer = Framer::new(Limits::of_bytes(usize::MAX));
    let mut buffer = BytesMut::from(&b"<x>"[..]);
    buffer.extend_from_slice(text);
    framer.next(&mut buffer).ok()?;
    match framer.next(&mut buffer) {
        Ok(Some(Frame::Element(element))) => Some(element),
        _ => None,
    }
}

/// A prefix, and its declaration as it stands in a tag.
type Declaration = (String, String);

fn outer(element: &Element) -> Vec<Declaration> {
    let declaration = |(prefix, namespace): (&str, &str)| {
        let colon = if prefix.is_empty() { "" } else { ":" };
        (prefix.to_owned(), format!("xmlns{colon}{prefix}='{}'", Escaped(namespace)))
    };
    element.outer().iter().map(declaration).collect()
}

struct Walk<'a> {
    buffer: &'a [u8],
    path: &'a [usize],
    /// In force around what is looked for, innermost last.
    declared: Vec<Declaration>,
    /// How many children each open element has had so far, and whether it is on the path.
    open: Vec<(usize, bool)>,
    found: Option<Found<'a>>,
}

/// What is looked for, from its first tag on.
struct Found<'a> {
    start: usize,
    name_end: usize,
    depth: usize,
    /// Prefixes that it declares itself.
    own: Vec<&'a str>,
    used: BTreeSet<&'a str>,
}

impl Walk<'_> {
    /// Where the element that is looked for ends, once it does.
    fn take(&mut self, span: Span) -> Option<usize> {
        let tag = Tag::parse(span.text(self.buffer), span.start, usize::MAX).expect("checked when framed");
        if tag.form != Form::End {
            self.open(&tag, span.start);
        }
        if tag.form != Form::Start {
            self.open.pop();
            let is_over = self.found.as_ref().is_some_and(|found| found.depth == self.open.len());
            return is_over.then_some(span.end);
        }
        None
    }

    fn open(&mut self, tag: &Tag, start: usize) {
        let depth = self.open.len();
        let is_on_path = match self.open.last_mut() {
            None => true,
            Some((children, is_on_path)) => {
                *children += 1;
                *is_on_path && self.path.get(depth - 1) == Some(&(*children - 1))
            }
        };
        self.open.push((0, is_on_path));
        if is_on_path && depth == self.path.len() {
            let own = declarations(tag, self.buffer).map(|(prefix, _)| prefix).collect();
            let name_end = tag.name.whole.end;
            self.found = Some(Found { start, name_end, depth, own, used: BTreeSet::new() });
        }
        match &mut self.found {
            Some(found) => found.used.extend(prefixes(tag, self.buffer)),
            None if is_on_path => {
                let declared = declarations(tag, self.buffer);
                self.declared.extend(declared.map(|(prefix, whole)| (prefix.to_owned(), whole.to_owned())));
            }
            None => {}
        }
    }
}

impl Found<'_> {
    fn borrowed(&self, declared: &[Declaration]) -> String {
        let mut borrowed = String::new();
        for prefix in self.used.iter().filter(|prefix| !self.own.contains(prefix) && **prefix != "xml") {
            let around = declared.iter().rev().find(|(declared, _)| declared == prefix);
            let declaration = around.map_or("xmlns=''", |(_, declaration)| declaration);
            // What is declared nowhere around it, is within.
            if around.is_some() || prefix.is_empty() {
                write!(borrowed, " {declaration}").expect("a string takes everything");
            }
        }
        borrowed
    }
}

/// What a tag declares: prefixes, and the whole attributes.
fn declarations<'a>(tag: &Tag, buffer: &'a [u8]) -> impl Iterator<Item = (&'a str, &'a str)> {
    tag.attributes.iter().filter_map(move |attribute| {
        let prefix = scope::declared_prefix(attribute.name, buffer)?;
        Some((prefix.text(buffer), attribute.whole().text(buffer)))
    })
}

/// The prefixes that a tag's names need; the empty one for the default namespace.
fn prefixes<'a>(tag: &Tag, buffer: &'a [u8]) -> impl Iterator<Item = &'a str> {
    let of_attribute = move |name: Name| {
        let prefix = name.prefix().text(buffer);
        (!prefix.is_empty() && scope::declared_prefix(name, buffer).is_none()).then_some(prefix)
    };
    let own = tag.name.prefix().text(buffer);
    std::iter::once(own)
        .chain(tag.attributes.iter().filter_map(move |attribute| of_attribute(attribute.name)))
}

/// An element's bytes without a part of them, and with `addition` in its place.
pub fn replace(bytes: &Bytes, part: Span, addition: &str) -> Bytes {
    [&bytes[..part.start], addition.as_bytes(), &bytes[part.end..]].concat().into()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests {
    use super::*;

    fn element(header: &str, text: &str) -> Element {
        let mut framer = Framer::new(Limits::of_bytes(9999));
        let mut buffer = BytesMut::from(format!("{header}{text}").as_bytes());
        framer.next(&mut buffer).unwrap();
        let Some(Frame::Element(element)) = framer.next(&mut buffer).unwrap() else { panic!("no element") };
        element
    }

    fn excerpt(header: &str, text: &str, path: &[usize]) -> Option<String> {
        Excerpt::of(&element(header, text), path).map(|excerpt| excerpt.text())
    }

    #[test]
    fn it_is_found_by_its_place() {
        let text = "<a><b/>x<c><d/><e>1<f/></e></c></a>";
        assert_eq!(excerpt("<s>", text, &[1, 1]).unwrap(), "<e xmlns=''>1<f/></e>");
        assert_eq!(excerpt("<s>", text, &[0]).unwrap(), "<b xmlns=''/>");
        assert_eq!(excerpt("<s>", text, &[0, 0]), None);
        assert_eq!(excerpt("<s>", text, &[2]), None);
    }

    #[test]
    fn it_declares_what_it_needs_and_no_more() {
        let text = "<a xmlns='urn:a' xmlns:q='urn:q' xmlns:r=\"urn:'r'\"><p:b c='1' r:d='2'><q:e xmlns:q='urn:w'/></p:b></a>";
        assert_eq!(
            excerpt("<s xmlns:p='urn:p'>", text, &[0]).unwrap(),
            "<p:b xmlns:p='urn:p' xmlns:q='urn:q' xmlns:r=\"urn:'r'\" c='1' r:d='2'><q:e xmlns:q='urn:w'/></p:b>"
        );
        assert_eq!(
            excerpt("<s>", "<a xmlns='urn:a'><b xmlns='urn:b'/></a>", &[0]).unwrap(),
            "<b xmlns='urn:b'/>"
        );
        assert_eq!(
            excerpt("<s>", "<a xmlns='urn:a'><b xml:lang='de'/></a>", &[0]).unwrap(),
            "<b xmlns='urn:a' xml:lang='de'/>"
        );
    }

    #[test]
    fn it_is_an_element_again() {
        let text = excerpt("<s xmlns='jabber:client'>", "<a><b/></a>", &[0]).unwrap();
        assert!(parse(text.as_bytes()).unwrap().is("b", "jabber:client"));
        assert!(parse(b"<a>").is_none());
    }
}
