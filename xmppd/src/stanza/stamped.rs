//! A stanza with its sender stamped on (RFC 6120 §8.1.2.1), ready for many recipients: what all of them get
//! is serialised once and shared, and each costs one reference more.

use std::fmt::Write;

use bytes::Bytes;
use smallvec::{SmallVec, smallvec};

use crate::{
    ns,
    xml::{Element, Escaped},
};

/// What goes to one connection: one element, or the tag that opens or closes its stream, in pieces that others may
/// share.
pub type Packet = SmallVec<[Bytes; 3]>;

/// An address as the end of an attribute: escaped, with the closing quote. Made once for each account and
/// session.
#[derive(Clone)]
pub struct Addressee(Bytes);

impl Addressee {
    /// For `to='…'`.
    pub fn new(address: &str) -> Self {
        Self(format!("{}'", Escaped(address)).into())
    }
}

/// A stanza from somebody, to anybody.
#[derive(Clone)]
pub struct Stamped {
    /// Up to `to='`.
    head: Bytes,
    /// Behind the `to`.
    tail: Bytes,
}

impl Stamped {
    /// Stamps `from` on. The payload and all other attributes stay as they came; prefixes which the sender's
    /// stream declared are declared again. `language` is the sender's stream's, for a stanza that names none
    /// (RFC 6120 §8.1.5).
    pub fn new(element: &Element, from: &str, language: Option<&str>) -> Self {
        let mut head = start_of(element, from, language, &[]);
        head.push_str(" to='");
        Self { head: head.into(), tail: element.tail() }
    }

    /// The same, with other content, and with these attributes in place of those which came.
    pub fn with_content(
        element: &Element,
        from: &str,
        language: Option<&str>,
        replaced: &[(&str, &str)],
        content: &str,
    ) -> Self {
        let mut head = start_of(element, from, language, replaced);
        head.push_str(" to='");
        Self { head: head.into(), tail: format!(">{content}</{}>", element.qualified_name()).into() }
    }

    /// A stanza of the server's own making: the tag's name with its attributes but for `to`, and what follows
    /// them, which is `/>` or `>…</name>`.
    pub fn own(start: &str, tail: impl Into<Bytes>) -> Self {
        Self { head: format!("<{start} to='").into(), tail: tail.into() }
    }

    /// As it stood with one recipient, to be put into an element of another namespace (XEP-0297 §3).
    pub fn forwarded(&self, to: &Addressee) -> Packet {
        let name = self.head.iter().position(|byte| *byte == b' ').unwrap_or(self.head.len());
        let (name, attributes) = self.head.split_at(name);
        let is_prefixed = name.contains(&b':');
        let namespace = if is_prefixed { String::new() } else { format!(" xmlns='{}'", ns::CLIENT) };
        let head = [name, namespace.as_bytes(), attributes].concat();
        smallvec![head.into(), to.0.clone(), self.tail.clone()]
    }

    /// For one recipient.
    pub fn to(&self, to: &Addressee) -> Packet {
        smallvec![self.head.clone(), to.0.clone(), self.tail.clone()]
    }

    /// With `addition` as its last child; a stanza without content stays as it is.
    #[must_use]
    pub fn with_last_child(&self, addition: &str) -> Self {
        let Some(end) = memchr::memmem::rfind(&self.tail, b"</") else { return self.clone() };
        let tail = [&self.tail[..end], addition.as_bytes(), &self.tail[end..]].concat();
        Self { head: self.head.clone(), tail: tail.into() }
    }

    /// How many bytes it has, but for the address.
    #[expect(clippy::len_without_is_empty, reason = "a stanza is never empty")]
    pub fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// What follows the `to`.
    pub fn tail(&self) -> &Bytes {
        &self.tail
    }

    /// The same with something else behind the `to`.
    #[must_use]
    pub fn with_tail(&self, tail: Bytes) -> Self {
        Self { head: self.head.clone(), tail }
    }

    /// The same in memory of its own, for keeping: a payload otherwise holds on to all that was read with it.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self { head: self.head.clone(), tail: Bytes::copy_from_slice(&self.tail) }
    }
}

fn start_of(element: &Element, from: &str, language: Option<&str>, replaced: &[(&str, &str)]) -> String {
    let attributes = attributes_of(element, language, replaced);
    format!("<{} from='{}'{attributes}", element.qualified_name(), Escaped(from))
}

/// The attributes of a stanza but for `from` and `to`, each behind a space, with these in place of those which
/// came.
pub(crate) fn attributes_of(element: &Element, language: Option<&str>, replaced: &[(&str, &str)]) -> String {
    let mut head = String::with_capacity(64);
    let (mut has_language, mut has_default) = (false, false);
    for (name, value, whole) in element.raw_attributes() {
        let is_ours = matches!(name, "from" | "to") || (name == "xmlns" && value == ns::CLIENT);
        if !is_ours && !replaced.iter().any(|(replaced, _)| *replaced == name) {
            head.push(' ');
            head.push_str(whole);
        }
        has_language |= name == "xml:lang";
        has_default |= name == "xmlns" && !is_ours;
    }
    for (name, value) in replaced {
        write!(head, " {name}='{}'", Escaped(value)).expect("a string takes everything");
    }
    for (prefix, namespace) in element.borrowed_prefixes() {
        let is_declared =
            element.raw_attributes().any(|(name, ..)| name.strip_prefix("xmlns:") == Some(prefix));
        if !is_declared {
            write!(head, " xmlns:{prefix}='{}'", Escaped(namespace)).expect("a string takes everything");
        }
    }
    // Whose name has a prefix may stand anywhere, but what is within may lean on the stream's default.
    if element.qualified_name().contains(':') && !has_default {
        write!(head, " xmlns='{}'", ns::CLIENT).expect("a string takes everything");
    }
    if let Some(language) = language.filter(|_| !has_language) {
        write!(head, " xml:lang='{}'", Escaped(language)).expect("a string takes everything");
    }
    head
}

/// A packet as one piece.
pub fn flatten(packet: &Packet) -> Bytes {
    packet.concat().into()
}

/// A kept message with `addition` as its last child; `None` if it has no content at all, and so no end tag.
pub fn with_last_child(message: &Bytes, addition: String) -> Option<Packet> {
    let end_tag = memchr::memmem::rfind(message, b"</")?;
    Some(smallvec![message.slice(..end_tag), addition.into(), message.slice(end_tag..)])
}
