//! What comes of a stanza to a room: what is to be sent to whom, and who is not there any more; and how that is
//! done.

use std::sync::Arc;

use super::{Sender, occupant::Seat};
use crate::{
    record::Record,
    router::{Nature, Parcel, Router, Session},
    stanza::{Packet, Stamped, StanzaError, reply},
    stream::{Action, Context, Receipt, SessionId},
    xml::Element,
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
    pub(super) fn settle(&mut self, name: &str, mail: Mail, cx: &mut Context<'_>) -> Vec<Record> {
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

    /// A result, once what it stands for is on disk.
    pub(super) fn reply(
        &self,
        sender: &Sender,
        request: &Element,
        payload: &str,
        records: Vec<Record>,
        cx: &mut Context<'_>,
    ) {
        let to = sender.jid.as_str();
        let result = reply::result(request, to, payload);
        let Some(session) = self.sessions.get(&sender.session) else { return };
        if records.is_empty() {
            return session.say(result, cx);
        }
        let packet = |text: String| Packet::from_iter([text.into()]);
        let failed = packet(reply::error(request, to, StanzaError::InternalServerError));
        let receipt = Some(Receipt { session: session.id, done: packet(result), failed });
        cx.outbox.push(Action::Record { records, receipt });
    }

    /// What a room writes to an account: to every resource that wants it, or it waits.
    pub(super) fn post(&mut self, account: &str, sender: &Arc<str>, packet: &Packet, cx: &mut Context<'_>) {
        let is_willing = |session: &&Session| session.priority() >= Some(0);
        let sessions: Vec<_> =
            self.sessions_of(account).filter(is_willing).map(|session| session.id).collect();
        if sessions.is_empty() {
            return self.keep_offline(account, Arc::clone(sender), packet, None, cx);
        }
        for session in sessions {
            let Some(session) = self.sessions.get_mut(&session) else { continue };
            let nature = Nature::Message { sender: Arc::clone(sender), is_worth_keeping: true };
            let parcel = Parcel { packet: packet.clone(), nature };
            match &mut session.withheld {
                Some(withheld) => withheld.push(parcel),
                None => session.send(parcel, cx),
            }
        }
    }
}
