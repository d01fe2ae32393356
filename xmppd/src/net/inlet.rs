//! What has been read from one connection, taken apart as far as it is whole.

use bytes::{Bytes, BytesMut};

use super::web::websocket::{Event, Incoming, Violation};
use crate::stream::{Batch, Stream};

/// The bytes that wait to be digested.
#[derive(Default)]
pub(super) struct Inlet {
    buffer: BytesMut,
    /// What unwraps them first, if they come through a WebSocket.
    socket: Option<Incoming>,
}

/// Something whole.
pub(super) enum Arrived {
    /// For the stream.
    Batch(Batch),
    /// The peer closes its WebSocket.
    Close,
    /// The peer wants this back.
    Ping(Bytes),
    /// The peer does not keep to RFC 6455.
    Violation(Violation),
}

impl Inlet {
    /// Of a WebSocket, with what the peer sent behind its handshake.
    pub(super) fn of_websocket(buffer: BytesMut) -> Self {
        Self { buffer, socket: Some(Incoming::default()) }
    }

    /// Where to read into.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// Drops what waits.
    pub(super) fn clear(&mut self) {
        self.buffer = BytesMut::new();
    }

    pub(super) fn is_websocket(&self) -> bool {
        self.socket.is_some()
    }

    /// What is next; `None` until more has been read.
    pub(super) fn next(&mut self, stream: &mut Stream) -> Option<Arrived> {
        let next = match &mut self.socket {
            None => Some(stream.read(&mut self.buffer)).filter(|batch| !batch.is_empty()).map(Arrived::Batch),
            Some(socket) => match socket.next(&mut self.buffer, stream.most_bytes()) {
                Ok(event) => event.map(|event| Arrived::of(event, stream)),
                Err(violation) => Some(Arrived::Violation(violation)),
            },
        };
        if next.is_none() && self.buffer.is_empty() {
            self.clear(); // an idle connection holds no buffers
        }
        next
    }
}

impl Arrived {
    fn of(event: Event, stream: &mut Stream) -> Self {
        match event {
            Event::Close => Self::Close,
            Event::Message(message) => Self::Batch(stream.read_message(message)),
            Event::Ping(payload) => Self::Ping(payload),
        }
    }
}
