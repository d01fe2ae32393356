//! How a stream lies on the wire: in one document (RFC 6120 §4.1), or in messages of a WebSocket (RFC 7395 §3.3).

use std::fmt::Write;

use super::{Context, StreamError};
use crate::{
    jid::Jid,
    ns,
    xml::{Element, Escaped, Framer, Limits},
};

/// What holds the elements of a stream together.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Framing {
    /// They are children of one element, whose tags open and close the stream.
    #[default]
    Document,
    /// Each is a message of its own, `<open/>` and `<close/>` among them.
    Messages,
}

impl Framing {
    /// What takes their bytes apart.
    pub(super) fn framer(self, limits: Limits) -> Framer {
        match self {
            Self::Document => Framer::new(limits),
            Self::Messages => Framer::of_documents(limits),
        }
    }

    /// Whether a client's header is of this kind.
    pub(super) fn check(self, header: &Element) -> Result<(), StreamError> {
        let (name, namespace) = match self {
            Self::Document => ("stream", ns::STREAMS),
            Self::Messages => ("open", ns::FRAMING),
        };
        if header.name() != name {
            return Err(StreamError::BadFormat);
        }
        // RFC 6120 §4.8.1, §4.8.2: `jabber:server` in place of `jabber:client` ends here.
        let is_client = self == Self::Messages || header.outer().namespace("") == Some(ns::CLIENT);
        if header.namespace() == namespace && is_client { Ok(()) } else { Err(StreamError::InvalidNamespace) }
    }

    /// Our header, with an id that nobody can guess (RFC 6120 §4.7.3).
    pub(super) fn header(self, domain: &str, to: Option<&Jid>, cx: &mut Context<'_>) -> String {
        let (start, end) = match self {
            Self::Document => (
                format!(
                    "<?xml version='1.0'?><stream:stream xmlns='{}' xmlns:stream='{}'",
                    ns::CLIENT,
                    ns::STREAMS
                ),
                ">",
            ),
            Self::Messages => (format!("<open xmlns='{}'", ns::FRAMING), "/>"),
        };
        let id = cx.token();
        let mut header = format!("{start} id='{id}' from='{}' version='1.0' xml:lang='en'", Escaped(domain));
        if let Some(to) = to {
            write!(header, " to='{}'", Escaped(to.as_str())).expect("a string takes everything");
        }
        header.push_str(end);
        header
    }

    /// The end of our side of the stream.
    pub(super) fn footer(self) -> String {
        match self {
            Self::Document => "</stream:stream>".to_owned(),
            Self::Messages => format!("<close xmlns='{}'/>", ns::FRAMING),
        }
    }
}
