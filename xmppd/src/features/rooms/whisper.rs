//! XEP-0045 §7.5: private messages; and §17.4: requests from one occupant to another.

use super::{
    Sender,
    mail::Mail,
    notice::about_room,
    occupant::{Occupant, is_for_rooms_to_say},
    room::Room,
};
use crate::{
    features::carbons::Original,
    jid::Jid,
    router::Router,
    stanza::{IqType, MessageType, Payload, Stamped, StanzaError, payload::Direction, stamped::Addressee},
    stream::{Context, SessionId},
    xml::Element,
};

impl Room {
    /// Passes a message on to one occupant alone, on all devices, marked as what it is.
    pub(super) fn whisper(
        &self,
        sender: &Sender,
        nick: &str,
        element: &Element,
        mail: &mut Mail,
    ) -> Result<(), StanzaError> {
        let from = self.occupant_of(sender.session).ok_or(StanzaError::NotAcceptable)?;
        if !self.configuration.lets_whisper(from.role) {
            return Err(StanzaError::Forbidden);
        }
        let to = self.occupant_called(nick).ok_or(StanzaError::ItemNotFound)?;
        let mut content = element.content_without(is_for_rooms_to_say);
        content.push_str(&about_room(&[]));
        content.push_str(&from.id);
        let language = sender.language.as_deref();
        let message = Stamped::with_content(element, &from.address, language, &[], &content);
        for seat in &to.seats {
            mail.say(seat, &message);
        }
        Ok(())
    }

    /// Passes a request on to the device of another occupant that spoke last, or an answer back to the device
    /// that asked. Its id tells which that was.
    pub(super) fn pass_on(
        &self,
        sender: &Sender,
        nick: &str,
        kind: IqType,
        element: &Element,
        mail: &mut Mail,
    ) -> Result<(), StanzaError> {
        let from = self.occupant_of(sender.session).ok_or(StanzaError::NotAcceptable)?;
        let to = self.occupant_called(nick).ok_or(StanzaError::ItemNotFound)?;
        let id = element.attribute("id").unwrap_or_default();
        let (seat, id) = match kind {
            IqType::Get | IqType::Set => (Some(to.latest()), format!("{}-{id}", sender.session.0)),
            IqType::Error | IqType::Result => {
                let Some((session, id)) = asked_by(&id) else { return Ok(()) };
                (to.seats.iter().find(|seat| seat.session == session), id.to_owned())
            }
        };
        if let Some(seat) = seat {
            mail.say(seat, &Self::forwarded(from, element, sender, &id));
        }
        Ok(())
    }

    fn forwarded(from: &Occupant, element: &Element, sender: &Sender, id: &str) -> Stamped {
        let content = element.content_without(|_, _| false);
        let language = sender.language.as_deref();
        Stamped::with_content(element, &from.address, language, &[("id", id)], &content)
    }
}

impl Router {
    /// One's other devices that are in the room see what one has said to another alone (XEP-0280 §6.1): no occupant
    /// sends it to them.
    pub(super) fn copy_whisper(
        &self,
        sender: &Sender,
        to: &Jid,
        kind: MessageType,
        element: &Element,
        cx: &mut Context<'_>,
    ) {
        let Some(room) = to.local().and_then(|name| self.rooms.all.get(name)) else { return };
        let stamped = Stamped::new(element, sender.jid.as_str(), sender.language.as_deref());
        let forwarded = || stamped.forwarded(&Addressee::new(to.as_str()));
        let original = Original { kind, payload: Payload::of(element), forwarded };
        let others = self.sessions_of(&sender.name).filter(|other| other.id != sender.session);
        let others = others.filter(|other| room.occupant_of(other.id).is_some());
        for (session, copy) in original.copies(Direction::Sent, sender.jid.bare(), others) {
            self.deliver(session, copy, cx);
        }
    }
}

/// The session and the id of a request that was passed on.
fn asked_by(id: &str) -> Option<(SessionId, &str)> {
    let (session, id) = id.split_once('-')?;
    Some((SessionId(session.parse().ok()?), id))
}
