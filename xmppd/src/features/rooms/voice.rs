//! XEP-0045 §7.13, §8.6: a visitor asks for voice, and a moderator gives it.

use super::{
    Sender,
    mail::Mail,
    notice::Notice,
    occupant::Occupant,
    rank::{Role, check_role},
    room::Room,
};
use crate::{
    features::form::{Field, FieldType, Form, Submission},
    ns,
    stanza::{Stamped, StanzaError},
    xml::Escaped,
};

impl Room {
    /// A form about voice: a request, or a moderator's answer to one.
    pub(super) fn hear_about_voice(
        &mut self,
        sender: &Sender,
        form: &Submission,
        mail: &mut Mail,
    ) -> Result<(), StanzaError> {
        if form.form_type() != Some(ns::MUC_REQUEST) {
            return Err(StanzaError::BadRequest);
        }
        let asking = self.occupant_of(sender.session).ok_or(StanzaError::NotAcceptable)?;
        match form.flag("muc#request_allow") {
            None => self.ask_moderators(asking, form, mail),
            Some(false) => Ok(()),
            Some(true) => self.grant_voice(sender, form, mail),
        }
    }

    fn ask_moderators(
        &self,
        asking: &Occupant,
        form: &Submission,
        mail: &mut Mail,
    ) -> Result<(), StanzaError> {
        if form.value("muc#role") != Some(Role::Participant.name()) {
            return Err(StanzaError::BadRequest);
        }
        if asking.role != Role::Visitor {
            return Err(StanzaError::NotAcceptable);
        }
        let question = Form::to_fill_in(ns::MUC_REQUEST)
            .title("Somebody asks for voice")
            .field(&Field::new("muc#role", FieldType::ListSingle, "Role", &[Role::Participant.name()]))
            .field(&Field::new("muc#jid", FieldType::JidSingle, "Who", &[asking.latest().jid.as_str()]))
            .field(&Field::new("muc#roomnick", FieldType::TextSingle, "Nick", &[asking.nick.as_str()]))
            .field(&Field::new("muc#request_allow", FieldType::Boolean, "Give voice?", &["0"]));
        let start = format!("message from='{}'", Escaped(self.jid.as_str()));
        let message = Stamped::own(&start, format!(">{question}</message>"));
        let moderators = self.occupants.iter().filter(|occupant| occupant.role == Role::Moderator);
        for seat in moderators.flat_map(|moderator| &moderator.seats) {
            mail.say(seat, &message);
        }
        Ok(())
    }

    fn grant_voice(
        &mut self,
        sender: &Sender,
        form: &Submission,
        mail: &mut Mail,
    ) -> Result<(), StanzaError> {
        let own = self.standing_of(sender);
        if own.role != Role::Moderator {
            return Err(StanzaError::Forbidden);
        }
        let nick = form.value("muc#roomnick").ok_or(StanzaError::BadRequest)?;
        let target = self.occupant_called(nick).ok_or(StanzaError::ItemNotFound)?;
        if target.role != Role::Visitor {
            return Ok(()); // another moderator was faster
        }
        check_role(own, target.standing(), Role::Participant)?;
        self.assign(nick, Role::Participant, &Notice::default(), mail);
        Ok(())
    }
}
