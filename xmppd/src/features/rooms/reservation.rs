//! XEP-0045 §7.10: a nick of one's own in a room (by XEP-0077), and §7.12: which one that is.

use std::sync::Arc;

use super::{
    Sender,
    nick::Nick,
    rank::AffiliationPrivilege,
    room::{MOST_AFFILIATIONS, Room},
};
use crate::{
    features::form::{Field, FieldType, Form, Submission},
    ns,
    stanza::StanzaError,
    xml::{Escaped, Node},
};

impl Room {
    /// The form to reserve a nick with, and which one is reserved already.
    pub(super) fn reservation_form(&self, sender: &Sender) -> Result<String, StanzaError> {
        self.check_reserving(sender)?;
        let nick = self.reserved.get(&sender.name).map(Nick::as_str);
        let known = nick.map(|nick| format!("<registered/><username>{}</username>", Escaped(nick)));
        let form = Form::to_fill_in(ns::MUC_REGISTER).title("A nick of your own").field(&Field {
            is_required: true,
            ..Field::new("muc#register_roomnick", FieldType::TextSingle, "Nick", nick.as_slice())
        });
        Ok(format!("<query xmlns='{}'>{}{form}</query>", ns::REGISTER, known.unwrap_or_default()))
    }

    /// Reserves a nick, or gives it free; `is_anothers` tells names that belong to other people.
    pub(super) fn reserve(
        &mut self,
        sender: &Sender,
        query: &Node,
        is_anothers: impl Fn(&Nick) -> bool,
    ) -> Result<(), StanzaError> {
        self.check_reserving(sender)?;
        if query.child("remove", ns::REGISTER).is_some() {
            self.reserved.remove(&sender.name).ok_or(StanzaError::ItemNotFound)?;
            self.unsaved.room = true;
            return Ok(());
        }
        let submission = Submission::within(query).ok_or(StanzaError::BadRequest)?;
        if submission.is_cancelled {
            return Ok(());
        }
        let nick = submission.value("muc#register_roomnick").and_then(Nick::parse);
        let nick = nick.ok_or(StanzaError::NotAcceptable)?;
        self.check_nick(&nick, sender)?;
        if is_anothers(&nick) {
            return Err(StanzaError::Conflict);
        }
        if self.reserved.len() >= MOST_AFFILIATIONS && !self.reserved.contains_key(&sender.name) {
            return Err(StanzaError::ResourceConstraint);
        }
        self.reserved.insert(Arc::clone(&sender.name), nick);
        self.unsaved.room = true;
        Ok(())
    }

    /// A nick is for who may enter.
    fn check_reserving(&self, sender: &Sender) -> Result<(), StanzaError> {
        let affiliation = self.affiliation(&sender.account);
        if !affiliation.may(AffiliationPrivilege::EnterOpen) {
            return Err(StanzaError::Forbidden);
        }
        if affiliation.may(self.configuration.entrance()) {
            Ok(())
        } else {
            Err(StanzaError::RegistrationRequired)
        }
    }

    /// What service discovery says at the node `x-roomuser-item`.
    pub(super) fn reserved_identity(&self, sender: &Sender) -> String {
        let identity = |nick: &Nick| {
            format!("<identity category='conference' type='text' name='{}'/>", Escaped(nick.as_str()))
        };
        self.reserved.get(&sender.name).map(identity).unwrap_or_default()
    }
}
