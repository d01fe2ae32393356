//! Who sees whom: the one definition, for presence, for probes, and for what else is shared with contacts.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{
    ContactPolicy, Router, Session,
    people::Person,
    roster::Sight,
    subscription::{Half, Subscription},
};
use crate::stream::SessionId;

/// The bound sessions by what their accounts see, so that what goes to contacts costs nothing for the others.
#[derive(Default)]
pub(crate) struct Online {
    by_group: HashMap<Arc<str>, BTreeSet<SessionId>>,
    /// Of those who see all.
    seers: BTreeSet<SessionId>,
    /// Of those who see nobody, and are seen by nobody.
    unlisted: BTreeSet<SessionId>,
}

impl Online {
    pub(super) fn enter(&mut self, session: SessionId, sight: &Sight) {
        match sight {
            Sight::All => drop(self.seers.insert(session)),
            Sight::Nobody => drop(self.unlisted.insert(session)),
            Sight::Groups(groups) => {
                for group in &**groups {
                    self.by_group.entry(Arc::clone(group)).or_default().insert(session);
                }
            }
        }
    }

    pub(super) fn leave(&mut self, session: SessionId, sight: &Sight) {
        match sight {
            Sight::All => drop(self.seers.remove(&session)),
            Sight::Nobody => drop(self.unlisted.remove(&session)),
            Sight::Groups(groups) => {
                for group in &**groups {
                    if let Some(sessions) = self.by_group.get_mut(group) {
                        sessions.remove(&session);
                        if sessions.is_empty() {
                            self.by_group.remove(group);
                        }
                    }
                }
            }
        }
    }

    /// Of those who share one of these groups, or see all; the same one may come twice.
    fn near<'a>(&'a self, groups: &'a BTreeSet<Arc<str>>) -> impl Iterator<Item = SessionId> + 'a {
        let sharing = groups.iter().filter_map(|group| self.by_group.get(group)).flatten();
        sharing.chain(&self.seers).copied()
    }
}

impl Router {
    /// Whether the second may see the first: its presence, and what it shares with its contacts.
    pub(crate) fn is_seen_by(&self, seen: &str, watcher: &str) -> bool {
        let (Some(one), Some(other)) = (self.person(seen), self.person(watcher)) else { return false };
        let may =
            seen == watcher || self.roster.seen(seen, watcher).is_some() || self.is_subscribed(other, one);
        may && !self.are_apart(&one.jid, &other.jid)
    }

    /// The available sessions of everybody who may see an account, its own included; oldest first.
    pub(crate) fn audience(&self, seen: &str) -> impl Iterator<Item = &Session> {
        self.sessions_around(seen, |router, seen, other| router.is_subscribed(other, seen))
    }

    /// The available sessions of everybody whom an account may see, its own included; oldest first.
    pub(super) fn view(&self, watcher: &str) -> impl Iterator<Item = &Session> {
        self.sessions_around(watcher, Self::is_subscribed)
    }

    /// Of everybody who sees the account by the school's doing, and of those contacts.
    fn sessions_around(
        &self,
        name: &str,
        is_included: impl Fn(&Self, &Person, &Person) -> bool,
    ) -> impl Iterator<Item = &Session> {
        let (mut all, mut some) = (None, Vec::new());
        match self.roster.member(name).map(|member| &member.sight) {
            None => {}
            Some(Sight::All) => {
                let unlisted = &self.online.unlisted;
                all = Some(self.sessions.values().filter(|session| !unlisted.contains(&session.id)));
                if !unlisted.is_empty() {
                    some.extend(self.contacts_of(name, is_included).flat_map(|person| &person.sessions));
                    some.retain(|session| unlisted.contains(session));
                }
            }
            Some(sight) => {
                match sight {
                    Sight::Groups(groups) => some.extend(self.online.near(groups)),
                    _ => some.extend(self.sessions_of(name).map(|session| session.id)),
                }
                some.extend(self.contacts_of(name, is_included).flat_map(|person| &person.sessions));
                some.sort_unstable();
                some.dedup();
            }
        }
        let some = some.into_iter().filter_map(|id| self.sessions.get(&id));
        let around = all.into_iter().flatten().chain(some).filter(|session| session.presence.is_some());
        let owner = self.person(name);
        around.filter(move |other| owner.is_some_and(|owner| !self.are_apart(&owner.jid, &other.jid)))
    }

    fn contacts_of(
        &self,
        name: &str,
        is_included: impl Fn(&Self, &Person, &Person) -> bool,
    ) -> impl Iterator<Item = &Person> {
        let owner = self.person(name);
        owner.into_iter().flat_map(|owner| owner.contacts.iter().map(move |entry| (owner, entry))).filter_map(
            move |(owner, (address, _))| {
                let contact = self.person(self.account_at(address)?)?;
                is_included(self, owner, contact).then_some(contact)
            },
        )
    }

    /// Whether one is subscribed to the other by what both have agreed on themselves. Both must know of it:
    /// whoever gets a name that somebody else had before does not get the friends.
    fn is_subscribed(&self, watcher: &Person, seen: &Person) -> bool {
        let agreed = |owner: &Person, other: &Person| {
            owner.contacts.at(other.jid.as_str()).map(|contact| self.agreed(contact.subscription))
        };
        agreed(watcher, seen).is_some_and(|subscription| subscription.to == Half::Granted)
            && agreed(seen, watcher).is_some_and(|subscription| subscription.from == Half::Granted)
    }

    /// What counts of a subscription between two who share no group: it sleeps where the site wants none.
    pub(super) fn agreed(&self, subscription: Subscription) -> Subscription {
        match self.settings.roster.contacts {
            ContactPolicy::Everybody => subscription,
            ContactPolicy::Groups => Subscription::default(),
        }
    }

    /// The bare address of an account, be it there or not.
    pub(crate) fn address_of_account(&self, name: &str) -> String {
        format!("{name}@{}", self.settings.domain)
    }

    /// The account's name in a bare address of this server.
    pub(super) fn account_at<'a>(&self, address: &'a str) -> Option<&'a str> {
        address.strip_suffix(&self.settings.domain)?.strip_suffix('@')
    }
}
