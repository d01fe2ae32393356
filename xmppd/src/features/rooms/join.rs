//! XEP-0045 §7.2: entering a room, and §7.6: the nick.

use std::sync::Arc;

use subtle::ConstantTimeEq;

use super::{
    Sender,
    configuration::Whois,
    history::Wanted,
    mail::Mail,
    nick::Nick,
    notice::{Notice, Status},
    occupant::{Occupant, Presented, Seat},
    rank::{Affiliation, AffiliationPrivilege, Standing},
    room::Room,
};
use crate::{
    features::delay,
    ns,
    stanza::{Stamped, StanzaError},
    stream::SessionId,
    xml::{Escaped, Node},
};

/// Who wants to come in.
pub(super) struct Entrance<'a> {
    pub(super) sender: &'a Sender,
    pub(super) nick: Nick,
    /// Whether the client asked for another one, which people could not tell from this.
    pub(super) is_nick_modified: bool,
    /// XEP-0421.
    pub(super) occupant_id: String,
    pub(super) password: Option<String>,
    pub(super) wanted: Wanted,
    pub(super) presence: Presented,
    /// Whether the room was made for it.
    pub(super) is_new: bool,
}

impl Room {
    /// Lets somebody in: tells it who is there, tells those that it has come, then itself, then what was said,
    /// then the subject (§7.1).
    pub(super) fn enter(
        &mut self,
        entrance: Entrance<'_>,
        most_occupants: usize,
        mail: &mut Mail,
    ) -> Result<(), StanzaError> {
        let affiliation = self.affiliation(&entrance.sender.account);
        self.check_entrance(&entrance, affiliation)?;
        self.check_nick(&entrance.nick, entrance.sender)?;
        let shared = self.occupants.iter().position(|occupant| occupant.nick == entrance.nick);
        if shared.is_none() && affiliation < Affiliation::Admin {
            let most = most_occupants.min(self.configuration.most_occupants);
            if self.occupants.len() >= most {
                return Err(StanzaError::ServiceUnavailable);
            }
        }
        let codes = self.codes_for(&entrance);
        let wanted = entrance.wanted;
        let session = entrance.sender.session;
        let place = self.seat(entrance, shared, affiliation);
        self.introduce(place, session, &codes, mail);
        self.brief(place, wanted, mail);
        Ok(())
    }

    /// §7.2.5 to §7.2.8, §10.1.2.
    fn check_entrance(&self, entrance: &Entrance<'_>, affiliation: Affiliation) -> Result<(), StanzaError> {
        if !affiliation.may(AffiliationPrivilege::EnterOpen) {
            return Err(StanzaError::Forbidden);
        }
        if self.is_locked && affiliation < Affiliation::Owner {
            return Err(StanzaError::ItemNotFound);
        }
        if !affiliation.may(self.configuration.entrance()) {
            return Err(StanzaError::RegistrationRequired);
        }
        let password = self.configuration.password.as_bytes();
        let given = entrance.password.as_deref().unwrap_or_default().as_bytes();
        let is_right = password.is_empty() || bool::from(password.ct_eq(given));
        if is_right { Ok(()) } else { Err(StanzaError::NotAuthorized) }
    }

    /// §7.2.8, §7.6: a nick is one person's.
    pub(super) fn check_nick(&self, nick: &Nick, sender: &Sender) -> Result<(), StanzaError> {
        let resembles = |other: &Nick| nick.is_like(other.looks());
        let is_taken = self
            .occupants
            .iter()
            .any(|occupant| occupant.account != sender.name && resembles(&occupant.nick));
        let is_reserved =
            self.reserved.iter().any(|(account, other)| *account != sender.name && resembles(other));
        if is_taken || is_reserved { Err(StanzaError::Conflict) } else { Ok(()) }
    }

    fn codes_for(&self, entrance: &Entrance<'_>) -> Vec<Status> {
        let is_open = self.configuration.whois == Whois::Anyone;
        let codes = [
            (is_open, Status::NonAnonymous),
            (true, Status::OwnPresence),
            (entrance.is_new, Status::Created),
            (entrance.is_nick_modified, Status::NickModified),
        ];
        codes.into_iter().filter_map(|(applies, code)| applies.then_some(code)).collect()
    }

    /// Gives the session a seat; answers where its occupant is.
    fn seat(&mut self, entrance: Entrance<'_>, shared: Option<usize>, affiliation: Affiliation) -> usize {
        let Sender { session, jid, address, .. } = entrance.sender;
        let seat = Seat {
            session: *session,
            jid: jid.clone(),
            address: address.clone(),
            presence: entrance.presence,
        };
        if let Some(place) = shared {
            let occupant = &mut self.occupants[place];
            occupant.seats.retain(|other| other.session != *session);
            occupant.seats.push(seat);
            occupant.refresh();
            return place;
        }
        let role = affiliation.initial_role(self.configuration.moderated);
        let standing = Standing { affiliation, role };
        let account = Arc::clone(&entrance.sender.name);
        let occupant =
            Occupant::new(&self.jid, entrance.nick, account, standing, &entrance.occupant_id, seat);
        self.occupants.push(occupant);
        self.occupants.len() - 1
    }

    /// §7.2.2: a newcomer sees the others, the others see the newcomer, and last it sees itself.
    fn introduce(&self, place: usize, session: SessionId, codes: &[Status], mail: &mut Mail) {
        let newcomer = &self.occupants[place];
        let seat = newcomer.latest();
        let sees_addresses = self.configuration.shows_addresses_to(newcomer.role);
        for other in self.occupants.iter().filter(|other| !other.has(session)) {
            mail.show(seat, other.shown(sees_addresses));
        }
        for other in self.occupants.iter().filter(|other| !other.has(session)) {
            let sees_address = self.configuration.shows_addresses_to(other.role);
            for other in &other.seats {
                mail.show(other, newcomer.shown(sees_address));
            }
        }
        let own = newcomer.own_presence(&[Status::OwnPresence]);
        for other in newcomer.seats.iter().filter(|other| other.session != session) {
            mail.show(other, &own);
        }
        mail.show(seat, &newcomer.own_presence(codes));
    }

    /// §7.2.14, §7.2.15: what was said, and what is talked about, even if that is nothing.
    fn brief(&self, place: usize, wanted: Wanted, mail: &mut Mail) {
        let seat = self.occupants[place].latest();
        if let Some(card) = self.card.as_ref().filter(|card| !card.hash.is_empty()) {
            mail.show(seat, &card.presence(&self.jid));
        }
        for message in self.history.recall(wanted) {
            mail.say(seat, message);
        }
        let (author, subject, delay) = match &self.subject {
            None => (self.jid.as_str(), "", String::new()),
            Some(subject) => {
                (&*subject.author, &*subject.text, delay::element(self.jid.as_str(), subject.at))
            }
        };
        let start = format!("message type='groupchat' from='{}'", Escaped(author));
        let subject = format!("><subject>{}</subject>{delay}</message>", Escaped(subject));
        mail.say(seat, &Stamped::own(&start, subject));
    }

    /// §7.7: somebody who is in says something else about itself.
    pub(super) fn update_presence(&mut self, sender: &Sender, presence: Presented, mail: &mut Mail) {
        let Some(place) = self.place_of(sender.session) else { return };
        let seats = &mut self.occupants[place].seats;
        if let Some(at) = seats.iter().position(|seat| seat.session == sender.session) {
            let mut seat = seats.remove(at);
            seat.presence = presence;
            seats.push(seat);
        }
        self.show_change(place, &Notice::default(), mail);
    }

    /// §7.6: somebody who is in wants to be called something else, on all devices that share the nick.
    pub(super) fn rename(
        &mut self,
        sender: &Sender,
        nick: Nick,
        presence: Presented,
        mail: &mut Mail,
    ) -> Result<(), StanzaError> {
        let Some(place) = self.place_of(sender.session) else { return Err(StanzaError::NotAcceptable) };
        self.check_nick(&nick, sender)?;
        if self.occupants.iter().any(|occupant| occupant.nick == nick) {
            return Err(StanzaError::Conflict); // another nick of the same person: two cannot become one
        }
        let occupant = &self.occupants[place];
        let old = |codes: &[Status], with_address| {
            let notice = Notice { codes, nick: Some(nick.as_str()), ..Notice::default() };
            occupant.renamed(&notice, with_address)
        };
        let own = old(&[Status::NickChanged, Status::OwnPresence], true);
        self.show(place, |with_address| old(&[Status::NickChanged], with_address), &own, mail);
        self.occupants[place].rename(&self.jid, Some(nick));
        self.update_presence(sender, presence, mail);
        Ok(())
    }
}

/// What a client says to a room that it enters: a password, and how much of the history it wants (§7.2.6,
/// §7.2.14).
pub(super) fn wish(presence: &Node, now: time::OffsetDateTime) -> (Option<String>, Wanted) {
    let Some(wish) = presence.child("x", ns::MUC) else { return (None, Wanted::default()) };
    let password = wish.child("password", ns::MUC).map(|password| password.text.clone());
    let wanted = wish.child("history", ns::MUC).map(|history| Wanted::parse(history, now));
    (password, wanted.unwrap_or_default())
}
