//! What follows for everybody when the site's word on rosters is another: who is not seen any more goes at once, who
//! is seen from now on appears, and so in the rosters of all who have asked for theirs.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
};

use bytes::Bytes;

use super::{SharedRoster, membership::differing};
use crate::{
    router::{Router, Settings, audience::Online, contacts::Mark},
    stream::{Context, SessionId},
};

/// What decides who sees whom.
struct Order {
    settings: Settings,
    roster: SharedRoster,
    online: Online,
}

/// What somebody sees.
struct Prospect {
    /// The roster, if a client has asked for it, and its version.
    roster: BTreeMap<Arc<str>, Bytes>,
    version: String,
    /// The marks of those about whom something is kept.
    marks: Vec<(Arc<str>, Mark)>,
    /// Sessions.
    view: BTreeSet<SessionId>,
}

impl Router {
    /// Puts these settings in force; answers with those that were.
    pub(in crate::router) fn reform(&mut self, settings: Settings, cx: &mut Context<'_>) -> Settings {
        let word = |settings: &Settings| (settings.roster.clone(), settings.organisation.clone());
        if word(&settings) == word(&self.settings) {
            return mem::replace(&mut self.settings, settings);
        }
        // The other of the two: the new one while somebody looks at the old one.
        let mut other = self.order(settings);
        let names: Vec<_> = self.people.keys().cloned().collect();
        for name in names {
            let before = self.prospect(&name);
            self.exchange(&mut other);
            self.follow(&name, &before, cx);
            self.exchange(&mut other);
        }
        self.exchange(&mut other);
        other.settings
    }

    /// How it would be with these settings.
    fn order(&self, settings: Settings) -> Order {
        let roster = SharedRoster::new(&settings, self.people.values().map(|person| &*person.account));
        let mut online = Online::default();
        for session in self.sessions.values() {
            if let Some(member) = roster.member(&session.account) {
                online.enter(session.id, &member.sight);
            }
        }
        Order { settings, roster, online }
    }

    fn exchange(&mut self, other: &mut Order) {
        mem::swap(&mut self.settings, &mut other.settings);
        mem::swap(&mut self.roster, &mut other.roster);
        mem::swap(&mut self.online, &mut other.online);
    }

    fn prospect(&mut self, name: &str) -> Prospect {
        let is_read = !self.interested(name).is_empty();
        let is_there = self.available(name).next().is_some();
        let version = if is_read { self.roster_version(name) } else { String::new() };
        let items = || {
            let addresses = self.roster_addresses(name).into_iter();
            addresses.filter_map(|address| self.item(name, &address).map(|item| (address, item)))
        };
        let contacts = self.people.get(name).into_iter().flat_map(|person| person.contacts.iter());
        Prospect {
            roster: if is_read { items().collect() } else { BTreeMap::new() },
            version,
            marks: contacts.map(|(address, _)| (Arc::clone(address), self.mark(name, address))).collect(),
            view: if is_there {
                self.view(name).map(|session| session.id).collect()
            } else {
                BTreeSet::new()
            },
        }
    }

    /// Shows somebody what is not as it was before.
    fn follow(&mut self, name: &str, before: &Prospect, cx: &mut Context<'_>) {
        for (contact, mark) in &before.marks {
            let after = self.mark(name, contact);
            if let Some(person) = self.people.get_mut(name) {
                person.contacts.changed(contact, *mark, after);
            }
        }
        let after = self.prospect(name);
        for seen in self.others(name, before.view.difference(&after.view)) {
            self.available(name).for_each(|watcher| watcher.see(&seen.farewell(), cx));
        }
        let changed = differing(&before.roster, &after.roster);
        for session in self.interested(name) {
            self.push_items(session, &changed, &before.version, cx);
        }
        for seen in self.others(name, after.view.difference(&before.view)) {
            self.available(name).for_each(|watcher| self.introduce(seen, watcher, cx));
        }
    }
}
