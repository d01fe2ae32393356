//! Changes to what accounts keep about others: in memory at once, and as records.

use std::sync::Arc;

use super::{Contact, Mark};
use crate::{
    record::{Record, Shelf},
    router::Router,
    stream::Context,
};

/// About how many contacts an account may keep something.
pub(in crate::router) const MOST_CONTACTS: usize = 1000;

/// What has become of what an account keeps about a contact.
#[derive(Default)]
#[must_use]
pub(crate) struct Amended {
    /// To be written down.
    pub(crate) record: Option<Record>,
    /// Whether the roster shows it.
    pub(crate) shows: bool,
}

impl Router {
    /// Whether an account may keep something about one contact more.
    pub(crate) fn has_room_for(&self, owner: &str, address: &str) -> bool {
        let Some(person) = self.person(owner) else { return false };
        person.contacts.at(address).is_some() || person.contacts.len() < MOST_CONTACTS
    }

    /// Changes what an account keeps about a contact.
    pub(crate) fn amend(
        &mut self,
        owner: &Arc<str>,
        address: &str,
        change: impl FnOnce(&mut Contact),
    ) -> Amended {
        let before = self.mark(owner, address);
        let Some(person) = self.people.get_mut(owner) else { return Amended::default() };
        let old = person.contacts.at(address).cloned().unwrap_or_default();
        let mut contact = old.clone();
        change(&mut contact);
        if contact == old {
            return Amended::default();
        }
        let value = (contact != Contact::default()).then(|| contact.to_bytes());
        person.contacts.put(address, contact);
        let after = self.mark(owner, address);
        if let Some(person) = self.people.get_mut(owner) {
            person.contacts.changed(address, before, after);
        }
        let record = Record::of_account(owner, Shelf::Contact, address, value);
        Amended { record: Some(record), shows: before != after }
    }

    /// Takes in what was written down.
    pub(crate) fn restore_contact(&mut self, owner: &str, address: &str, contact: Contact) {
        let Some(person) = self.people.get_mut(owner) else { return };
        person.contacts.put(address, contact);
        let mark = self.mark(owner, address);
        if let Some(person) = self.people.get_mut(owner) {
            person.contacts.changed(address, Mark::default(), mark);
        }
    }

    /// There is no such account any more: whoever gets its name later is a stranger to all.
    pub(in crate::router) fn forget_contact(&mut self, name: &str, cx: &mut Context<'_>) {
        let address = self.address_of_account(name);
        let holders = self.people.values_mut().filter(|person| person.contacts.at(&address).is_some());
        for person in holders {
            person.contacts.put(&address, Contact::default());
            // One by one: another of them may be on the way out, too, and would take the rest with it.
            cx.record(vec![Record::of_account(&person.name, Shelf::Contact, &*address, None)]);
        }
    }
}
