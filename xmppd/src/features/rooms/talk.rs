//! XEP-0045 §7.4, §8.1: what is said to all, and what is talked about.
//!
//! A message is serialised once, with the room's id of it (XEP-0359) and the occupant's (XEP-0421); each who
//! gets it costs a head and a reference.

use std::sync::Arc;

use super::{
    Sender,
    history::Remembered,
    mail::Mail,
    occupant::{Occupant, is_for_rooms_to_say},
    rank::RolePrivilege,
    room::{Room, Subject},
};
use crate::{
    features::delay,
    jid::Jid,
    ns,
    stanza::{MessageType, Stamped, StanzaError, payload::Payload},
    stream::Context,
    xml::{Element, Escaped, Node},
};

/// The most bytes of a subject.
const MOST_SUBJECT_BYTES: usize = 1024;

impl Room {
    /// Says something to everybody, the one who says it included.
    pub(super) fn talk(
        &mut self,
        sender: &Sender,
        element: &Element,
        mail: &mut Mail,
        cx: &mut Context<'_>,
    ) -> Result<(), StanzaError> {
        let place = self.place_of(sender.session).ok_or(StanzaError::NotAcceptable)?;
        let speaker = &self.occupants[place];
        if is_subject(element) {
            let subject = self.proposed_subject(speaker, element, cx)?;
            self.subject = Some(subject).filter(|subject| !subject.text.is_empty());
            self.unsaved.room = true;
        } else if !speaker.role.may(RolePrivilege::Speak) {
            return Err(StanzaError::Forbidden);
        }
        let speaker = &self.occupants[place];
        let id = cx.token();
        let stamped = self.reflection(speaker, &id, sender, element);
        let payload = Payload::of(element);
        for seat in self.seats() {
            if payload.is_passing() {
                mail.hint(seat, &stamped);
            } else {
                mail.say(seat, &stamped);
            }
        }
        // Who comes later needs the same as who was offline.
        if payload.is_worth_keeping(MessageType::Normal) && !is_subject(element) {
            self.remember(id, sender, element, &stamped, cx);
        }
        Ok(())
    }

    /// The message as everybody gets it, its id kept.
    fn reflection(&self, speaker: &Occupant, id: &str, sender: &Sender, element: &Element) -> Stamped {
        let mut content = element.content_without(is_for_rooms_to_say);
        content.push_str(&stanza_id(&self.jid, id));
        content.push_str(&speaker.id);
        Stamped::with_content(element, &speaker.address, sender.language.as_deref(), &[], &content)
    }

    /// §8.1.
    fn proposed_subject(
        &self,
        speaker: &Occupant,
        element: &Element,
        cx: &Context<'_>,
    ) -> Result<Subject, StanzaError> {
        let is_open = self.configuration.subject_open;
        let needed = if is_open { RolePrivilege::ProposeSubject } else { RolePrivilege::ChangeSubject };
        if !speaker.role.may(needed) {
            return Err(StanzaError::Forbidden);
        }
        let text = Node::from(element).child("subject", ns::CLIENT).map(|subject| subject.text.clone());
        let text = text.unwrap_or_default();
        if text.len() > MOST_SUBJECT_BYTES {
            return Err(StanzaError::NotAcceptable);
        }
        let account = Some(Arc::clone(&speaker.account));
        Ok(Subject { text, account, author: speaker.address.clone(), at: cx.now })
    }

    fn remember(
        &mut self,
        id: String,
        sender: &Sender,
        element: &Element,
        stamped: &Stamped,
        cx: &Context<'_>,
    ) {
        // XEP-0424 §5: what its author has taken back is not handed out any more.
        if Payload::of(element).is_retraction()
            && let Some(retracted) = retracted(element)
        {
            self.history.forget(|message| message.id == retracted && message.account == sender.name);
        }
        let delay = delay::element(self.jid.as_str(), cx.now);
        let message = Remembered {
            id,
            account: Arc::clone(&sender.name),
            at: cx.now,
            stamped: stamped.with_last_child(&delay),
        };
        self.history.remember(message, self.configuration.history);
    }
}

/// XEP-0359: the room's id of a message.
pub(super) fn stanza_id(room: &Jid, id: &str) -> String {
    format!("<stanza-id xmlns='{}' by='{}' id='{id}'/>", ns::STANZA_IDS, Escaped(room.as_str()))
}

fn retracted(element: &Element) -> Option<String> {
    Some(Node::from(element).child("retract", ns::RETRACTION)?.attribute("id")?.to_owned())
}

/// §8.1: a subject, and nothing said.
fn is_subject(element: &Element) -> bool {
    let has = |name| element.has_child(name, ns::CLIENT);
    has("subject") && !has("body") && !has("thread")
}
