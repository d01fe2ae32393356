//! The way out to one session: what the server sends it, and what may become of that on the way.

use std::sync::Arc;

use super::Session;
use crate::{
    features::{
        client_state::Held,
        stream_management::{Management, REQUEST},
    },
    stanza::{Packet, Stamped},
    stream::{Action, ConnectionId, Context, MessageId, StreamError},
};

/// One stanza for a session.
#[derive(Clone)]
pub struct Parcel {
    pub(crate) packet: Packet,
    pub(crate) nature: Nature,
}

/// What may become of a stanza that is on its way to a session.
#[derive(Clone)]
pub enum Nature {
    /// A message: if the session ends before it has it, another resource gets it, or it waits.
    Message {
        /// The account that it is from.
        sender: Arc<str>,
        /// Whether it may wait in the store.
        is_worth_keeping: bool,
        /// Whether the account's resources that want copies of it have them (XEP-0280).
        is_copied: bool,
    },
    /// Who types and who does not, alone: of no use later.
    Passing,
    /// An answer, a push, a request: concerns this session alone.
    Plain,
    /// Presence: a later one of the same address replaces it.
    Presence,
    /// A message that waits in the store until it is acknowledged.
    Waited(MessageId),
}

/// Where the stanzas of a session go.
pub(crate) struct Outlet {
    /// Nowhere for now, while the session waits to be resumed.
    pub(crate) connection: Option<ConnectionId>,
    /// XEP-0198, once it is enabled.
    pub(crate) management: Option<Box<Management>>,
    /// XEP-0352, while nobody looks.
    held: Option<Box<Held>>,
}

impl Parcel {
    /// What concerns one session alone.
    pub fn plain(packet: Packet) -> Self {
        Self { packet, nature: Nature::Plain }
    }

    /// Presence.
    pub fn presence(packet: Packet) -> Self {
        Self { packet, nature: Nature::Presence }
    }
}

impl Session {
    /// Sends one stanza. All that goes to a session goes through here.
    pub(crate) fn send(&self, parcel: Parcel, cx: &mut Context<'_>) {
        self.outlet.borrow_mut().send(parcel, cx);
    }

    /// Sends one stanza, behind those which the store is asked for.
    pub(crate) fn send_in_turn(&mut self, parcel: Parcel, cx: &mut Context<'_>) {
        match &mut self.withheld {
            Some(withheld) => withheld.push(parcel),
            None => self.send(parcel, cx),
        }
    }

    /// Sends what the server says itself.
    pub(crate) fn say(&self, text: String, cx: &mut Context<'_>) {
        self.send(Parcel::plain(Packet::from_iter([text.into()])), cx);
    }

    /// Sends what no later stanza replaces, addressed to this session's bare address.
    pub(crate) fn tell(&self, stamped: &Stamped, cx: &mut Context<'_>) {
        self.send(Parcel::plain(stamped.to(&self.bare)), cx);
    }

    /// Sends somebody's presence, addressed to this session's bare address.
    pub(crate) fn see(&self, presence: &Stamped, cx: &mut Context<'_>) {
        self.send(Parcel::presence(presence.to(&self.bare)), cx);
    }
}

impl Outlet {
    /// Straight to a connection.
    pub(crate) fn new(connection: ConnectionId) -> Self {
        Self { connection: Some(connection), management: None, held: None }
    }

    /// Sends what no management counts: its own words.
    pub(crate) fn utter(&self, text: impl Into<bytes::Bytes>, cx: &mut Context<'_>) {
        if let Some(connection) = self.connection {
            cx.send(connection, Packet::from_iter([text.into()]));
        }
    }

    /// From now on, holds back what can wait.
    pub(crate) fn hold(&mut self) {
        self.held.get_or_insert_default();
    }

    /// Sends what was held back, and holds nothing back any more.
    pub(crate) fn release(&mut self, cx: &mut Context<'_>) {
        let Some(mut held) = self.held.take() else { return };
        for parcel in held.release() {
            self.pass(parcel, cx);
        }
    }

    fn send(&mut self, parcel: Parcel, cx: &mut Context<'_>) {
        let Some(held) = &mut self.held else { return self.pass(parcel, cx) };
        for parcel in held.admit(parcel) {
            self.pass(parcel, cx);
        }
    }

    fn pass(&mut self, parcel: Parcel, cx: &mut Context<'_>) {
        let Some(management) = &mut self.management else {
            if let Some(connection) = self.connection {
                cx.send(connection, parcel.packet);
            }
            return;
        };
        management.keep(parcel.clone(), self.connection.is_some(), cx);
        if let Some(connection) = self.connection {
            cx.send(connection, parcel.packet);
            if management.unacknowledged.is_too_much() {
                cx.outbox.push(Action::Close { connection, error: StreamError::PolicyViolation });
            }
            self.ask(cx);
        }
    }

    /// Whether there is something for the client to acknowledge.
    pub(crate) fn has_outstanding(&self) -> bool {
        self.management.as_ref().is_some_and(|management| management.unacknowledged.is_outstanding())
    }

    /// Asks for an acknowledgement, if it is time to.
    pub(crate) fn ask(&mut self, cx: &mut Context<'_>) {
        if self.management.as_mut().is_some_and(|management| management.asks(cx.instant)) {
            self.utter(REQUEST, cx);
        }
    }

    /// Asks for an acknowledgement now, unless one is owed; `false` if nobody would understand it.
    pub(crate) fn ask_at_once(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(management) = &mut self.management else { return false };
        if management.asks_at_once(cx.instant) {
            self.utter(REQUEST, cx);
        }
        true
    }
}
