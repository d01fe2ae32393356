//! Whom an address of this server names: looked up once, then asked what a stanza's way depends on.

use smallvec::SmallVec;

use super::{
    Router, Session,
    people::Person,
    table::{Address, Recipient},
};
use crate::{jid::Jid, stanza::stamped::Addressee};

/// An address, with the account and the sessions behind it.
pub(crate) struct Addressed<'a> {
    to: &'a Jid,
    person: Option<&'a Person>,
    /// Oldest first.
    sessions: SmallVec<[&'a Session; 4]>,
}

impl Router {
    /// Looks up whom an address names.
    pub(crate) fn addressed<'a>(&'a self, to: &'a Jid) -> Addressed<'a> {
        let is_here = to.domain() == self.domain.as_str();
        let person = to.local().filter(|_| is_here).and_then(|name| self.person(name));
        let ids = person.map_or(&[][..], |person| &person.sessions);
        Addressed { to, person, sessions: ids.iter().filter_map(|id| self.sessions.get(id)).collect() }
    }
}

impl<'a> Addressed<'a> {
    /// The account's address.
    pub(crate) fn bare(&self) -> &str {
        self.to.bare()
    }

    /// The account's sessions, available or not.
    pub(crate) fn sessions(&self) -> &[&'a Session] {
        &self.sessions
    }

    /// The same, beyond this look-up.
    pub(crate) fn into_sessions(self) -> SmallVec<[&'a Session; 4]> {
        self.sessions
    }

    /// The session that a full address names.
    pub(crate) fn exact(&self) -> Option<&'a Session> {
        self.to.resource()?;
        self.sessions.iter().copied().find(|session| session.jid == *self.to)
    }

    /// How the account's resources are named.
    pub(crate) fn address(&self) -> Address {
        match self.to.resource() {
            None => Address::Bare,
            Some(_) if self.exact().is_some() => Address::FullMatch,
            Some(_) => Address::FullNoMatch,
        }
    }

    /// What there is of the account.
    pub(crate) fn recipient(&self) -> Recipient {
        match (self.person, self.best_priority()) {
            (None, _) => Recipient::NoAccount,
            (Some(_), None) => Recipient::NoResource,
            (Some(_), Some(..0)) => Recipient::NegativeOnly,
            (Some(_), Some(_)) => Recipient::NonNegative,
        }
    }

    /// The highest priority of an available session.
    pub(crate) fn best_priority(&self) -> Option<i8> {
        self.sessions.iter().filter_map(|session| session.priority()).max()
    }

    /// The available sessions of at least that priority.
    pub(crate) fn willing(&self, least: i8) -> impl Iterator<Item = &'a Session> {
        self.sessions.iter().copied().filter(move |session| session.priority() >= Some(least))
    }

    /// The address as it stands in a head; of those that are there, it is made already.
    pub(crate) fn addressee(&self) -> Addressee {
        let known = match self.to.resource() {
            None => self.person.map(|person| &person.bare),
            Some(_) => self.exact().map(|session| &session.full),
        };
        known.cloned().unwrap_or_else(|| Addressee::new(self.to.as_str()))
    }
}
