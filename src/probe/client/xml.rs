//! XML of a stream, element by element.

use rxml::{Event, Parse, Parser, error::EndOrError};

use super::{ClientError, ns};

/// An element with all that is in it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Element {
    /// Its local name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Attributes by local name; prefixed ones are kept by their local name too.
    pub attributes: Vec<(String, String)>,
    /// The elements in it.
    pub children: Vec<Self>,
    /// The text directly in it.
    pub text: String,
}

impl Element {
    /// Whether it has this name and namespace.
    pub fn is(&self, name: &str, namespace: &str) -> bool {
        self.name == name && self.namespace == namespace
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first child with this name and namespace.
    pub fn child(&self, name: &str, namespace: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(name, namespace))
    }

    /// The condition of a stream error, a stanza error or a SASL failure: the name of the child that says it.
    pub fn condition(&self) -> Option<&str> {
        if let Some(error) = self.children.iter().find(|child| child.name == "error") {
            return error.condition();
        }
        let says = |child: &&Self| {
            matches!(child.namespace.as_str(), ns::STREAM_ERROR | ns::STANZA_ERROR | ns::SASL)
                && child.name != "text"
        };
        self.children.iter().find(says).map(|child| child.name.as_str())
    }
}

/// What a stream consists of.
#[derive(Debug, Eq, PartialEq)]
pub enum Frame {
    /// `<stream:stream …>`.
    Header(Element),
    /// A child of the stream.
    Element(Element),
    /// `</stream:stream>`.
    End,
}

/// Takes a stream apart into its frames, however it is cut into packets.
#[derive(Default)]
pub struct Frames {
    parser: Parser,
    pending: Vec<u8>,
    in_stream: bool,
    open: Vec<Element>,
}

impl Frames {
    /// Adds bytes that have come.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// The next frame, as soon as all of it has come.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, ClientError> {
        let pending = std::mem::take(&mut self.pending);
        let mut rest = pending.as_slice();
        let frame = loop {
            match self.parser.parse(&mut rest, false) {
                Ok(Some(event)) => {
                    if let Some(frame) = self.take(event) {
                        break Some(frame);
                    }
                }
                Ok(None) | Err(EndOrError::NeedMoreData) => break None,
                Err(EndOrError::Error(error)) => return Err(ClientError::Garbled(error.to_string())),
            }
        };
        self.pending = rest.to_vec();
        Ok(frame)
    }

    fn take(&mut self, event: Event) -> Option<Frame> {
        match event {
            Event::XmlDeclaration(..) => None,
            Event::StartElement(_, (namespace, name), attributes) => {
                let attributes =
                    attributes.into_iter().map(|((_, name), value)| (name.to_string(), value)).collect();
                let element = Element {
                    name: name.to_string(),
                    namespace: namespace.to_string(),
                    attributes,
                    ..Element::default()
                };
                if !self.in_stream {
                    self.in_stream = true;
                    return Some(Frame::Header(element));
                }
                self.open.push(element);
                None
            }
            Event::Text(_, text) => {
                if let Some(element) = self.open.last_mut() {
                    element.text.push_str(&text);
                }
                None
            }
            Event::EndElement(_) => {
                let Some(element) = self.open.pop() else { return Some(Frame::End) };
                match self.open.last_mut() {
                    Some(parent) => {
                        parent.children.push(element);
                        None
                    }
                    None => Some(Frame::Element(element)),
                }
            }
        }
    }
}

/// Text made safe for use in XML, in attributes too.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\'', "&apos;")
        .replace('"', "&quot;")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;

    const STREAM: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
        xmlns:stream='http://etherx.jabber.org/streams' id='1'><message to='a&amp;b'><body>x<b/>y</body></message>\
        <stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>";

    fn frames(chunk: usize) -> Vec<Frame> {
        let mut frames = Frames::default();
        let mut seen = Vec::new();
        for bytes in STREAM.as_bytes().chunks(chunk) {
            frames.feed(bytes);
            while let Some(frame) = frames.next_frame().unwrap() {
                seen.push(frame);
            }
        }
        seen
    }

    #[test]
    fn a_stream_is_taken_apart_the_same_way_however_it_is_cut() {
        let whole = frames(STREAM.len());
        for chunk in [1, 2, 7, 64] {
            assert_eq!(frames(chunk), whole);
        }
        let [Frame::Header(header), Frame::Element(message), Frame::Element(error), Frame::End] = &whole[..]
        else {
            panic!("{whole:?}")
        };
        assert!(header.is("stream", ns::STREAM));
        assert_eq!(message.attribute("to"), Some("a&b"));
        assert_eq!(message.child("body", ns::CLIENT).unwrap().text, "xy");
        assert_eq!(error.condition(), Some("host-unknown"));
    }

    #[test]
    fn what_is_no_xml_is_an_error() {
        let mut frames = Frames::default();
        frames.feed(b"HTTP/1.1 400 Bad Request\r\n\r\n<html>");
        assert!(frames.next_frame().is_err());
    }

    #[test]
    fn the_condition_of_a_stanza_error_is_found_below_error() {
        let mut frames = Frames::default();
        frames.feed(
            b"<s xmlns='jabber:client'><iq type='error'><error><text \
              xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no</text><forbidden \
              xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
        );
        frames.next_frame().unwrap();
        let Some(Frame::Element(iq)) = frames.next_frame().unwrap() else { panic!() };
        assert_eq!(iq.condition(), Some("forbidden"));
    }
}
