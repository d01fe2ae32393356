//! What comes of a stanza to a room: what is to be sent to whom, and who is not there any more; and how that is
//! done.

use std::sync::Arc;

use super::{Sender, occupant::Seat};
use crate::{
    record::Record,
    router::{Nature, Parcel, Router, Session},
    stanza::{Packet, Stamped},
    stream::{Context, SessionId},
};

/// Everything that a room wants done.
#[derive(Default)]
pub(super) struct Mail {
    pub(super) letters: Vec<(SessionId, Parcel)>,
    /// Sessions that have left, or were put out.
    pub(super) departed: Vec<SessionId>,
}

impl Mail {
    /// Something said.
    pub(super) fn say(&mut self, seat: &Seat, message: &Stamped) {
        self.put(seat, message, Nature::Plain);
    }

    /// Who types, alone.
    pub(super) fn hint(&mut self, seat: &Seat, message: &Stamped) {
        self.put(seat, message, Nature::Passing);
    }

    /// Presence.
    pub(super) fn show(&mut self, seat: &Seat, presence: &Stamped) {
        self.put(seat, presence, Nature::Presence);
    }

    fn put(&mut self, seat: &Seat, stanza: &Stamped, nature: Nature) {
        self.letters.push((seat.session, Parcel { packet: stanza.to(&seat.address), nature }));
    }
}

impl Router {
    /// Does what a room wants done; answers with what is to be written down.
    pub(super) fn conclude(&mut self, name: &str, mail: Mail, cx: &mut Context<'_>) -> Vec<Record> {
        for (session, parcel) in mail.letters {
            self.deliver(session, parcel, cx);
        }
        for session in mail.departed {
            self.rooms.departed(session, name);
        }
        let Some(room) = self.rooms.all.get_mut(name) else { return Vec::new() };
        let records = room.records();
        if room.is_gone() {
            self.rooms.all.remove(name);
        }
        records
    }

    /// What a room writes to an account because of somebody: to every resource that wants it, or it waits. Whoever
    /// has blocked that somebody hears nothing (XEP-0191 §3.3).
    pub(super) fn post(&mut self, account: &str, sender: &Sender, packet: &Packet, cx: &mut Context<'_>) {
        if self.is_blocked(&sender.jid, account) {
            return;
        }
        let is_willing = |session: &&Session| session.priority() >= Some(0);
        let sessions: Vec<_> =
            self.sessions_of(account).filter(is_willing).map(|session| session.id).collect();
        if sessions.is_empty() {
            return self.keep_offline(account, Arc::clone(&sender.name), packet, Vec::new(), cx);
        }
        for session in sessions {
            let sender = Arc::clone(&sender.name);
            let nature = Nature::Message { sender, is_worth_keeping: true, is_copied: true };
            self.deliver_in_turn(session, Parcel { packet: packet.clone(), nature }, cx);
        }
    }
}
