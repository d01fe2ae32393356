//! A stanza with its sender stamped on (RFC 6120 §8.1.2.1), ready for many recipients: what all of them get
//! is serialised once and shared, and each costs one reference more.

use std::fmt::Write;

use bytes::{Bytes, BytesMut};
use smallvec::{SmallVec, smallvec};

use super::{Amendment, amendment};
use crate::{
    ns,
    xml::{Element, Escaped, Frame, Framer, Limits},
};

/// What goes to one connection, in pieces that others may share.
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
        Self::amended(element, from, language, &[])
    }

    /// The same, with something taken out of it or put into it.
    pub fn amended(element: &Element, from: &str, language: Option<&str>, amendments: &[Amendment]) -> Self {
        let mut head = String::with_capacity(128);
        write!(head, "<{} from='{}'", element.qualified_name(), Escaped(from))
            .expect("a string takes everything");
        let mut has_language = false;
        for (name, value, whole) in element.raw_attributes() {
            let is_ours = matches!(name, "from" | "to") || (name == "xmlns" && value == ns::CLIENT);
            if !is_ours {
                head.push(' ');
                head.push_str(whole);
            }
            has_language |= name == "xml:lang";
        }
        for (prefix, namespace) in element.borrowed_prefixes() {
            let is_declared =
                element.raw_attributes().any(|(name, ..)| name.strip_prefix("xmlns:") == Some(prefix));
            if !is_declared {
                write!(head, " xmlns:{prefix}='{}'", Escaped(namespace)).expect("a string takes everything");
            }
        }
        if let Some(language) = language.filter(|_| !has_language) {
            write!(head, " xml:lang='{}'", Escaped(language)).expect("a string takes everything");
        }
        head.push_str(" to='");
        Self { head: head.into(), tail: amendment::tail(element, amendments) }
    }

    /// A stanza of the server's own making: the tag's name with its attributes but for `to`, and what follows
    /// them, which is `/>` or `>…</name>`.
    pub fn own(start: &str, tail: impl Into<Bytes>) -> Self {
        Self { head: format!("<{start} to='").into(), tail: tail.into() }
    }

    /// For one recipient.
    pub fn to(&self, to: &Addressee) -> Packet {
        smallvec![self.head.clone(), to.0.clone(), self.tail.clone()]
    }

    /// It as an element again, as if it came from who is named in it.
    pub(crate) fn to_element(&self, to: &Addressee) -> Option<Element> {
        let stream = format!("<stream xmlns='{}'>", ns::CLIENT);
        let mut bytes = BytesMut::from(stream.as_bytes());
        self.to(to).iter().for_each(|piece| bytes.extend_from_slice(piece));
        let mut framer = Framer::new(Limits::of_bytes(bytes.len()));
        while let Ok(Some(frame)) = framer.next(&mut bytes) {
            if let Frame::Element(element) = frame {
                return Some(element);
            }
        }
        None
    }

    /// The same in memory of its own, for keeping: a payload otherwise holds on to all that was read with it.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self { head: self.head.clone(), tail: Bytes::copy_from_slice(&self.tail) }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stamped_is_stamped_again() {
        let to = Addressee::new("b@school.test");
        let stanza =
            Stamped::own("presence id='1' xmlns:x='urn:x' from='a@school.test/r'", "><x:y/></presence>");
        let element = stanza.to_element(&to).expect("a stanza");
        assert!(element.has_child("y", "urn:x"));
        let again = Stamped::new(&element, "c@school.test", Some("en"));
        assert_eq!(
            flatten(&again.to(&to)),
            "<presence from='c@school.test' id='1' xmlns:x='urn:x' xml:lang='en' to='b@school.test'><x:y/></presence>"
        );
    }
}
