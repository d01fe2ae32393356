//! Stanzas to the rooms' domain: to the service, to a room, to somebody in it (XEP-0045 §4.1).

use super::{
    Rooms, Sender,
    join::{Entrance, wish},
    mail::Mail,
    nick::Nick,
    occupant::Presented,
    room::Room,
};
use crate::{
    features::{self, Reply, Request, Target, form::Submission},
    jid::Jid,
    ns,
    router::Router,
    stanza::{IqType, Kind, MessageType, Packet, PresenceType, Refusal, Stanza, StanzaError, reply},
    stream::{Action, Context, Receipt, SessionId},
    xml::{Element, Node},
};

/// The most bytes of presence: it goes to the whole room, and is kept for those who come later.
const MOST_PRESENCE_BYTES: usize = 4096;
/// The most bytes of a room's name.
const MOST_NAME_BYTES: usize = 100;
/// Rooms that one session may be in.
const MOST_JOINED: usize = 100;

impl Router {
    /// Deals with a stanza to the rooms' domain.
    pub(crate) fn to_rooms(&mut self, session: SessionId, to: &Jid, stanza: &Stanza, cx: &mut Context<'_>) {
        let Some(sender) = Sender::of(self, session) else { return };
        let element = &stanza.element;
        let outcome = match stanza.kind {
            Kind::Iq(kind @ (IqType::Get | IqType::Set)) => {
                return self.room_request(&sender, to, kind, element, cx);
            }
            Kind::Iq(kind) => self.room_answer(&sender, to, kind, element, cx),
            Kind::Message(MessageType::Error) => Ok(()),
            Kind::Message(kind) => self.room_message(&sender, to, kind, element, cx),
            Kind::Presence(kind) => self.room_presence(&sender, to, kind, element, cx),
        };
        if let Err(refusal) = outcome {
            self.refuse(session, element, refusal, cx);
        }
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
        let presence = || Presented::new(element, sender.language.as_deref());
        match kind {
            PresenceType::Available => {
                // §7.2.1: nobody is in a room without a nick.
                let asked = to.resource().ok_or(StanzaError::JidMalformed)?;
                let nick = Nick::parse(asked).ok_or(StanzaError::NotAcceptable)?;
                if self.names_another(&nick, sender) {
                    return Err(StanzaError::Conflict.into());
                }
                self.room_available(sender, name, asked, nick, element, cx)
            }
            PresenceType::Unavailable => {
                let last = presence();
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
        nick: Nick,
        element: &Element,
        cx: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        let presence = Presented::new(element, sender.language.as_deref());
        let own = self.rooms.all.get(name).and_then(|room| room.occupant_of(sender.session));
        let is_entering = element.has_child("x", ns::MUC);
        match own.map(|own| own.nick == nick) {
            Some(true) if !is_entering => {
                return self.in_room(name, cx, |room, mail, _| {
                    room.update_presence(sender, presence, mail);
                    Ok(())
                });
            }
            Some(false) => {
                return self.in_room(
                    name,
                    cx,
                    |room, mail, _| Ok(room.rename(sender, nick, presence, mail)?),
                );
            }
            // XEP-0410 §1: who only believes to be in is told the truth, and not let in by the way.
            None if !is_entering => return Err(StanzaError::ItemNotFound.into()),
            None | Some(true) => {}
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
                self.in_room(name, cx, |room, mail, _| Ok(room.whisper(sender, nick, element, mail)?))
            }
            (None, _) => self.room_errand(sender, name, &Node::from(element), cx),
        }
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
        let records = self.settle(name, mail, cx);
        cx.record(records);
        for letter in letters {
            self.write_to(&letter.account, &sender.name, letter.packet, cx);
        }
        Ok(())
    }

    fn room_answer(
        &mut self,
        sender: &Sender,
        to: &Jid,
        kind: IqType,
        element: &Element,
        cx: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        if let (Some(name), Some(nick)) = (to.local(), to.resource()) {
            // Who is asked from outside or does not ask any more misses nothing.
            let _ =
                self.in_room(name, cx, |room, mail, _| Ok(room.pass_on(sender, nick, kind, element, mail)?));
        }
        Ok(())
    }

    fn room_request(
        &mut self,
        sender: &Sender,
        to: &Jid,
        kind: IqType,
        element: &Element,
        cx: &mut Context<'_>,
    ) {
        let node = Node::from(element);
        let Some(payload) = node.children.first() else { return };
        let is_set = kind == IqType::Set;
        let outcome = match (to.local(), to.resource()) {
            (None, None) => self.rooms.answer(sender, is_set, payload).map(Some),
            (None, Some(_)) => Err(StanzaError::ServiceUnavailable.into()),
            (Some(name), None) => {
                return self.request_of_room(sender, name, is_set, element, payload, cx);
            }
            (Some(name), Some(nick)) => {
                self.request_of_occupant(sender, (name, nick), kind, element, payload, cx)
            }
        };
        match outcome {
            Ok(None) => {}
            Ok(Some(payload)) => self.reply(sender, element, &payload, Vec::new(), cx),
            Err(refusal) => self.refuse(sender.session, element, refusal, cx),
        }
    }

    fn request_of_room(
        &mut self,
        sender: &Sender,
        name: &str,
        is_set: bool,
        element: &Element,
        payload: &Node,
        cx: &mut Context<'_>,
    ) {
        let settings = &self.settings.rooms;
        let people = &self.people;
        let outcome = match self.rooms.all.get_mut(name) {
            Some(room) if !room.is_locked || room.occupant_of(sender.session).is_some() => {
                let mut mail = Mail::default();
                let is_anothers = |nick: &Nick| super::names_another(people, nick, &sender.name);
                let question = super::request::Question { sender, payload, people, settings };
                let answer = if is_set {
                    room.take(&question, is_anothers, &mut mail, cx)
                } else {
                    room.tell(&question)
                };
                answer.map(|answer| (answer, mail))
            }
            _ => Err(StanzaError::ItemNotFound.into()),
        };
        match outcome {
            Ok((answer, mail)) => {
                let records = self.settle(name, mail, cx);
                self.reply(sender, element, &answer, records, cx);
            }
            Err(refusal) => self.refuse(sender.session, element, refusal, cx),
        }
    }

    /// §17.4 and XEP-0410: `None` if somebody else will answer.
    fn request_of_occupant(
        &mut self,
        sender: &Sender,
        (name, nick): (&str, &str),
        kind: IqType,
        element: &Element,
        payload: &Node,
        cx: &mut Context<'_>,
    ) -> Result<Option<String>, Refusal> {
        let room = self.rooms.all.get(name);
        let own = room.and_then(|room| room.occupant_of(sender.session));
        let (Some(room), Some(own)) = (room, own) else { return Err(StanzaError::NotAcceptable.into()) };
        let asks_itself = own.nick.as_str() == nick;
        if asks_itself && payload.is("ping", ns::PING) {
            return Ok(Some(String::new()));
        }
        // A card is the account's, and the server's to tell.
        if kind == IqType::Get && payload.is("vCard", ns::VCARD) {
            let account = &room.occupant_called(nick).ok_or(StanzaError::ItemNotFound)?.account;
            let target = Target::Account(account.to_string());
            let request = Request { session: sender.session, target, is_set: false, element, payload };
            return match features::answer(self, &request, cx)? {
                Reply::Payload(payload) => Ok(Some(payload)),
                Reply::Recorded(_) | Reply::Sent => Ok(None),
            };
        }
        self.in_room(name, cx, |room, mail, _| Ok(room.pass_on(sender, nick, kind, element, mail)?))?;
        Ok(None)
    }

    /// Lets a room do something, and does what comes of it.
    fn in_room(
        &mut self,
        name: &str,
        cx: &mut Context<'_>,
        work: impl FnOnce(&mut Room, &mut Mail, &mut Context<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let room = self.rooms.all.get_mut(name).ok_or(StanzaError::ItemNotFound)?;
        let mut mail = Mail::default();
        let outcome = work(room, &mut mail, cx);
        let records = self.settle(name, mail, cx);
        cx.record(records);
        outcome
    }

    /// A result, once what it stands for is on disk.
    fn reply(
        &self,
        sender: &Sender,
        request: &Element,
        payload: &str,
        records: Vec<crate::record::Record>,
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
}

impl Rooms {
    /// Answers what the service itself is asked.
    fn answer(&self, sender: &Sender, is_set: bool, payload: &Node) -> Result<String, Refusal> {
        match (is_set, &*payload.namespace) {
            (false, ns::DISCO_INFO) => Self::info(payload),
            (false, ns::DISCO_ITEMS) => self.items(sender, payload),
            (false, ns::PING) => Ok(String::new()),
            // XEP-0486 §4.1 has the service say that its rooms have cards, and so it has one itself.
            (false, ns::VCARD) => Ok(format!("<vCard xmlns='{}'><FN>Rooms</FN></vCard>", ns::VCARD)),
            _ => Err(StanzaError::ServiceUnavailable.into()),
        }
    }

    /// Makes sure that there is such a room; `true` if it was made just now.
    fn open(
        &mut self,
        name: &str,
        sender: &Sender,
        settings: &super::RoomSettings,
    ) -> Result<bool, StanzaError> {
        if self.sessions.get(&sender.session).is_some_and(|joined| joined.len() >= MOST_JOINED) {
            return Err(StanzaError::ResourceConstraint);
        }
        if self.all.contains_key(name) {
            return Ok(false);
        }
        if !settings.may_create(&sender.account) {
            return Err(StanzaError::NotAllowed);
        }
        if name.len() > MOST_NAME_BYTES {
            return Err(StanzaError::NotAcceptable);
        }
        let own = self.all.values().filter(|room| room.creator.as_ref() == Some(&sender.name)).count();
        if self.all.len() >= settings.most || own >= settings.most_per_account {
            return Err(StanzaError::ResourceConstraint);
        }
        self.create(name, sender, settings);
        Ok(true)
    }
}
