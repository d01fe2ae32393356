//! The roster of one person: what the school says, and what they have put on top.

use std::sync::Arc;

use bytes::Bytes;

use super::{Member, circle::Circle, item::Item};
use crate::router::{
    ContactPolicy, Router,
    contacts::{Contact, Mark},
    people::Person,
    subscription::Half,
};

/// More pieces than these become one.
const MOST_PIECES: usize = 32;

/// How to bring a client up to date.
pub(crate) enum RosterUpdate {
    /// It needs all, in pieces to be put into the query.
    All(Vec<Bytes>),
    /// It knows all but the items of these addresses.
    Since(Vec<Arc<str>>),
}

impl Router {
    /// The version of somebody's roster (RFC 6121 §2.6): what names the school's part, and what names their own
    /// if they have one.
    pub(crate) fn roster_version(&mut self, owner: &str) -> String {
        let own = self.people.get(owner).map(|person| person.contacts.revision()).unwrap_or_default();
        let shared = self.roster.circle(owner).map_or("", Circle::revision);
        match own.to_string().as_str() {
            "" => shared.to_owned(),
            own => format!("{shared}.{own}"),
        }
    }

    /// What someone needs who has that version already.
    pub(crate) fn roster_update(&mut self, owner: &str, known: Option<&str>) -> RosterUpdate {
        match known.and_then(|known| self.changed_since(owner, known)) {
            Some(changed) => RosterUpdate::Since(changed),
            None => RosterUpdate::All(self.whole_roster(owner)),
        }
    }

    /// The item of a bare address in somebody's roster, if it is in there.
    pub(in crate::router) fn item(&self, owner: &str, address: &str) -> Option<Bytes> {
        let contact = self.people.get(owner)?.contacts.at(address);
        match (self.shared(owner, address), contact) {
            (None, None) => None,
            (Some(member), None) => Some(member.item.clone()),
            (Some(member), Some(contact)) => Some(overlaid(address, member, contact)),
            (None, Some(contact)) => self.own_item(address, contact),
        }
    }

    /// Whether somebody's roster has an item of that address.
    pub(crate) fn is_in_roster(&self, owner: &str, address: &str) -> bool {
        self.item(owner, address).is_some()
    }

    /// Names the item of an address in somebody's roster if it is not just what the school says.
    pub(in crate::router) fn mark(&self, owner: &str, address: &str) -> Mark {
        let has_own = self.people.get(owner).is_some_and(|person| person.contacts.at(address).is_some());
        let item = if has_own { self.item(owner, address) } else { None };
        let schools = self.shared(owner, address).map(|member| &member.item);
        item.filter(|item| Some(item) != schools).map(|item| Mark::of(&item)).unwrap_or_default()
    }

    /// What the school says of an address to that person.
    pub(crate) fn shared(&self, owner: &str, address: &str) -> Option<&Member> {
        let name = self.account_at(address).filter(|name| *name != owner)?;
        self.roster.seen(name, owner)
    }

    /// The addresses of all items in somebody's roster.
    pub(in crate::router) fn roster_addresses(&self, owner: &str) -> Vec<Arc<str>> {
        let shared = self.roster.names().filter(|name| ***name != *owner);
        let shared = shared.filter(|name| self.roster.seen(name, owner).is_some());
        let shared = shared.filter_map(|name| self.people.get(name)).map(|person| person.jid.as_str().into());
        let contacts = self.people.get(owner).into_iter().flat_map(|person| person.contacts.iter());
        shared.chain(contacts.map(|(address, _)| Arc::clone(address))).collect()
    }

    fn changed_since(&mut self, owner: &str, known: &str) -> Option<Vec<Arc<str>>> {
        let (shared, own) = known.split_once('.').unwrap_or((known, ""));
        let names = self.roster.circle(owner)?.changed_since(shared)?;
        let mut changed = self.people.get(owner)?.contacts.changed_since(own)?;
        let others = names.iter().filter(|name| ***name != *owner);
        changed.extend(others.map(|name| Arc::from(format!("{name}@{}", self.settings.domain))));
        changed.sort_unstable();
        changed.dedup();
        Some(changed)
    }

    pub(super) fn whole_roster(&mut self, owner: &str) -> Vec<Bytes> {
        let Some(person) = self.people.get(owner) else { return Vec::new() };
        let addresses: Vec<_> = person.contacts.iter().map(|(address, _)| Arc::clone(address)).collect();
        let suffix = format!("@{}", self.settings.domain);
        let replaced = addresses.iter().filter_map(|address| address.strip_suffix(&*suffix)).chain([owner]);
        let mut pieces = self.roster.circle(owner).map_or_else(Vec::new, |circle| circle.without(replaced));
        pieces.extend(addresses.iter().filter_map(|address| self.item(owner, address)));
        if pieces.len() > MOST_PIECES {
            return vec![pieces.concat().into()];
        }
        pieces
    }

    /// What somebody has in the roster without the school's doing.
    fn own_item(&self, address: &str, contact: &Contact) -> Option<Bytes> {
        let account = self.account_at(address).and_then(|name| self.people.get(name));
        let is_disabled = account.is_some_and(Person::is_disabled);
        if is_disabled || !contact.is_in_roster() {
            return None;
        }
        let subscription = self.agreed(contact.subscription);
        let item = Item {
            address,
            name: contact.name.as_deref(),
            subscription: subscription.name(),
            is_asked: subscription.to == Half::Pending,
            is_approved: contact.is_approved && self.settings.roster.contacts == ContactPolicy::Everybody,
            groups: contact.groups.iter().map(String::as_str).collect(),
        };
        Some(item.to_string().into())
    }
}

/// The school's item as its reader wants it.
fn overlaid(address: &str, member: &Member, contact: &Contact) -> Bytes {
    let schools = member.groups.iter().filter(|group| !contact.without.contains(group));
    let own = contact.groups.iter().filter(|group| !member.groups.contains(group));
    let item = Item {
        address,
        name: Some(contact.name.as_deref().unwrap_or(&member.display_name)),
        subscription: "both",
        is_asked: false,
        is_approved: false,
        groups: schools.chain(own).map(String::as_str).collect(),
    };
    item.to_string().into()
}
