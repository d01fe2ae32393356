//! RFC 6455, the server's side of the wire, as RFC 7395 needs it: without sockets.
//!
//! | file | what it holds |
//! |---|---|
//! | `frame` | the heads of frames, read and written; the mask |
//! | `incoming` | bytes of a client in, whole messages out |
//! | `outgoing` | packets as messages that declare their own namespaces |
//!
//! A library would keep buffers of its own for each connection, and have each stanza copied together for each recipient;
//! here an idle connection holds none, and the pieces of a packet stay shared.

mod frame;
mod incoming;
mod outgoing;

pub(in crate::net) use incoming::{Event, Incoming, Violation};
pub(in crate::net) use outgoing::{close, message, pong};
