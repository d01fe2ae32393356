//! XEP-0045 §7.8.2: an occupant has the room invite somebody; who is invited may decline.

use std::sync::Arc;

use super::{
    Sender,
    admin::People,
    mail::Mail,
    notice::Notice,
    rank::Affiliation,
    room::{MOST_AFFILIATIONS, Room},
};
use crate::{
    jid::Jid,
    ns,
    router::people::Person,
    stanza::{Packet, Stamped, StanzaError},
    xml::{Escaped, Node},
};

/// The most people that one message invites.
const MOST_INVITED: usize = 20;

/// Something that the room writes to somebody's account.
pub(super) struct Letter {
    pub(super) account: Arc<str>,
    pub(super) packet: Packet,
}

impl Room {
    /// Invites people; into a members-only room as members.
    pub(super) fn invite(
        &mut self,
        sender: &Sender,
        wishes: &Node,
        people: &People,
        mail: &mut Mail,
    ) -> Result<Vec<Letter>, StanzaError> {
        let own = self.occupant_of(sender.session).ok_or(StanzaError::NotAcceptable)?.affiliation;
        if !self.configuration.lets_invite(own) {
            return Err(StanzaError::Forbidden);
        }
        let wanted = wishes.children.iter().filter(|child| child.is("invite", ns::MUC_USER));
        let invited: Vec<_> = wanted
            .map(|invite| account_of(invite, people).map(|person| (invite, person)))
            .collect::<Result<_, _>>()?;
        if invited.len() > MOST_INVITED || self.affiliations.len() + invited.len() > MOST_AFFILIATIONS {
            return Err(StanzaError::ResourceConstraint);
        }
        let is_outcast = |person: &Person| self.affiliation(&person.account) == Affiliation::Outcast;
        if invited.iter().any(|(_, person)| is_outcast(person)) {
            return Err(StanzaError::NotAllowed); // only who may lift a ban lets them in again
        }
        let mut letters = Vec::new();
        for (invite, person) in invited {
            if self.configuration.members_only && self.affiliation(&person.account) < Affiliation::Member {
                self.affiliate(person, Affiliation::Member, &Notice::default(), mail);
            }
            letters.push(self.invitation(sender, invite, person));
        }
        Ok(letters)
    }

    fn invitation(&self, sender: &Sender, invite: &Node, person: &Person) -> Letter {
        let reason = reason_of(invite);
        let from = Escaped(sender.jid.bare());
        let password = match &*self.configuration.password {
            "" => String::new(),
            password => format!("<password>{}</password>", Escaped(password)),
        };
        let payload =
            format!("<x xmlns='{}'><invite from='{from}'>{reason}</invite>{password}</x>", ns::MUC_USER);
        self.letter(person, &payload)
    }

    /// Tells who invited that it was for nothing; whoever has nothing to do with the room has invited nobody.
    pub(super) fn decline(
        &self,
        sender: &Sender,
        decline: &Node,
        people: &People,
    ) -> Result<Letter, StanzaError> {
        let person = account_of(decline, people)?;
        let is_there = self.occupants.iter().any(|occupant| occupant.account == person.name);
        if !is_there && self.affiliation(&person.account) < Affiliation::Member {
            return Err(StanzaError::ItemNotFound);
        }
        let payload = format!(
            "<x xmlns='{}'><decline from='{}'>{}</decline></x>",
            ns::MUC_USER,
            Escaped(sender.jid.bare()),
            reason_of(decline)
        );
        Ok(self.letter(person, &payload))
    }

    fn letter(&self, person: &Person, payload: &str) -> Letter {
        let start = format!("message from='{}'", Escaped(self.jid.as_str()));
        let message = Stamped::own(&start, format!(">{payload}</message>"));
        Letter { account: Arc::clone(&person.name), packet: message.to(&person.bare) }
    }
}

fn account_of<'a>(item: &Node, people: &'a People) -> Result<&'a Person, StanzaError> {
    let to = item.attribute("to").ok_or(StanzaError::BadRequest)?;
    let to = Jid::parse(to).map_err(|_| StanzaError::JidMalformed)?;
    let person = to.local().and_then(|name| people.get(name));
    let person = person.filter(|person| person.account.enabled && person.jid.as_str() == to.bare());
    person.ok_or(StanzaError::ItemNotFound)
}

fn reason_of(item: &Node) -> String {
    match item.child("reason", ns::MUC_USER) {
        None => String::new(),
        Some(reason) => format!("<reason>{}</reason>", Escaped(&reason.text)),
    }
}
