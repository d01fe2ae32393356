//! XEP-0045 §7.14: leaving; and being put out, for whatever reason (§8.2, §9.1, §10.9).

use super::{
    mail::Mail,
    notice::{Notice, Status},
    occupant::Presented,
    room::Room,
};
use crate::{stanza::Stamped, stream::SessionId};

impl Room {
    /// A session leaves with its last words; the others are told these codes. Whether it hears of it itself is
    /// up to whether it can.
    pub(super) fn leave(
        &mut self,
        session: SessionId,
        last: &Presented,
        codes: &[Status],
        can_hear: bool,
        mail: &mut Mail,
    ) {
        let Some(place) = self.place_of(session) else { return };
        mail.departed.push(session);
        if can_hear {
            let codes: Vec<_> = codes.iter().copied().chain([Status::OwnPresence]).collect();
            let notice = Notice { codes: &codes, ..Notice::default() };
            let occupant = &self.occupants[place];
            if let Some(seat) = occupant.seats.iter().find(|seat| seat.session == session) {
                mail.show(seat, &occupant.farewell(seat, last, &notice, true));
            }
        }
        if self.occupants[place].seats.len() > 1 {
            self.occupants[place].seats.retain(|seat| seat.session != session);
            self.show_change(place, &Notice::default(), mail);
            return;
        }
        let occupant = self.occupants.remove(place);
        let notice = Notice { codes, ..Notice::default() };
        let nobody = Stamped::own("presence", "/>");
        let farewell = |with_address| occupant.farewell(occupant.latest(), last, &notice, with_address);
        self.show(usize::MAX, farewell, &nobody, mail);
    }

    /// Puts an occupant out, on all devices; everybody is told, and then those who were put out are gone.
    pub(super) fn expel(&mut self, place: usize, notice: &Notice<'_>, mail: &mut Mail) {
        let occupant = &self.occupants[place];
        let last = Presented::gone();
        let codes: Vec<_> = notice.codes.iter().copied().chain([Status::OwnPresence]).collect();
        let seat = occupant.latest();
        let own = occupant.farewell(seat, &last, &Notice { codes: &codes, ..*notice }, true);
        self.show(place, |with_address| occupant.farewell(seat, &last, notice, with_address), &own, mail);
        mail.departed.extend(occupant.seats.iter().map(|seat| seat.session));
        self.occupants.remove(place);
    }

    /// Puts everybody out whom `is_meant` means, one after the other.
    pub(super) fn expel_all(
        &mut self,
        is_meant: impl Fn(&Self, usize) -> bool,
        notice: &Notice<'_>,
        mail: &mut Mail,
    ) {
        for place in (0..self.occupants.len()).rev() {
            if is_meant(self, place) {
                self.expel(place, notice, mail);
            }
        }
    }

    /// Puts everybody out at once: each is told of itself alone, for nobody is left to see it.
    pub(super) fn dissolve(&mut self, notice: &Notice<'_>, mail: &mut Mail) {
        let last = Presented::gone();
        for occupant in &self.occupants {
            for seat in &occupant.seats {
                let own = occupant.farewell(seat, &last, notice, true);
                mail.show(seat, &own);
                mail.departed.push(seat.session);
            }
        }
        self.occupants.clear();
    }
}
