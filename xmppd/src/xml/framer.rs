//! Bytes of a stream in; its header, its top-level elements and its end out.

use std::{mem, sync::Arc};

use bytes::{Buf, BytesMut};

use super::{
    Limits, Span, XmlError,
    chars::{self, Place},
    element::{Child, Element, Parts},
    lexer::{Lexeme, Lexer},
    scope::{Declarations, Scope},
    tag::{self, Form, Tag},
};

/// What a stream is made of (RFC 6120 §4.1).
#[derive(Debug)]
pub enum Frame {
    /// A first-level child of the stream: a stanza, or a step of negotiation.
    Element(Element),
    /// The closing tag of the stream.
    End,
    /// The opening tag of the stream.
    Header(Element),
}

/// One direction of one stream.
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    lexer: Lexer,
    phase: Phase,
    /// Whether each element comes as a document of its own, without a header before them all.
    is_headless: bool,
    outer: Arc<Declarations>,
    stream_name: Box<str>,
    partial: Option<Partial>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    /// Nothing yet: an XML declaration may come.
    Start,
    /// The header is next.
    Header,
    /// Elements, or the end.
    Content,
    /// The header was an empty element: the end is next.
    Closing,
    /// Over. What still comes is dropped.
    Ended,
}

/// A top-level element of which more is to come.
#[derive(Debug)]
struct Partial {
    parts: Box<Parts>,
    scope: Scope,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    name: Span,
    scope: usize,
}

impl Framer {
    /// Ready for the first byte of a stream.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            lexer: Lexer::default(),
            phase: Phase::Start,
            is_headless: false,
            outer: Arc::default(),
            stream_name: Box::default(),
            partial: None,
        }
    }

    /// For [`Framer::document`] alone.
    pub fn of_documents(limits: Limits) -> Self {
        Self { is_headless: true, ..Self::new(limits) }
    }

    /// The one element of a document, which declares for itself all that it uses (RFC 7395 §3.3.3).
    pub fn document(&mut self, mut text: BytesMut) -> Result<Element, XmlError> {
        self.phase = Phase::Start;
        match self.next(&mut text)? {
            Some(Frame::Element(element)) if text.iter().all(|&byte| chars::is_space(byte)) => Ok(element),
            _ => Err(XmlError::NotWellFormed),
        }
    }

    /// How many bytes the next element may have.
    pub fn most_bytes(&self) -> usize {
        self.limits.bytes
    }

    /// Sets the limits that hold from the next element on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The next frame, taken out of the front of `buffer`; `None` until more bytes are there.
    ///
    /// How the bytes are cut into pieces makes no difference to what comes out, errors included.
    pub fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame>, XmlError> {
        loop {
            match self.phase {
                Phase::Ended => {
                    buffer.clear();
                    return Ok(None);
                }
                Phase::Closing => {
                    self.phase = Phase::Ended;
                    return Ok(Some(Frame::End));
                }
                Phase::Start | Phase::Header | Phase::Content => {}
            }
            if self.partial.is_none() && self.lexer.at == 0 {
                skip_space(buffer)?;
            }
            let lexeme = self.lexer.next(buffer)?;
            let needed = if lexeme.is_some() { self.lexer.at } else { buffer.len() };
            if needed > self.limits.bytes {
                return Err(XmlError::TooBig);
            }
            let Some(lexeme) = lexeme else { return Ok(None) };
            if let Some(frame) = self.take(lexeme, buffer)? {
                return Ok(Some(frame));
            }
        }
    }

    fn take(&mut self, lexeme: Lexeme, buffer: &mut BytesMut) -> Result<Option<Frame>, XmlError> {
        match lexeme {
            Lexeme::Tag(span) => {
                let tag = Tag::parse(utf8(span, buffer)?, span.start(), self.limits.attributes)?;
                if self.partial.is_some() { self.inner(&tag, buffer) } else { self.outermost(tag, buffer) }
            }
            Lexeme::Declaration(span) if self.phase == Phase::Start => {
                tag::check_declaration(utf8(span, buffer)?)?;
                self.phase = Phase::Header;
                self.consume(buffer);
                Ok(None)
            }
            Lexeme::Declaration(_) => Err(XmlError::Restricted),
            Lexeme::Text(_) | Lexeme::Cdata(_) if self.partial.is_none() => Err(XmlError::StrayText),
            Lexeme::Text(span) => chars::check(utf8(span, buffer)?, Place::Text).map(|()| None),
            Lexeme::Cdata(span) => chars::check(utf8(span, buffer)?, Place::Cdata).map(|()| None),
        }
    }

    /// A tag outside of any top-level element.
    fn outermost(&mut self, tag: Tag, buffer: &mut BytesMut) -> Result<Option<Frame>, XmlError> {
        if tag.form == Form::End {
            return self.end(&tag, buffer);
        }
        let mut scope = Scope::default();
        let namespace = scope.enter(&tag, buffer, &self.outer)?;
        let (form, name) = (tag.form, tag.name.whole);
        let parts = Box::new(Parts::new(tag, namespace));
        if self.phase != Phase::Content && !self.is_headless {
            self.phase = if form == Form::Empty { Phase::Closing } else { Phase::Content };
            self.stream_name = name.text(buffer).into();
            let used = scope.outer_used;
            let outer = Arc::new(scope.into_declarations(buffer)?);
            self.outer = Arc::clone(&outer);
            return Ok(Some(Frame::Header(Element::new(parts, self.consume(buffer), outer, used))));
        }
        if form == Form::Empty {
            return Ok(Some(self.complete(parts, &scope, buffer)));
        }
        self.partial = Some(Partial { parts, scope, open: vec![Open { name, scope: 0 }] });
        Ok(None)
    }

    /// A tag within a top-level element.
    fn inner(&mut self, tag: &Tag, buffer: &mut BytesMut) -> Result<Option<Frame>, XmlError> {
        let partial = self.partial.as_mut().expect("the caller looked");
        if tag.form != Form::End {
            return partial.enter(tag, buffer, &self.outer, self.limits).map(|()| None);
        }
        if !partial.leave(tag, buffer)? {
            return Ok(None);
        }
        let whole = self.partial.take().expect("the caller looked");
        Ok(Some(self.complete(whole.parts, &whole.scope, buffer)))
    }

    fn end(&mut self, tag: &Tag, buffer: &mut BytesMut) -> Result<Option<Frame>, XmlError> {
        if self.phase != Phase::Content || tag.name.whole.text(buffer) != &*self.stream_name {
            return Err(XmlError::NotWellFormed);
        }
        self.phase = Phase::Ended;
        self.consume(buffer);
        Ok(Some(Frame::End))
    }

    fn complete(&mut self, parts: Box<Parts>, scope: &Scope, buffer: &mut BytesMut) -> Frame {
        let bytes = self.consume(buffer);
        Frame::Element(Element::new(parts, bytes, Arc::clone(&self.outer), scope.outer_used))
    }

    /// Takes what the lexer has been over out of the buffer.
    fn consume(&mut self, buffer: &mut BytesMut) -> bytes::Bytes {
        let taken = mem::take(&mut self.lexer).at;
        buffer.split_to(taken).freeze()
    }
}

impl Partial {
    fn enter(
        &mut self,
        tag: &Tag,
        buffer: &[u8],
        outer: &Declarations,
        limits: Limits,
    ) -> Result<(), XmlError> {
        if self.open.len() >= limits.depth {
            return Err(XmlError::TooDeep);
        }
        let mark = self.scope.mark();
        let namespace = self.scope.enter(tag, buffer, outer)?;
        if self.open.len() == 1 {
            self.parts.children_mut().push(Child { local: tag.name.local, namespace });
        }
        match tag.form {
            Form::Empty => self.scope.leave(mark),
            _ => self.open.push(Open { name: tag.name.whole, scope: mark }),
        }
        Ok(())
    }

    /// Whether that was the end of it all.
    fn leave(&mut self, tag: &Tag, buffer: &[u8]) -> Result<bool, XmlError> {
        let open = self.open.pop().expect("a partial element has at least itself open");
        if open.name.of(buffer) != tag.name.whole.of(buffer) {
            return Err(XmlError::NotWellFormed);
        }
        self.scope.leave(open.scope);
        Ok(self.open.is_empty())
    }
}

/// White space between top-level elements keeps a connection alive (RFC 6120 §4.6.1), and is dropped.
fn skip_space(buffer: &mut BytesMut) -> Result<(), XmlError> {
    let space = buffer.iter().take_while(|&&byte| chars::is_space(byte)).count();
    buffer.advance(space);
    match buffer.first() {
        None | Some(b'<') => Ok(()),
        Some(_) => Err(XmlError::StrayText),
    }
}

fn utf8(span: Span, buffer: &[u8]) -> Result<&str, XmlError> {
    std::str::from_utf8(span.of(buffer)).map_err(|_| XmlError::NotWellFormed)
}

#[cfg(test)]
mod tests;
