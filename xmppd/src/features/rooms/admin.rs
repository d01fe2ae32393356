//! XEP-0045 §8, §9, §10.3 to §10.8: who changes roles and affiliations, and who sees the lists of them.

use std::{collections::HashMap, sync::Arc};

use super::{
    Sender,
    configuration::Whois,
    mail::Mail,
    notice::{Notice, Status},
    rank::{Affiliation, AffiliationPrivilege, Role, RolePrivilege, Standing, check_affiliation, check_role},
    room::{MOST_AFFILIATIONS, Room},
};
use crate::{
    account::Account,
    jid::Jid,
    ns,
    router::people::Person,
    stanza::{Stamped, StanzaError},
    xml::{Escaped, Node},
};

/// Every account of the server.
pub(super) type People = HashMap<Arc<str>, Person>;

/// The most changes that one request asks for: of each, everybody in the room is told.
const MOST_CHANGES: usize = 100;

/// One `<item/>` of a request, checked.
struct Change<'a> {
    what: What,
    reason: Option<&'a str>,
}

enum What {
    Affiliation(Arc<str>, Affiliation),
    /// Of the occupant of that nick.
    Role(String, Role),
}

impl Room {
    /// Answers with a list, of a role or an affiliation.
    pub(super) fn list(&self, sender: &Sender, query: &Node, people: &People) -> Result<String, StanzaError> {
        let item = query.child("item", ns::MUC_ADMIN).ok_or(StanzaError::BadRequest)?;
        let own = self.standing_of(sender);
        let items = match (item.attribute("affiliation"), item.attribute("role")) {
            (Some(affiliation), None) => {
                let affiliation = Affiliation::from_name(affiliation).ok_or(StanzaError::BadRequest)?;
                self.check_list(own.affiliation, affiliation)?;
                self.affiliated(affiliation, people)
            }
            (None, Some(role)) => {
                let role = Role::from_name(role).filter(|role| *role != Role::None);
                let role = role.ok_or(StanzaError::BadRequest)?;
                if !own.role.may(RolePrivilege::Kick) {
                    return Err(StanzaError::Forbidden);
                }
                self.of_role(role)
            }
            _ => return Err(StanzaError::BadRequest),
        };
        Ok(format!("<query xmlns='{}'>{items}</query>", ns::MUC_ADMIN))
    }

    /// §9.5: who sees addresses anyway may know who belongs to the room, to encrypt for them; but not who is kept
    /// out.
    fn check_list(&self, own: Affiliation, wanted: Affiliation) -> Result<(), StanzaError> {
        let is_open = self.configuration.whois == Whois::Anyone && wanted >= Affiliation::Member;
        let needed =
            if is_open { AffiliationPrivilege::ListMembers } else { AffiliationPrivilege::EditMembers };
        if own.may(needed) { Ok(()) } else { Err(StanzaError::Forbidden) }
    }

    fn affiliated(&self, wanted: Affiliation, people: &People) -> String {
        let is_listed = |person: &&Person| {
            let is_made_for = self.made.as_ref().is_some_and(|made| made.includes(&person.account));
            (is_made_for || self.affiliations.contains_key(&person.name))
                && self.affiliation(&person.account) == wanted
        };
        let mut listed: Vec<_> = people.values().filter(is_listed).collect();
        listed.sort_unstable_by_key(|person| &person.name);
        let item = |person: &Person| {
            format!("<item affiliation='{}' jid='{}'/>", wanted.name(), Escaped(person.jid.as_str()))
        };
        listed.into_iter().map(item).collect()
    }

    fn of_role(&self, role: Role) -> String {
        let occupants = self.occupants.iter().filter(|occupant| occupant.role == role);
        let item = |occupant: &super::occupant::Occupant| {
            let (nick, jid) = (Escaped(occupant.nick.as_str()), Escaped(occupant.latest().jid.as_str()));
            let affiliation = occupant.affiliation.name();
            format!("<item affiliation='{affiliation}' role='{}' nick='{nick}' jid='{jid}'/>", role.name())
        };
        occupants.map(item).collect()
    }

    /// What somebody is here, in the room or not.
    pub(super) fn standing_of(&self, sender: &Sender) -> Standing {
        let role = self.occupant_of(sender.session).map_or(Role::None, |occupant| occupant.role);
        Standing { affiliation: self.affiliation(&sender.account), role }
    }

    /// Changes roles and affiliations: all that are asked for, or none.
    pub(super) fn administer(
        &mut self,
        sender: &Sender,
        query: &Node,
        people: &People,
        mail: &mut Mail,
    ) -> Result<(), StanzaError> {
        let items = query.children.iter().filter(|child| child.is("item", ns::MUC_ADMIN));
        let changes: Vec<_> =
            items.map(|item| self.change(sender, item, people)).collect::<Result<_, _>>()?;
        if changes.is_empty() {
            return Err(StanzaError::BadRequest);
        }
        if changes.len() > MOST_CHANGES {
            return Err(StanzaError::ResourceConstraint);
        }
        self.check_owners(&changes, people)?;
        let actor = self.occupant_of(sender.session).map(|occupant| occupant.nick.as_str().to_owned());
        for Change { what, reason } in changes {
            let notice = Notice { actor: actor.as_deref(), reason, ..Notice::default() };
            match what {
                What::Affiliation(name, affiliation) => {
                    if let Some(person) = people.get(&name) {
                        self.affiliate(person, affiliation, &notice, mail);
                    }
                }
                What::Role(nick, role) => self.assign(&nick, role, &notice, mail),
            }
        }
        Ok(())
    }

    fn change<'a>(
        &self,
        sender: &Sender,
        item: &'a Node,
        people: &People,
    ) -> Result<Change<'a>, StanzaError> {
        let reason = item.child("reason", ns::MUC_ADMIN).map(|reason| reason.text.as_str());
        let what = match (item.attribute("affiliation"), item.attribute("role")) {
            (Some(affiliation), None) => {
                let affiliation = Affiliation::from_name(affiliation).ok_or(StanzaError::BadRequest)?;
                self.change_of_affiliation(sender, item, affiliation, people)?
            }
            (None, Some(role)) => {
                let role = Role::from_name(role).ok_or(StanzaError::BadRequest)?;
                self.change_of_role(sender, item, role)?
            }
            _ => return Err(StanzaError::BadRequest),
        };
        Ok(Change { what, reason })
    }

    fn change_of_role(&self, sender: &Sender, item: &Node, role: Role) -> Result<What, StanzaError> {
        let nick = item.attribute("nick").ok_or(StanzaError::BadRequest)?;
        let own = self.standing_of(sender);
        // Who may not look must not learn who is there.
        if own.role == Role::None && !own.affiliation.may(AffiliationPrivilege::AssignModerators) {
            return Err(StanzaError::Forbidden);
        }
        let target = self.occupant_called(nick).ok_or(StanzaError::ItemNotFound)?;
        // An admin does from outside what it could do once it is in.
        let role_of_own = own.role.max(own.affiliation.initial_role(true));
        check_role(Standing { role: role_of_own, ..own }, target.standing(), role)?;
        Ok(What::Role(nick.to_owned(), role))
    }

    fn change_of_affiliation(
        &self,
        sender: &Sender,
        item: &Node,
        affiliation: Affiliation,
        people: &People,
    ) -> Result<What, StanzaError> {
        let own = self.standing_of(sender).affiliation;
        if !own.may(AffiliationPrivilege::EditMembers) {
            return Err(StanzaError::Forbidden);
        }
        let person = self.meant(item, people)?;
        check_affiliation(own, self.affiliation(&person.account), affiliation)?;
        if person.account.is_administrator() && affiliation < Affiliation::Owner {
            return Err(StanzaError::NotAllowed);
        }
        if person.name == sender.name && affiliation == Affiliation::Outcast {
            return Err(StanzaError::Conflict); // §9.1
        }
        let is_new = !self.affiliations.contains_key(&person.name) && affiliation != Affiliation::None;
        if is_new && self.affiliations.len() >= MOST_AFFILIATIONS {
            return Err(StanzaError::ResourceConstraint);
        }
        Ok(What::Affiliation(Arc::clone(&person.name), affiliation))
    }

    /// The account that an item means, by its address, or by its nick if it is in the room.
    fn meant<'a>(&self, item: &Node, people: &'a People) -> Result<&'a Person, StanzaError> {
        let person = match (item.attribute("jid"), item.attribute("nick")) {
            (Some(jid), _) => {
                let jid = Jid::parse(jid).map_err(|_| StanzaError::JidMalformed)?;
                let person = jid.local().and_then(|name| people.get(name));
                person.filter(|person| person.jid.as_str() == jid.bare())
            }
            (None, Some(nick)) => {
                self.occupant_called(nick).and_then(|occupant| people.get(&occupant.account))
            }
            (None, None) => return Err(StanzaError::BadRequest),
        };
        person.ok_or(StanzaError::ItemNotFound)
    }

    /// §10.6: a room without owners could never be configured again.
    fn check_owners(&self, changes: &[Change<'_>], people: &People) -> Result<(), StanzaError> {
        let mut affiliations = self.affiliations.clone();
        for change in changes {
            if let What::Affiliation(name, affiliation) = &change.what {
                affiliations.insert(Arc::clone(name), *affiliation);
            }
        }
        let is_owner = |(name, affiliation): (&Arc<str>, &Affiliation)| {
            *affiliation == Affiliation::Owner && people.contains_key(name)
        };
        let (had, has) = (self.affiliations.iter().any(is_owner), affiliations.iter().any(is_owner));
        if had && !has { Err(StanzaError::Conflict) } else { Ok(()) }
    }

    /// Gives an occupant a role; none puts it out (§8.2).
    pub(super) fn assign(&mut self, nick: &str, role: Role, notice: &Notice<'_>, mail: &mut Mail) {
        let place = self.occupants.iter().position(|occupant| occupant.nick.as_str() == nick);
        let Some(place) = place else { return };
        if role == Role::None {
            return self.expel(place, &Notice { codes: &[Status::Kicked], ..*notice }, mail);
        }
        self.occupants[place].role = role;
        self.show_change(place, notice, mail);
    }

    /// Makes an account something to the room.
    pub(super) fn affiliate(
        &mut self,
        person: &Person,
        affiliation: Affiliation,
        notice: &Notice<'_>,
        mail: &mut Mail,
    ) {
        if affiliation == Affiliation::None {
            self.affiliations.remove(&person.name);
        } else {
            self.affiliations.insert(Arc::clone(&person.name), affiliation);
        }
        self.unsaved.room = true;
        if self.occupants.iter().any(|occupant| occupant.account == person.name) {
            self.reconsider(&person.account, notice, mail);
        } else {
            self.tell_of_absent(person, notice, mail);
        }
    }

    /// Gives an account's occupants what they are now: another standing, or the door.
    pub(super) fn reconsider(&mut self, account: &Account, notice: &Notice<'_>, mail: &mut Mail) {
        let now = self.affiliation(account);
        for place in (0..self.occupants.len()).rev() {
            let occupant = &mut self.occupants[place];
            if *occupant.account != *account.name || occupant.affiliation == now {
                continue;
            }
            let has_risen = now > occupant.affiliation;
            let initial = now.initial_role(self.configuration.moderated);
            occupant.affiliation = now;
            if now == Affiliation::Outcast {
                self.expel(place, &Notice { codes: &[Status::Banned], ..*notice }, mail);
            } else if !now.may(self.configuration.entrance()) {
                self.expel(place, &Notice { codes: &[Status::NoMemberAnyMore], ..*notice }, mail);
            } else {
                occupant.role = if has_risen { occupant.role.max(initial) } else { initial };
                self.show_change(place, notice, mail);
            }
        }
    }

    /// §9.3: of somebody who is not there, those are told who see addresses.
    fn tell_of_absent(&self, person: &Person, notice: &Notice<'_>, mail: &mut Mail) {
        let standing = Standing { affiliation: self.affiliation(&person.account), role: Role::None };
        let payload = notice.about(standing, Some(person.jid.as_str()));
        let start = format!("message from='{}'", Escaped(self.jid.as_str()));
        let message = Stamped::own(&start, format!(">{payload}</message>"));
        for occupant in &self.occupants {
            if self.configuration.shows_addresses_to(occupant.role) {
                occupant.seats.iter().for_each(|seat| mail.say(seat, &message));
            }
        }
    }
}
