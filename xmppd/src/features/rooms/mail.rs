//! What comes of a stanza to a room: what is to be sent to whom, and who is not there any more.

use super::occupant::Seat;
use crate::{
    router::{Nature, Parcel},
    stanza::Stamped,
    stream::SessionId,
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
