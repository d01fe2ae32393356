//! What follows for everybody when an account is another: new, gone, renamed, in other groups, with other
//! rights. What there was to see before is compared with what there is after.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;

use crate::{
    router::{Router, Session, contacts::Mark},
    stream::{Context, SessionId},
};

/// What there is to see between an account and all others.
#[derive(Default)]
struct Outlook {
    /// The account's item in the rosters that clients have asked for, by whose they are.
    in_rosters: BTreeMap<Arc<str>, Bytes>,
    /// Its mark with those who keep something about it.
    marks_with_others: Vec<(Arc<str>, Mark)>,
    /// The marks of those about whom it keeps something.
    marks: Vec<(Arc<str>, Mark)>,
    /// Its own roster, if a client has asked for it.
    roster: BTreeMap<Arc<str>, Bytes>,
    /// The version of that.
    version: String,
    /// Which sessions see it.
    audience: BTreeSet<SessionId>,
    /// Which sessions it sees.
    view: BTreeSet<SessionId>,
}

impl Router {
    /// Carries out a change of an account, and tells everybody whom it concerns.
    pub(in crate::router) fn reshape(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Self, &mut Context<'_>),
        cx: &mut Context<'_>,
    ) {
        let before = self.outlook(name);
        self.move_sessions(
            name,
            |router, cx| {
                change(router, cx);
                router.roster.set(name, router.people.get(name).map(|person| &*person.account));
            },
            cx,
        );
        self.note_marks(name, &before);
        let after = self.outlook(name);
        self.tell_of_leaving(name, &before, &after, cx);
        self.push_differences(name, &before, &after, cx);
        self.tell_of_joining(name, &before, &after, cx);
    }

    fn outlook(&mut self, name: &str) -> Outlook {
        let address = self.address_of_account(name);
        let is_read = !self.interested(name).is_empty();
        let version = if is_read { self.roster_version(name) } else { String::new() };
        let readers = self.sessions.values().filter(|session| session.interested);
        let readers: BTreeSet<_> = readers.map(|session| Arc::clone(&session.account)).collect();
        let in_rosters = readers.iter().filter(|reader| ***reader != *name);
        let in_rosters =
            in_rosters.filter_map(|reader| Some((Arc::clone(reader), self.item(reader, &address)?)));
        let holders = self.people.values().filter(|person| person.contacts.at(&address).is_some());
        let contacts = self.people.get(name).into_iter().flat_map(|person| person.contacts.iter());
        let items = || {
            let addresses = self.roster_addresses(name).into_iter();
            addresses.filter_map(|address| self.item(name, &address).map(|item| (address, item)))
        };
        Outlook {
            in_rosters: in_rosters.collect(),
            marks_with_others: holders
                .map(|person| (Arc::clone(&person.name), self.mark(&person.name, &address)))
                .collect(),
            marks: contacts.map(|(address, _)| (Arc::clone(address), self.mark(name, address))).collect(),
            roster: if is_read { items().collect() } else { BTreeMap::new() },
            audience: self.audience(name).map(|session| session.id).collect(),
            view: self.view(name).map(|session| session.id).collect(),
            version,
        }
    }

    /// Has the account's sessions be found where they belong after the change.
    fn move_sessions(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Self, &mut Context<'_>),
        cx: &mut Context<'_>,
    ) {
        let sessions: Vec<_> = self.sessions_of(name).map(|session| session.id).collect();
        if let Some(member) = self.roster.member(name) {
            for session in &sessions {
                self.online.leave(*session, &member.sight);
            }
        }
        change(self, cx);
        if let Some(member) = self.roster.member(name) {
            for session in sessions {
                self.online.enter(session, &member.sight);
            }
        }
    }

    fn note_marks(&mut self, name: &str, before: &Outlook) {
        let address = self.address_of_account(name);
        for (owner, mark) in &before.marks_with_others {
            let after = self.mark(owner, &address);
            if let Some(person) = self.people.get_mut(owner) {
                person.contacts.changed(&address, *mark, after);
            }
        }
        for (contact, mark) in &before.marks {
            let after = self.mark(name, contact);
            if let Some(person) = self.people.get_mut(name) {
                person.contacts.changed(contact, *mark, after);
            }
        }
    }

    fn push_differences(&mut self, name: &str, before: &Outlook, after: &Outlook, cx: &mut Context<'_>) {
        let address = self.address_of_account(name);
        for owner in differing(&before.in_rosters, &after.in_rosters) {
            self.push_item(&owner, &address, cx);
        }
        let changed = differing(&before.roster, &after.roster);
        for session in self.interested(name) {
            self.push_items(session, &changed, &before.version, cx);
        }
    }

    /// Who does not see somebody any more sees them go.
    fn tell_of_leaving(&self, name: &str, before: &Outlook, after: &Outlook, cx: &mut Context<'_>) {
        for watcher in self.others(name, before.audience.difference(&after.audience)) {
            self.available(name).for_each(|session| watcher.see(&session.farewell(), cx));
        }
        for seen in self.others(name, before.view.difference(&after.view)) {
            self.available(name).for_each(|watcher| watcher.see(&seen.farewell(), cx));
        }
    }

    /// Who sees somebody from now on sees that they are there.
    fn tell_of_joining(&self, name: &str, before: &Outlook, after: &Outlook, cx: &mut Context<'_>) {
        for watcher in self.others(name, after.audience.difference(&before.audience)) {
            self.available(name).for_each(|session| self.introduce(session, watcher, cx));
        }
        for seen in self.others(name, after.view.difference(&before.view)) {
            self.available(name).for_each(|watcher| self.introduce(seen, watcher, cx));
        }
    }

    pub(super) fn others<'a>(
        &'a self,
        name: &str,
        sessions: impl Iterator<Item = &'a SessionId>,
    ) -> impl Iterator<Item = &'a Session> {
        sessions.filter_map(|id| self.sessions.get(id)).filter(move |session| *session.account != *name)
    }
}

/// The keys whose values are not the same in both.
pub(super) fn differing(one: &BTreeMap<Arc<str>, Bytes>, other: &BTreeMap<Arc<str>, Bytes>) -> Vec<Arc<str>> {
    let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    keys.into_iter().filter(|key| one.get(*key) != other.get(*key)).cloned().collect()
}
