//! Presence and messages to the rooms' domain (XEP-0045 §4.1, §7); requests go to `request`.

use super::{
    Sender,
    join::{Entrance, wish},
    mail::Mail,
    nick::Nick,
    occupant::{Occupant, Presented},
    room::Room,
};
use crate::{
    features::{blocking, form::Submission},
    jid::Jid,
    ns,
    router::Router,
    stanza::{IqType, Kind, MessageType, PresenceType, Refusal, Stanza, StanzaError, reply},
    stream::{Context, SessionId},
    xml::{Element, Node},
};

/// The most bytes of presence: it goes to the whole room, and is kept for those who come later.
const MOST_PRESENCE_BYTES: usize = 4096;

impl Router {
    /// Deals with a stanza to the rooms' domain.
    pub(crate) fn stanza_to_rooms(
        &mut self,
        session: SessionId,
        to: &Jid,
        stanza: &Stanza,
        cx: &mut Context<'_>,
    ) {
        let Some(sender) = Sender::of(self, session) else { return };
        let element = &stanza.element;
        let outcome = match stanza.kind {
            Kind::Iq(kind @ (IqType::Get | IqType::Set)) => {
                return self.room_request(&sender, to, kind, element, cx);
            }
            Kind::Iq(kind) => return self.room_answer(&sender, to, kind, element, cx),
            Kind::Message(MessageType::Error) => Ok(()),
            Kind::Message(kind) => self.room_message(&sender, to, kind, element, cx),
            Kind::Presence(kind) => self.room_presence(&sender, to, kind, element, cx),
        };
        match (outcome, stanza.kind) {
            (Ok(()), _) => {}
            (Err(refusal), Kind::Presence(_)) => self.refuse_presence(session, element, refusal, cx),
            (Err(refusal), _) => self.refuse(session, element, refusal, cx),
        }
    }

    /// Marked as a room's, as the XEP's examples are: clients look for that to tell why they are not in (§7.2).
    fn refuse_presence(&self, session: SessionId, element: &Element, refusal: Refusal, cx: &mut Context<'_>) {
        let Some(session) = self.sessions.get(&session) else { return };
        let mark = format!("<x xmlns='{}'/>", ns::MUC);
        session.say(reply::error_after(element, session.jid.as_str(), refusal, &mark), cx);
    }

    fn room_presence(
        &mut self,
        sender: &Sender,
        to: &Jid,
        kind: PresenceType,
        element: &Element,
        cx: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        let Some(name) = to.local() else { return Ok(()) };
        if element.bytes().len() > MOST_PRESENCE_BYTES {
            return Err(StanzaError::PolicyViolation.into());
        }
        match kind {
            PresenceType::Available => {
                // §7.2.1: nobody is in a room without a nick.
                let asked = to.resource().ok_or(StanzaError::JidMalformed)?;
                self.room_available(sender, name, asked, element, cx)
            }
            PresenceType::Unavailable => {
                let last = Presented::new(element, sender.language.as_deref());
                self.in_room(name, cx, |room, mail, _| {
                    room.leave(sender.session, &last, &[], true, mail);
                    Ok(())
                })
                .or(Ok(())) // whoever leaves what is not there is not there
            }
            _ => Ok(()),
        }
    }

    /// Entering, another nick, or other presence.
    fn room_available(
        &mut self,
        sender: &Sender,
        name: &str,
        asked: &str,
        element: &Element,
        cx: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        let nick = Nick::parse(asked).ok_or(StanzaError::NotAcceptable)?;
        let presence = Presented::new(element, sender.language.as_deref());
        let is_entering = element.has_child("x", ns::MUC);
        let own = self.rooms.all.get(name).and_then(|room| room.occupant_of(sender.session));
        let keeps_nick = own.map(|own| own.nick == nick);
        if keeps_nick == Some(true) && !is_entering {
            return self.in_room(name, cx, |room, mail, _| {
                room.update_presence(sender, presence, mail);
                Ok(())
            });
        }
        if keeps_nick.is_none() && !is_entering {
            // XEP-0410 §1: who only believes to be in is told the truth, and not let in by the way.
            return Err(StanzaError::ItemNotFound.into());
        }
        if self.names_another(&nick, sender) {
            return Err(StanzaError::Conflict.into());
        }
        if keeps_nick == Some(false) {
            return self.in_room(name, cx, |room, mail, _| Ok(room.rename(sender, nick, presence, mail)?));
        }
        let is_new = self.rooms.open(name, sender, &self.settings.rooms)?;
        let most = self.settings.rooms.most_occupants;
        let occupant_id = self.occupant_id(name, sender);
        let (password, wanted) = wish(&Node::from(element), cx.now);
        let is_nick_modified = nick.as_str() != asked;
        let entrance =
            Entrance { sender, nick, is_nick_modified, occupant_id, password, wanted, presence, is_new };
        self.in_room(name, cx, |room, mail, _| Ok(room.enter(entrance, most, mail)?))?;
        self.rooms.joined(sender.session, name);
        Ok(())
    }

    fn room_message(
        &mut self,
        sender: &Sender,
        to: &Jid,
        kind: MessageType,
        element: &Element,
        cx: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        let name = to.local().ok_or(StanzaError::ServiceUnavailable)?;
        match (to.resource(), kind) {
            (None, MessageType::Groupchat) => {
                self.in_room(name, cx, |room, mail, cx| Ok(room.talk(sender, element, mail, cx)?))
            }
            (Some(_), MessageType::Groupchat) => Err(StanzaError::BadRequest.into()),
            (Some(nick), _) => {
                self.check_blocking(sender, name, nick)?;
                self.in_room(name, cx, |room, mail, _| Ok(room.whisper(sender, nick, element, mail)?))?;
                self.copy_whisper(sender, to, kind, element, cx);
                Ok(())
            }
            (None, _) => self.room_errand(sender, name, &Node::from(element), cx),
        }
    }

    /// XEP-0191 §3.3, for what goes to one occupant alone: a room is no way around a block, be it of somebody's own
    /// address or of the one in the room.
    pub(super) fn check_blocking(&self, sender: &Sender, name: &str, nick: &str) -> Result<(), Refusal> {
        let Some(room) = self.rooms.all.get(name) else { return Ok(()) };
        let own = room.occupant_of(sender.session);
        let Some((own, other)) = own.zip(room.occupant_called(nick)) else { return Ok(()) };
        let has_blocked_nick = |by: &Occupant, other: &Occupant| {
            let is_listed = |address| self.is_blocked(&address, &by.account);
            !self.is_exempt(&other.latest().jid, &by.account)
                && Jid::parse(&other.address).is_ok_and(is_listed)
        };
        // Nobody finds out by blocking who somebody is.
        let knows = room.configuration.shows_addresses_to(own.role);
        if has_blocked_nick(own, other) || knows && self.is_blocked(&other.latest().jid, &own.account) {
            return Err(blocking::outgoing_refusal());
        }
        if has_blocked_nick(other, own) || self.is_blocked(&sender.jid, &other.account) {
            return Err(StanzaError::ServiceUnavailable.into());
        }
        Ok(())
    }

    /// A message to the room itself: an invitation, its refusal, or a form about voice.
    fn room_errand(
        &mut self,
        sender: &Sender,
        name: &str,
        message: &Node,
        cx: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        if let Some(form) = Submission::within(message) {
            return self.in_room(name, cx, |room, mail, _| Ok(room.hear_about_voice(sender, &form, mail)?));
        }
        let wishes = message.child("x", ns::MUC_USER).ok_or(StanzaError::BadRequest)?;
        let people = &self.people;
        let room = self.rooms.all.get_mut(name).ok_or(StanzaError::ItemNotFound)?;
        let mut mail = Mail::default();
        let letters = match wishes.child("decline", ns::MUC_USER) {
            Some(decline) => vec![room.decline(sender, decline, people)?],
            None => room.invite(sender, wishes, people, &mut mail)?,
        };
        let records = self.conclude(name, mail, cx);
        cx.record(records);
        for letter in letters {
            self.post(&letter.account, sender, &letter.packet, cx);
        }
        Ok(())
    }

    /// Lets a room do something, and does what comes of it.
    pub(super) fn in_room(
        &mut self,
        name: &str,
        cx: &mut Context<'_>,
        work: impl FnOnce(&mut Room, &mut Mail, &mut Context<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let room = self.rooms.all.get_mut(name).ok_or(StanzaError::ItemNotFound)?;
        let mut mail = Mail::default();
        let outcome = work(room, &mut mail, cx);
        let records = self.conclude(name, mail, cx);
        cx.record(records);
        outcome
    }
}
