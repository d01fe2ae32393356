//! What a room is asked and told by requests (XEP-0045 §6 to §10).

use super::{RoomSettings, Sender, admin::People, mail::Mail, nick::Nick, room::Room};
use crate::{
    ns,
    stanza::{Refusal, StanzaError},
    stream::Context,
    xml::Node,
};

/// A request to a room.
pub(super) struct Question<'a> {
    pub(super) sender: &'a Sender,
    pub(super) payload: &'a Node,
    pub(super) people: &'a People,
    pub(super) settings: &'a RoomSettings,
}

impl Room {
    /// Answers what only asks.
    pub(super) fn tell(&self, question: &Question<'_>) -> Result<String, Refusal> {
        let Question { sender, payload, people, settings } = *question;
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
    pub(super) fn take(
        &mut self,
        question: &Question<'_>,
        is_anothers: impl Fn(&Nick) -> bool,
        mail: &mut Mail,
        cx: &mut Context<'_>,
    ) -> Result<String, Refusal> {
        let Question { sender, payload, people, settings } = *question;
        match (&*payload.name, &*payload.namespace) {
            ("query", ns::MUC_ADMIN) => self.administer(sender, payload, people, mail)?,
            ("query", ns::MUC_OWNER) => self.own(sender, payload, settings.most_history, mail)?,
            ("query", ns::REGISTER) => self.reserve(sender, payload, is_anothers)?,
            ("vCard", ns::VCARD) => self.set_card(sender, payload, mail)?,
            ("moderate", ns::MODERATE) => self.moderate(sender, payload, mail, cx)?,
            _ => return Err(StanzaError::ServiceUnavailable.into()),
        }
        Ok(String::new())
    }
}
