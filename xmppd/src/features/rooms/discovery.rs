//! XEP-0045 §6: what service discovery says of the service, of a room, and of who is in it.

use std::fmt::Write;

use super::{
    Rooms, Sender,
    configuration::Whois,
    rank::{Affiliation, AffiliationPrivilege},
    room::Room,
};
use crate::{
    features::form::{Field, FieldType, Form},
    ns,
    stanza::{Refusal, StanzaError},
    xml::{Escaped, Node},
};

/// What the service can do for every room.
const OF_SERVICE: [&str; 6] =
    [ns::DISCO_INFO, ns::DISCO_ITEMS, ns::MUC, ns::OCCUPANT_ID, ns::PING, ns::VCARD];

/// What every room can do.
const OF_ROOM: [&str; 12] = [
    ns::DISCO_INFO,
    ns::DISCO_ITEMS,
    ns::MUC,
    ns::MUC_REQUEST,
    ns::MUC_SELF_PING,
    ns::MUC_STABLE_ID,
    ns::REGISTER,
    ns::MODERATE,
    ns::OCCUPANT_ID,
    ns::PING,
    ns::STANZA_IDS,
    ns::VCARD,
];

impl Rooms {
    /// What the service is (§6.1).
    pub(super) fn info(query: &Node) -> Result<String, Refusal> {
        refuse_node(query)?;
        let identity = "<identity category='conference' type='text' name='Rooms'/>";
        Ok(info(query, identity, &OF_SERVICE, ""))
    }

    /// The rooms that somebody may know of (§6.3): the public ones, and those which one belongs to.
    pub(super) fn items(&self, sender: &Sender, query: &Node) -> Result<String, Refusal> {
        refuse_node(query)?;
        let is_known = |room: &&Room| {
            let affiliation = room.affiliation(&sender.account);
            !room.is_locked
                && affiliation.may(AffiliationPrivilege::EnterOpen)
                && (room.configuration.public || affiliation >= Affiliation::Member)
        };
        let mut items = String::new();
        for room in self.all.values().filter(is_known) {
            write!(items, "<item jid='{}' name='{}'/>", Escaped(room.jid.as_str()), Escaped(room.title()))
                .expect("a string takes everything");
        }
        Ok(format!("<query xmlns='{}'>{items}</query>", ns::DISCO_ITEMS))
    }
}

impl Room {
    /// What the room is (§6.4).
    pub(super) fn info(&self, sender: &Sender, query: &Node) -> Result<String, Refusal> {
        match query.attribute("node") {
            None => {}
            Some("x-roomuser-item") => return Ok(info(query, &self.reserved_identity(sender), &[], "")),
            Some(_) => return Err(StanzaError::ItemNotFound.into()),
        }
        let name = Escaped(self.title());
        let identity = format!("<identity category='conference' type='text' name='{name}'/>");
        let configuration = &self.configuration;
        let either = |is_so, yes, no| if is_so { yes } else { no };
        let mut vars = OF_ROOM.to_vec();
        vars.extend([
            either(configuration.members_only, "muc_membersonly", "muc_open"),
            either(configuration.moderated, "muc_moderated", "muc_unmoderated"),
            either(configuration.password.is_empty(), "muc_unsecured", "muc_passwordprotected"),
            either(configuration.persistent, "muc_persistent", "muc_temporary"),
            either(configuration.public, "muc_public", "muc_hidden"),
            either(configuration.whois == Whois::Anyone, "muc_nonanonymous", "muc_semianonymous"),
        ]);
        Ok(info(query, &identity, &vars, &self.form(sender).to_string()))
    }

    /// §15.5.4, XEP-0486 §5. What is talked about is for those who may listen.
    fn form(&self, sender: &Sender) -> Form {
        let configuration = &self.configuration;
        let line = |form: Form, name, label, value: &str| {
            form.field(&Field::new(name, FieldType::TextSingle, label, &[value]))
        };
        let mut form = Form::result(ns::MUC_ROOM_INFO);
        form = line(form, "muc#roominfo_description", "Description", &configuration.description);
        if self.affiliation(&sender.account).may(configuration.entrance())
            && configuration.password.is_empty()
        {
            let subject = self.subject.as_ref().map_or("", |subject| &subject.text);
            form = line(form, "muc#roominfo_subject", "Subject", subject);
        }
        form = line(form, "muc#roominfo_occupants", "Occupants", &self.occupants.len().to_string());
        form = line(form, "muc#roominfo_lang", "Language", &configuration.language);
        form = line(form, "muc#maxhistoryfetch", "Messages remembered", &configuration.history.to_string());
        let subject_open = if configuration.subject_open { "1" } else { "0" };
        form = form.field(&Field::new(
            "muc#roominfo_changesubject",
            FieldType::Boolean,
            "All may change the subject",
            &[subject_open],
        ));
        match self.card.as_ref().map(|card| &*card.hash) {
            None | Some("") => form,
            Some(hash) => form.field(&Field::new(
                "muc#roominfo_avatarhash",
                FieldType::TextMulti,
                "Hash of the avatar",
                &[hash],
            )),
        }
    }

    /// Who is in (§6.5), for those who are in, too.
    pub(super) fn items(&self, sender: &Sender, query: &Node) -> Result<String, Refusal> {
        refuse_node(query)?;
        let mut items = String::new();
        if self.occupant_of(sender.session).is_some() {
            for occupant in &self.occupants {
                write!(items, "<item jid='{}'/>", Escaped(&occupant.address))
                    .expect("a string takes everything");
            }
        }
        Ok(format!("<query xmlns='{}'>{items}</query>", ns::DISCO_ITEMS))
    }
}

fn refuse_node(query: &Node) -> Result<(), Refusal> {
    match query.attribute("node") {
        None => Ok(()),
        Some(_) => Err(StanzaError::ItemNotFound.into()),
    }
}

fn info(query: &Node, identity: &str, vars: &[&str], form: &str) -> String {
    let node = query.attribute("node").map(|node| format!(" node='{}'", Escaped(node))).unwrap_or_default();
    let mut info = format!("<query xmlns='{}'{node}>{identity}", ns::DISCO_INFO);
    for var in vars {
        write!(info, "<feature var='{var}'/>").expect("a string takes everything");
    }
    info.push_str(form);
    info.push_str("</query>");
    info
}
