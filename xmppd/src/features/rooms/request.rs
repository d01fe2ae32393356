//! Requests: to the service, to a room, to somebody in it (XEP-0045 §6 to §10, §17.4).

use super::{RoomSettings, Rooms, Sender, admin::People, mail::Mail, names_another, nick::Nick, room::Room};
use crate::{
    features::{self, Reply, Request, Target},
    jid::Jid,
    ns,
    router::Router,
    stanza::{IqType, Refusal, StanzaError},
    stream::Context,
    xml::{Element, Node},
};

/// A request to a room.
struct Question<'a> {
    sender: &'a Sender,
    element: &'a Element,
    payload: &'a Node,
    people: &'a People,
    settings: &'a RoomSettings,
}

impl Router {
    /// Takes one occupant's answer back to another.
    pub(super) fn room_answer(
        &mut self,
        sender: &Sender,
        to: &Jid,
        kind: IqType,
        element: &Element,
        cx: &mut Context<'_>,
    ) {
        if let (Some(name), Some(nick)) = (to.local(), to.resource()) {
            // Who is asked from outside or does not ask any more misses nothing.
            let _ =
                self.in_room(name, cx, |room, mail, _| Ok(room.pass_on(sender, nick, kind, element, mail)?));
        }
    }

    /// Answers a request, or has somebody in a room answer it.
    pub(super) fn room_request(
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
            Ok(Some(payload)) => self.acknowledge(sender.session, element, Vec::new(), &payload, cx),
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
                let is_anothers = |nick: &Nick| names_another(people, nick, &sender.name);
                let question = Question { sender, element, payload, people, settings };
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
                let records = self.conclude(name, mail, cx);
                self.acknowledge(sender.session, element, records, &answer, cx);
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
                Reply::Recorded(_) | Reply::RecordedWith(..) | Reply::Sent => Ok(None),
            };
        }
        self.check_blocking(sender, name, nick)?;
        self.in_room(name, cx, |room, mail, _| Ok(room.pass_on(sender, nick, kind, element, mail)?))?;
        Ok(None)
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
}

impl Room {
    /// Answers what only asks.
    fn tell(&self, question: &Question<'_>) -> Result<String, Refusal> {
        let Question { sender, payload, people, settings, .. } = *question;
        let answer = match (&*payload.name, &*payload.namespace) {
            ("query", ns::DISCO_INFO) => return self.info(sender, payload),
            ("query", ns::DISCO_ITEMS) => return self.items(sender, payload),
            ("query", ns::MUC_ADMIN) => self.list(sender, payload, people),
            ("query", ns::MUC_OWNER) => self.form_for(sender, settings.most_occupants),
            ("query", ns::REGISTER) => self.reservation_form(sender),
            ("vCard", ns::VCARD) => Ok(self.card_text()),
            ("ping", ns::PING) => Ok(String::new()),
            _ => Err(StanzaError::ServiceUnavailable),
        };
        Ok(answer?)
    }

    /// Does what is asked; answers with nothing.
    fn take(
        &mut self,
        question: &Question<'_>,
        is_anothers: impl Fn(&Nick) -> bool,
        mail: &mut Mail,
        cx: &mut Context<'_>,
    ) -> Result<String, Refusal> {
        let Question { sender, element, payload, people, settings } = *question;
        match (&*payload.name, &*payload.namespace) {
            ("query", ns::MUC_ADMIN) => self.administer(sender, payload, people, mail)?,
            ("query", ns::MUC_OWNER) => self.own(sender, payload, settings.most_history, mail)?,
            ("query", ns::REGISTER) => self.reserve(sender, payload, is_anothers)?,
            ("vCard", ns::VCARD) => self.set_card(sender, element, payload, mail)?,
            ("moderate", ns::MODERATE) => self.moderate(sender, payload, mail, cx)?,
            _ => return Err(StanzaError::ServiceUnavailable.into()),
        }
        Ok(String::new())
    }
}
