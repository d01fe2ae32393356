//! One client's stream: header, STARTTLS, SASL, binding, bound (RFC 6120 §4 to §7), without sockets.
//!
//! | file | what it holds |
//! |---|---|
//! | [`error`] | stream errors (RFC 6120 §4.9) |
//! | [`outbox`] | what is to be done about what came in |
//! | [`host`] | what a stream asks of the server behind it |
//! | [`framing`] | one document, or messages of a WebSocket |
//! | `header` | what the opening tag says |
//! | `state` | the states, and what each does with an element |
//! | `sasl` | authentication: how it is offered, and what comes of it |
//! | `turn` | what each element of a client leads to |
//! | `profile` | the two ways to write that into XML |
//! | `sasl2` | what follows a login of the extensible profile (XEP-0388) |
//! | `inline` | what a client can ask for in the same breath as it logs in |
//! | `fast` | logging in by a token (XEP-0484) |
//! | `bind2` | a resource in the same breath (XEP-0386) |
//! | `binding` | a resource for the one who has proved who they are |
//! | [`management`] | stream management: its words, and resumption in place of binding |
//!
//! The network reads bytes into a buffer; [`Stream::read`] takes whole frames out of it without any lock;
//! [`Stream::handle`] then walks all of them through the states under one.

mod bind2;
mod binding;
pub mod error;
mod fast;
pub mod framing;
mod header;
pub mod host;
mod inline;
pub mod management;
pub mod outbox;
mod profile;
mod sasl;
mod sasl2;
mod state;
mod turn;

use std::net::IpAddr;

use bytes::{Bytes, BytesMut};

pub use error::StreamError;
pub use framing::Framing;
pub use host::Host;
pub use outbox::{Action, ConnectionId, Context, MessageId, Receipt, SessionId, Ticket};

use crate::{
    auth::ChannelBindings,
    jid::Jid,
    ns,
    stanza::{self, Malformed, Stanza},
    xml::{Frame, Framer, Limits},
};
use state::State;

/// The most that somebody may send at once who has not logged in: RFC 6120 §13.12 asks that 10,000 be
/// allowed.
const BYTES_BEFORE_LOGIN: usize = 10_000;
/// How many stanzas are handled under one lock, at most.
const BATCH: usize = 64;

/// Where a connection has got to.
pub struct Stream {
    /// The connection that it runs over.
    pub connection: ConnectionId,
    peer: IpAddr,
    framing: Framing,
    framer: Framer,
    state: State,
    header_sent: bool,
    failures: u8,
    /// Who the client's header says that it is.
    from: Option<Jid>,
    language: Option<String>,
}

/// Frames that arrived together, and what was wrong with the bytes behind them.
#[derive(Debug, Default)]
pub struct Batch {
    arrivals: Vec<Arrival>,
    error: Option<StreamError>,
}

#[derive(Debug)]
enum Arrival {
    /// Part of the negotiation, or what has no place.
    Frame(Frame),
    /// A stanza of one who is bound, parsed before the router is asked for.
    Stanza(Result<Stanza, Box<Malformed>>),
}

/// What the network has to do before it goes on reading.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// The stream is over: send what waits, then close.
    Close,
    /// Nothing.
    Continue,
    /// Hold back what waits, and read nothing, for so long.
    Pause(std::time::Duration),
    /// Send what waits, drop what has been read, and do the TLS handshake.
    StartTls,
}

impl Arrival {
    fn new(frame: Frame, is_bound: bool) -> Self {
        match frame {
            Frame::Element(element) if is_bound && stanza::is_stanza(&element) => {
                Self::Stanza(Stanza::parse(element))
            }
            frame => Self::Frame(frame),
        }
    }
}

impl Batch {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.arrivals.is_empty() && self.error.is_none()
    }
}

impl Stream {
    /// A stream over plain TCP, where nothing is possible but STARTTLS.
    pub fn plain(connection: ConnectionId, peer: IpAddr) -> Self {
        Self::new(connection, peer, Framing::Document, State::plain())
    }

    /// A stream over direct TLS (XEP-0368).
    pub fn direct(connection: ConnectionId, peer: IpAddr, bindings: ChannelBindings) -> Self {
        Self::new(connection, peer, Framing::Document, State::secured(bindings))
    }

    /// A stream over a WebSocket, which runs over TLS (RFC 7395 §3.9).
    pub fn in_messages(connection: ConnectionId, peer: IpAddr, bindings: ChannelBindings) -> Self {
        Self::new(connection, peer, Framing::Messages, State::secured(bindings))
    }

    fn new(connection: ConnectionId, peer: IpAddr, framing: Framing, state: State) -> Self {
        let framer = framing.framer(Limits::of_bytes(BYTES_BEFORE_LOGIN));
        let (from, language) = (None, None);
        Self { connection, peer, framing, framer, state, header_sent: false, failures: 0, from, language }
    }

    /// The handshake after [`Step::StartTls`] is done: RFC 6120 §5.4.3.3, everything starts anew.
    pub fn secured(&mut self, bindings: ChannelBindings) {
        self.restart(State::secured(bindings));
    }

    /// The session, once there is one.
    pub fn session(&self) -> Option<SessionId> {
        self.state.session()
    }

    /// Takes whole frames out of the buffer: one while negotiating, as it may change how to read on; many
    /// later.
    pub fn read(&mut self, buffer: &mut BytesMut) -> Batch {
        let is_bound = self.session().is_some();
        let most = if is_bound { BATCH } else { 1 };
        let mut batch = Batch::default();
        while batch.arrivals.len() < most {
            match self.framer.next(buffer) {
                Ok(Some(frame)) => batch.arrivals.push(Arrival::new(frame, is_bound)),
                Ok(None) => break,
                Err(error) => {
                    batch.error = Some(error.into());
                    break;
                }
            }
        }
        batch
    }

    /// Takes the one element of a message (RFC 7395 §3.3.3).
    pub fn read_message(&mut self, message: BytesMut) -> Batch {
        match self.framer.document(message) {
            Ok(element) => {
                let arrival = Arrival::new(Frame::Element(element), self.session().is_some());
                Batch { arrivals: vec![arrival], error: None }
            }
            Err(error) => Batch { arrivals: Vec::new(), error: Some(error.into()) },
        }
    }

    /// How many bytes the next element may have.
    pub fn most_bytes(&self) -> usize {
        self.framer.most_bytes()
    }

    /// Handles what arrived. Whatever goes wrong, the stream is ended as RFC 6120 §4.9.1 says.
    pub fn handle(&mut self, batch: Batch, host: &mut dyn Host, cx: &mut Context<'_>) -> Step {
        for arrival in batch.arrivals {
            let outcome = match arrival {
                Arrival::Frame(frame) => self.frame(frame, host, cx),
                Arrival::Stanza(stanza) => self.stanza(stanza, host, cx),
            };
            match outcome {
                Ok(Step::Continue) => {}
                Ok(step) => return step,
                Err(error) => return self.fail(error, host, cx),
            }
        }
        match batch.error {
            Some(error) => self.fail(error, host, cx),
            None => Step::Continue,
        }
    }

    /// Ends the stream with an error: with a header of ours before it if none was sent (RFC 6120 §4.9.1.2).
    pub fn fail(&mut self, error: StreamError, host: &mut dyn Host, cx: &mut Context<'_>) -> Step {
        if matches!(self.state, State::Ended) {
            return Step::Close;
        }
        if !self.header_sent {
            let header = self.framing.header(host.domain(), None, cx);
            self.send(header, cx);
        }
        self.send(error.element(), cx);
        self.send(self.framing.footer(), cx);
        match error {
            // Nobody may be there to hear it.
            StreamError::ConnectionTimeout => self.lost(host, cx),
            _ => self.end(host, cx),
        }
    }

    /// The connection is gone, without a word or with nobody to hear one: the client may come back.
    pub fn lost(&mut self, host: &mut dyn Host, cx: &mut Context<'_>) -> Step {
        if let Some(session) = self.session() {
            host.lost(session, self.connection, cx);
        }
        self.state = State::Ended;
        Step::Close
    }

    /// Both sides know that it is over: whoever was here is not any more.
    fn end(&mut self, host: &mut dyn Host, cx: &mut Context<'_>) -> Step {
        if let Some(session) = self.session() {
            host.end(session, self.connection, cx);
        }
        self.state = State::Ended;
        Step::Close
    }

    /// Says that nothing more will come.
    fn close(&mut self, host: &mut dyn Host, cx: &mut Context<'_>) -> Step {
        self.send(self.framing.footer(), cx);
        self.end(host, cx)
    }

    fn frame(
        &mut self,
        frame: Frame,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Result<Step, StreamError> {
        match frame {
            Frame::Element(element)
                if self.framing == Framing::Messages && element.namespace() == ns::FRAMING =>
            {
                self.end_of_stream(&element, host, cx)
            }
            Frame::Element(element) => self.element(&element, host, cx),
            Frame::End => Ok(self.close(host, cx)),
            Frame::Header(header) => self.open(&header, host, cx).map(|()| Step::Continue),
        }
    }

    fn restart(&mut self, state: State) {
        self.framer = self.framing.framer(Limits::of_bytes(BYTES_BEFORE_LOGIN));
        self.header_sent = false;
        self.state = state;
    }

    fn send(&self, text: String, cx: &mut Context<'_>) {
        cx.send(self.connection, smallvec::smallvec![Bytes::from(text)]);
    }
}
