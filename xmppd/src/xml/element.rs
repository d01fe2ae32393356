//! One top-level element: the bytes as they came, and where its parts are in them.

use std::{borrow::Cow, fmt, sync::Arc};

use bytes::Bytes;
use smallvec::SmallVec;

use super::{
    Span,
    chars::{self, Place},
    scope::{self, Declarations, Namespace},
    tag::{Attribute, Name, Tag},
};

/// A complete element of a stream, checked; or the stream header, which is a start tag alone.
pub struct Element {
    bytes: Bytes,
    parts: Box<Parts>,
    outer: Arc<Declarations>,
    outer_used: u64,
}

/// Where everything is. It stays in one place while the element is handed on.
#[derive(Debug)]
pub(super) struct Parts {
    name: Name,
    namespace: Namespace,
    attributes: SmallVec<[Attribute; 6]>,
    close: usize,
    children: SmallVec<[Child; 3]>,
}

/// What one of the direct children of an [`Element`] is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child {
    pub(super) local: Span,
    pub(super) namespace: Namespace,
}

/// Never the content: that is private to those who chat.
impl fmt::Debug for Element {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Element({}, {} bytes)", self.name(), self.bytes.len())
    }
}

impl Parts {
    pub(super) fn new(tag: Tag, namespace: Namespace) -> Self {
        Self {
            name: tag.name,
            namespace,
            attributes: tag.attributes,
            close: tag.close,
            children: SmallVec::new(),
        }
    }

    pub(super) fn children_mut(&mut self) -> &mut SmallVec<[Child; 3]> {
        &mut self.children
    }
}

impl Element {
    pub(super) fn new(parts: Box<Parts>, bytes: Bytes, outer: Arc<Declarations>, outer_used: u64) -> Self {
        Self { bytes, parts, outer, outer_used }
    }

    /// The name without its prefix.
    pub fn name(&self) -> &str {
        self.parts.name.local.text(&self.bytes)
    }

    /// The name as its tags have it, with the prefix.
    pub fn qualified_name(&self) -> &str {
        self.parts.name.whole.text(&self.bytes)
    }

    /// The name's namespace; empty for none.
    pub fn namespace(&self) -> Cow<'_, str> {
        self.parts.namespace.name(&self.bytes, &self.outer)
    }

    /// Whether it is the element `name` of `namespace`.
    pub fn is(&self, name: &str, namespace: &str) -> bool {
        self.parts.name.local.of(&self.bytes) == name.as_bytes() && self.namespace() == namespace
    }

    /// What the attribute of that name, prefix included, says.
    pub fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        let is_it = |one: &&Attribute| one.name.whole.of(&self.bytes) == name.as_bytes();
        let found = self.parts.attributes.iter().find(is_it)?;
        Some(chars::decode(found.value.text(&self.bytes), Place::Value))
    }

    /// Every attribute, declarations of namespaces included: name, undecoded value, and both together as they
    /// came.
    pub fn raw_attributes(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let read = |span: Span| span.text(&self.bytes);
        self.parts
            .attributes
            .iter()
            .map(move |one| (read(one.name.whole), read(one.value), read(one.whole())))
    }

    /// How many direct children there are.
    pub fn child_count(&self) -> usize {
        self.parts.children.len()
    }

    /// The local name and namespace of each direct child.
    pub fn children(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.parts
            .children
            .iter()
            .map(|child| (child.local.text(&self.bytes), child.namespace.name(&self.bytes, &self.outer)))
    }

    /// Whether there is a direct child `name` of `namespace`.
    pub fn has_child(&self, name: &str, namespace: &str) -> bool {
        let is_it = |child: &Child| child.namespace.name(&self.bytes, &self.outer) == namespace;
        self.parts.children.iter().any(|child| child.local.of(&self.bytes) == name.as_bytes() && is_it(child))
    }

    /// Everything, as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// From the `>` or `/>` of the first tag to the end, as it came: what to put behind a head of one's own.
    pub fn tail(&self) -> Bytes {
        self.bytes.slice(self.parts.close..)
    }

    /// The prefixes declared by the stream header that occur within, with their namespaces: what a head of
    /// one's own has to declare again, because other streams do not.
    pub fn borrowed_prefixes(&self) -> impl Iterator<Item = (&str, &str)> {
        let used = self.outer_used;
        self.outer.iter().enumerate().filter(move |(index, _)| used >> index & 1 == 1).map(|(_, pair)| pair)
    }

    /// What the stream header declared.
    pub fn outer(&self) -> &Declarations {
        &self.outer
    }
}

/// The prefix that an attribute declares, for those who walk over tags.
pub(super) fn declared<'a>(attribute: &Attribute, buffer: &'a [u8]) -> Option<(&'a str, Cow<'a, str>)> {
    let prefix = scope::declared_prefix(attribute.name, buffer)?;
    Some((prefix.text(buffer), chars::decode(attribute.value.text(buffer), Place::Value)))
}
