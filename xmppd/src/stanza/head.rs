//! What the first tag of a stanza says, read from the bytes that this server is about to send.

use std::borrow::Cow;

use super::Packet;
use crate::{
    ns,
    xml::{
        Limits,
        chars::{self, Place},
        lexer::{Lexeme, Lexer},
        tag::Tag,
    },
};

/// The head of a stanza that is on its way.
pub struct Head<'a> {
    buffer: &'a [u8],
    tag: Tag,
}

impl<'a> Head<'a> {
    /// Reads the head of a whole stanza.
    pub fn of(stanza: &'a [u8]) -> Option<Self> {
        let Ok(Some(Lexeme::Tag(span))) = Lexer::default().next(stanza) else { return None };
        let text = std::str::from_utf8(span.of(stanza)).ok()?;
        let tag = Tag::parse(text, span.start, Limits::of_bytes(0).attributes + 2).ok()?;
        Some(Self { buffer: stanza, tag })
    }

    /// `iq`, `message` or `presence`.
    pub fn name(&self) -> &'a str {
        self.tag.name.local.text(self.buffer)
    }

    /// What an attribute says.
    pub fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        let mut attributes = self.tag.attributes.iter();
        let found = attributes.find(|attribute| attribute.name.whole.of(self.buffer) == name.as_bytes())?;
        Some(chars::decode(found.value.text(self.buffer), Place::Value))
    }

    /// Of whom it is: an address up to the resource; empty for the server's own word to an account.
    pub fn sender(&self) -> Cow<'a, str> {
        self.attribute("from").unwrap_or_default()
    }

    /// The answer that a request gets which nobody can answer any more, and a message that nobody can keep.
    pub fn unavailable(&self) -> Packet {
        let attribute = |ours, theirs| {
            let value = self.attribute(theirs)?;
            Some(format!(" {ours}='{}'", crate::xml::Escaped(&value)))
        };
        let names = [("id", "id"), ("to", "from"), ("from", "to")];
        let attributes: String = names.iter().filter_map(|(ours, theirs)| attribute(ours, theirs)).collect();
        let (name, condition) = (self.name(), super::StanzaError::ServiceUnavailable);
        let error = format!(
            "<{name} type='error'{attributes}><error type='{}'><{} xmlns='{}'/></error></{name}>",
            condition.kind(),
            condition.condition(),
            ns::STANZA_ERRORS
        );
        Packet::from_iter([error.into()])
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_as_they_are_meant() {
        let stanza = b"<presence id=\" from='nobody'\" from='a@b/it&apos;s &gt; c' type='unavailable'/>";
        let head = Head::of(stanza).unwrap();
        assert_eq!((head.name(), &*head.sender()), ("presence", "a@b/it's > c"));
        assert_eq!(head.attribute("type").as_deref(), Some("unavailable"));
        assert_eq!(head.attribute("to"), None);
    }

    #[test]
    fn what_is_no_stanza_has_no_head() {
        assert!(Head::of(b"").is_none());
        assert!(Head::of(b"<presence from='a@b/c'").is_none());
    }

    #[test]
    fn the_answer_goes_back_with_the_same_id() {
        let stanza = b"<iq from='a@b/c' type='get' id='7' to='d@b/e'><ping xmlns='urn:xmpp:ping'/></iq>";
        let answer = Head::of(stanza).unwrap().unavailable().concat();
        let expected = "<iq type='error' id='7' to='a@b/c' from='d@b/e'><error type='cancel'>\
            <service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>";
        assert_eq!(String::from_utf8(answer).unwrap(), expected);
    }
}
