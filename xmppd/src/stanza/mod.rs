//! Message, presence and iq: the header parsed, the payload kept as the bytes that came.
//!
//! | file | what it holds |
//! |---|---|
//! | `kind` | which of the three, and its type |
//! | [`error`] | stanza errors (RFC 6120 §8.3) |
//! | [`head`] | the first tag of what is on its way |
//! | [`payload`] | what a message holds, as far as the server has to know it |
//! | [`stamped`] | a stanza with its sender stamped on, ready for many recipients |
//! | [`reply`] | what the server answers in its own words |
//!
//! None of these types shows content by `Debug` or `Display`.

pub mod error;
pub mod head;
mod kind;
pub mod payload;
pub mod reply;
pub mod stamped;

use std::fmt;

pub use error::{Refusal, StanzaError};
pub use head::Head;
pub use kind::{IqType, Kind, MessageType, PresenceType};
pub use payload::Payload;
pub use stamped::{Packet, Stamped};

use crate::{jid::Jid, ns, xml::Element};

/// A stanza as a client sent it.
pub struct Stanza {
    /// What it is.
    pub kind: Kind,
    /// To whom; `None` where the client left it out.
    pub to: Option<Jid>,
    /// From whom, if the client says so; the server never takes its word for it.
    pub from: Option<Jid>,
    /// All of it.
    pub element: Element,
}

/// A stanza that is answered with an error while the stream goes on.
#[derive(Debug)]
pub struct Malformed {
    /// The stanza as it came.
    pub element: Element,
    /// What is wrong with it.
    pub error: StanzaError,
}

impl fmt::Debug for Stanza {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Stanza({:?})", self.kind)
    }
}

impl Stanza {
    /// Parses the header of an element that [`is_stanza`].
    pub fn parse(element: Element) -> Result<Self, Box<Malformed>> {
        let header = Kind::of(&element).and_then(|kind| {
            let address = |name| element.attribute(name).map(|text| Jid::parse(&text)).transpose();
            let to = address("to").map_err(|_| StanzaError::JidMalformed)?;
            // RFC 6120 §8.1.2.1: what is no address cannot be one's own, and is refused with the stream.
            let from = address("from").unwrap_or_else(|_| Some(nobody()));
            Ok((kind, to, from))
        });
        match header {
            Ok((kind, to, from)) => Ok(Self { kind, to, from, element }),
            Err(error) => Err(Box::new(Malformed { element, error })),
        }
    }
}

/// Whether the element is one of the three stanzas (RFC 6120 §8).
pub fn is_stanza(element: &Element) -> bool {
    matches!(element.name(), "message" | "presence" | "iq") && element.namespace() == ns::CLIENT
}

/// An address that no session has.
fn nobody() -> Jid {
    Jid::parse("invalid").expect("a name of RFC 2606 is an address")
}
