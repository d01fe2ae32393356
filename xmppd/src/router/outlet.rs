//! The way out to one session: what the server sends it, and what may become of that on the way.

use std::sync::Arc;

use super::Session;
use crate::{
    stanza::{Packet, Stamped},
    stream::Context,
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
    },
    /// Who types and who does not, alone: of no use later.
    Passing,
    /// An answer, a push, a request: concerns this session alone.
    Plain,
    /// Presence: a later one of the same address replaces it.
    Presence,
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
        cx.send(self.connection, parcel.packet);
    }

    /// Sends what the server says itself.
    pub(crate) fn say(&self, text: String, cx: &mut Context<'_>) {
        self.send(Parcel::plain(Packet::from_iter([text.into()])), cx);
    }

    /// Sends somebody's presence, addressed to this session's bare address.
    pub(crate) fn see(&self, presence: &Stamped, cx: &mut Context<'_>) {
        self.send(Parcel::presence(presence.to(&self.bare)), cx);
    }
}
