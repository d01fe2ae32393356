//! XEP-0425: a moderator takes back what somebody else has said.

use std::sync::Arc;

use super::{Sender, history::Remembered, mail::Mail, rank::Role, room::Room, talk::stanza_id};
use crate::{
    features::delay,
    ns,
    stanza::{Stamped, StanzaError},
    stream::Context,
    xml::{Escaped, Node},
};

/// The longest id that is one of this room's.
const MOST_ID_BYTES: usize = 64;

impl Room {
    /// Forgets a message, and tells everybody to do so. One that is not remembered any more may still be on
    /// everybody's screen, so its id is enough.
    pub(super) fn moderate(
        &mut self,
        sender: &Sender,
        request: &Node,
        mail: &mut Mail,
        cx: &mut Context<'_>,
    ) -> Result<(), StanzaError> {
        let moderator = self.occupant_of(sender.session).ok_or(StanzaError::NotAcceptable)?;
        if moderator.role != Role::Moderator {
            return Err(StanzaError::Forbidden);
        }
        let id = request.attribute("id").ok_or(StanzaError::BadRequest)?;
        if request.child("retract", ns::RETRACTION).is_none() || id.len() > MOST_ID_BYTES {
            return Err(StanzaError::BadRequest);
        }
        let reason = request.child("reason", ns::MODERATE);
        let reason =
            reason.map(|reason| format!("<reason>{}</reason>", Escaped(&reason.text))).unwrap_or_default();
        let own_id = cx.token();
        let room = Escaped(self.jid.as_str());
        let start = format!("message type='groupchat' id='{own_id}' from='{room}'");
        let message = Stamped::own(
            &start,
            format!(
                "><retract xmlns='{}' id='{}'><moderated xmlns='{}' by='{}'>{}</moderated>{reason}</retract>\
                 {}</message>",
                ns::RETRACTION,
                Escaped(id),
                ns::MODERATE,
                Escaped(&moderator.address),
                moderator.id,
                stanza_id(&self.jid, &own_id)
            ),
        );
        for seat in self.seats() {
            mail.say(seat, &message);
        }
        self.history.forget(|message| message.id == id);
        let stamped = message.with_last_child(&delay::element(self.jid.as_str(), cx.now));
        let remembered = Remembered { id: own_id, account: Arc::clone(&sender.name), at: cx.now, stamped };
        self.history.remember(remembered, self.configuration.history);
        Ok(())
    }
}
