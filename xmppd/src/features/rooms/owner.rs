//! XEP-0045 §10.1, §10.2, §10.9: an owner configures a room, or ends it.

use super::{
    Sender,
    configuration::Configuration,
    mail::Mail,
    notice::{Notice, Status, about_room},
    rank::{AffiliationPrivilege, Role},
    room::Room,
};
use crate::{
    features::form::Submission,
    jid::Jid,
    ns,
    stanza::StanzaError,
    xml::{Escaped, Node},
};

impl Room {
    /// The form to configure it with.
    pub(super) fn form_for(&self, sender: &Sender, most: usize) -> Result<String, StanzaError> {
        if !self.standing_of(sender).affiliation.may(AffiliationPrivilege::Configure) {
            return Err(StanzaError::Forbidden);
        }
        Ok(format!("<query xmlns='{}'>{}</query>", ns::MUC_OWNER, self.configuration.form(most)))
    }

    /// A form that was filled in, or would rather not; or the wish to end the room.
    pub(super) fn own(
        &mut self,
        sender: &Sender,
        query: &Node,
        most_history: usize,
        mail: &mut Mail,
    ) -> Result<(), StanzaError> {
        let affiliation = self.standing_of(sender).affiliation;
        if let Some(destroy) = query.child("destroy", ns::MUC_OWNER) {
            if !affiliation.may(AffiliationPrivilege::Destroy) {
                return Err(StanzaError::Forbidden);
            }
            return self.destroy(destroy, mail);
        }
        if !affiliation.may(AffiliationPrivilege::Configure) {
            return Err(StanzaError::Forbidden);
        }
        let submission = Submission::within(query).ok_or(StanzaError::BadRequest)?;
        if submission.is_cancelled {
            // §10.1.3: a room that nobody configures is none.
            if self.is_locked {
                self.dissolve(&Notice { codes: &[Status::OwnPresence], ..Notice::default() }, mail);
                self.is_over = true;
            }
            return Ok(());
        }
        let mut configuration = self.configuration.read(&submission)?;
        configuration.history = configuration.history.min(most_history);
        if let Some(made) = &self.made {
            made.keep(&mut configuration);
        }
        self.configure(configuration, mail);
        Ok(())
    }

    /// Makes it so, writes it down, and lets everybody in the room know.
    pub(super) fn configure(&mut self, configuration: Configuration, mail: &mut Mail) {
        self.unsaved.room = true;
        self.unsaved.card |= self.configuration.persistent != configuration.persistent;
        self.reconfigure(configuration, mail);
    }

    /// Makes it so, and lets everybody in the room know.
    pub(super) fn reconfigure(&mut self, configuration: Configuration, mail: &mut Mail) {
        let old = std::mem::replace(&mut self.configuration, configuration);
        self.history.limit(self.configuration.history);
        // §10.1.3: who has waited for the room may come now.
        self.is_locked = false;
        let codes = self.configuration.changes_since(&old);
        if codes.is_empty() {
            return;
        }
        self.announce(&about_room(&codes), mail);
        if self.configuration.members_only && !old.members_only {
            let notice = Notice { codes: &[Status::MembersOnlyNow], ..Notice::default() };
            let is_outsider = |room: &Self, place: usize| {
                !room.occupants[place].affiliation.may(AffiliationPrivilege::EnterMembersOnly)
            };
            self.expel_all(is_outsider, &notice, mail);
        }
        if old.moderated && !self.configuration.moderated {
            self.give_voice_to_all(mail);
        }
        if self.configuration.whois != old.whois {
            for place in 0..self.occupants.len() {
                self.show_change(place, &Notice::default(), mail);
            }
        }
    }

    /// Where nobody gives voice any more, nobody needs it.
    fn give_voice_to_all(&mut self, mail: &mut Mail) {
        for place in 0..self.occupants.len() {
            if self.occupants[place].role == Role::Visitor {
                self.occupants[place].role = Role::Participant;
                self.show_change(place, &Notice::default(), mail);
            }
        }
    }

    /// §10.9. What the site has made would only come back with the next start.
    fn destroy(&mut self, destroy: &Node, mail: &mut Mail) -> Result<(), StanzaError> {
        if self.made.is_some() {
            return Err(StanzaError::NotAllowed);
        }
        let venue = match destroy.attribute("jid") {
            None => String::new(),
            Some(jid) => {
                let jid = Jid::parse(jid).map_err(|_| StanzaError::JidMalformed)?;
                if jid.domain() != self.jid.domain() {
                    return Err(StanzaError::NotAcceptable); // nothing leads out of the school
                }
                format!(" jid='{}'", Escaped(jid.as_str()))
            }
        };
        let reason = destroy.child("reason", ns::MUC_OWNER).map_or("", |reason| &reason.text);
        let rest = format!("<destroy{venue}><reason>{}</reason></destroy>", Escaped(reason));
        self.dissolve(&Notice { rest: &rest, codes: &[Status::OwnPresence], ..Notice::default() }, mail);
        self.is_over = true;
        Ok(())
    }
}
