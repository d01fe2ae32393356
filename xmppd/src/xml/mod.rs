//! Incremental framing of restricted XML (RFC 6120 §11), with limits on size, depth and attributes.
//!
//! | file | what it holds |
//! |---|---|
//! | [`chars`] | which characters, names and references are legal |
//! | [`lexer`] | where a tag, a text or a CDATA section ends, without reading a byte twice |
//! | [`tag`] | one complete tag, taken apart |
//! | [`scope`] | which prefix means which namespace |
//! | [`framer`] | bytes of a stream in, its header, top-level elements and end out |
//! | [`element`] | one top-level element: the bytes as they came, and where its parts are |
//! | `cut` | an element without some of its children |
//! | [`tree`] | an element as a tree, for what the server itself reads |
//! | [`escape`] | text into XML |
//! | [`excerpt`] | a part of an element by itself |
//!
//! What the framer lets through is forwarded byte for byte to other people's clients, so it must be XML that
//! every other parser takes as well: it checks well-formedness and namespaces in full.

pub mod chars;
mod cut;
pub mod element;
pub mod escape;
pub mod excerpt;
pub mod framer;
pub mod lexer;
pub mod scope;
pub mod tag;
pub mod tree;

pub use element::Element;
pub use escape::Escaped;
pub use excerpt::Excerpt;
pub use framer::{Frame, Framer};
pub use tree::Node;

/// What one peer may make the framer hold or walk through.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one top-level element, or of the stream header with its declaration.
    pub bytes: usize,
    /// Elements within each other, the top-level one counted.
    pub depth: usize,
    /// Attributes of one tag, namespace declarations counted.
    pub attributes: usize,
}

impl Limits {
    /// Deeper and wider than any published XEP, too little to hurt.
    pub const fn of_bytes(bytes: usize) -> Self {
        Self { bytes, depth: 64, attributes: 48 }
    }
}

/// Why the framer refuses a stream. There is no way on after one of these.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum XmlError {
    /// It breaks XML 1.0 or Namespaces in XML 1.0.
    #[error("not well-formed")]
    NotWellFormed,
    /// A comment, processing instruction, DTD or entity of one's own (RFC 6120 §11.1).
    #[error("uses XML that RFC 6120 §11.1 forbids")]
    Restricted,
    /// Text between two top-level elements.
    #[error("text outside any stanza")]
    StrayText,
    /// An element is bigger than [`Limits::bytes`], or what it declares is bigger than any use of it.
    #[error("an element exceeds the size limit")]
    TooBig,
    /// Elements are nested beyond [`Limits::depth`].
    #[error("an element exceeds the depth limit")]
    TooDeep,
    /// A tag has more than [`Limits::attributes`].
    #[error("a tag exceeds the limit of attributes")]
    TooManyAttributes,
    /// The XML declaration names an encoding other than UTF-8 (RFC 6120 §11.6).
    #[error("an encoding other than UTF-8")]
    UnsupportedEncoding,
}

/// A part of a buffer. Half as big as a range: an element holds dozens, and is moved from hand to hand.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// From `start` up to, not including, `end`.
    #[expect(clippy::cast_possible_truncation, reason = "no buffer comes near 4 GiB: `Limits` sees to that")]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// The first byte.
    pub const fn start(self) -> usize {
        self.start as usize
    }

    /// The first byte behind.
    pub const fn end(self) -> usize {
        self.end as usize
    }

    /// How many bytes it means.
    pub const fn len(self) -> usize {
        self.end() - self.start()
    }

    /// Whether it means no bytes at all.
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The bytes of `buffer` that it means.
    pub fn of(self, buffer: &[u8]) -> &[u8] {
        &buffer[self.start()..self.end()]
    }

    /// The text that it means.
    ///
    /// # Panics
    /// If the buffer is not UTF-8 there. Spans are only made over text that has been checked.
    pub fn text(self, buffer: &[u8]) -> &str {
        std::str::from_utf8(self.of(buffer)).expect("spans are only made over checked text")
    }
}
