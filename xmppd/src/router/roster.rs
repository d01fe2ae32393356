//! The roster that all share: every account in every other's, subscribed both ways (RFC 6121 §2).
//!
//! It is serialised once a revision. What one person gets is the same text without their own item: two slices
//! of it.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Write,
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use bytes::Bytes;
use ring::digest::{SHA256, digest};

use super::{Parcel, Router, Settings};
use crate::{
    account::Account,
    ns,
    stanza::Packet,
    stream::Context,
    xml::{Escaped, Span},
};

/// How many changes back a client may be and still be told only what has changed.
const REMEMBERED: usize = 100;

/// Every item, and how they came to be.
pub struct SharedRoster {
    domain: String,
    default_group: String,
    items: BTreeMap<Arc<str>, String>,
    text: Bytes,
    places: BTreeMap<Arc<str>, Span>,
    version: String,
    /// Which version each name's change led away from, oldest first.
    changes: VecDeque<(String, Arc<str>)>,
}

/// How to bring a client up to date.
pub enum Update {
    /// It needs all, in pieces to be put into the query.
    All([Bytes; 2]),
    /// It knows all but these accounts' items.
    Since(Vec<Arc<str>>),
}

impl SharedRoster {
    pub(super) fn new(settings: &Settings, accounts: &[Account]) -> Self {
        let mut roster = Self {
            domain: settings.domain.clone(),
            default_group: settings.organisation.clone(),
            items: BTreeMap::new(),
            text: Bytes::new(),
            places: BTreeMap::new(),
            version: String::new(),
            changes: VecDeque::new(),
        };
        for account in accounts.iter().filter(|account| account.enabled) {
            roster.items.insert(account.name.as_str().into(), roster.item_of(account));
        }
        roster.serialise();
        roster
    }

    /// A digest of the whole (RFC 6121 §2.6): the same content has the same version, after a restart too.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What someone needs who has that version already.
    pub fn update_for(&self, name: &str, known: Option<&str>) -> Update {
        if known == Some(&self.version) {
            return Update::Since(Vec::new());
        }
        let since = self.changes.iter().position(|(version, _)| Some(version.as_str()) == known);
        if let Some(since) = since {
            let mut names: Vec<_> = self.changes.range(since..).map(|(_, name)| Arc::clone(name)).collect();
            names.sort();
            names.dedup();
            names.retain(|changed| **changed != *name);
            return Update::Since(names);
        }
        let own = self.places.get(name).copied().unwrap_or(Span::new(self.text.len(), self.text.len()));
        Update::All([self.text.slice(..own.start()), self.text.slice(own.end()..)])
    }

    /// The payload of a push (RFC 6121 §2.1.6) that brings one name's item up to date, and the client's roster to
    /// `version`.
    pub fn push(&self, name: &str, version: &str) -> String {
        let removal = || format!("<item jid='{}@{}' subscription='remove'/>", Escaped(name), self.domain);
        let item = self.items.get(name).cloned().unwrap_or_else(removal);
        format!("<query xmlns='{}' ver='{}'>{item}</query>", ns::ROSTER, Escaped(version))
    }

    /// Takes in what has become of an account; `false` if that changes nothing here.
    fn set(&mut self, name: &str, account: Option<&Account>) -> bool {
        let item = account.filter(|account| account.enabled).map(|account| self.item_of(account));
        if self.items.get(name) == item.as_ref() {
            return false;
        }
        match item {
            Some(item) => drop(self.items.insert(name.into(), item)),
            None => drop(self.items.remove(name)),
        }
        if self.changes.len() == REMEMBERED {
            self.changes.pop_front();
        }
        self.changes.push_back((self.version.clone(), name.into()));
        self.serialise();
        true
    }

    fn serialise(&mut self) {
        let mut text = String::with_capacity(self.text.len() + 256);
        self.places.clear();
        for (name, item) in &self.items {
            let start = text.len();
            text.push_str(item);
            self.places.insert(Arc::clone(name), Span::new(start, text.len()));
        }
        self.version = BASE64.encode(&digest(&SHA256, text.as_bytes()).as_ref()[..15]);
        self.text = text.into();
    }

    fn item_of(&self, account: &Account) -> String {
        let mut item = format!(
            "<item jid='{}@{}' name='{}' subscription='both'>",
            Escaped(&account.name),
            self.domain,
            Escaped(&account.display_name)
        );
        let default = [self.default_group.clone()];
        let groups = if account.groups.is_empty() { &default[..] } else { &account.groups };
        for group in groups {
            write!(item, "<group>{}</group>", Escaped(group)).expect("a string takes everything");
        }
        item.push_str("</item>");
        item
    }
}

impl Router {
    /// Brings everybody's roster up to date with one account (RFC 6121 §2.1.6).
    pub(super) fn update_roster(&mut self, name: &str, cx: &mut Context<'_>) {
        let account = self.people.get(name).map(|person| &*person.account);
        if !self.roster.set(name, account) {
            return;
        }
        let push = Bytes::from(self.roster.push(name, self.roster.version()) + "</iq>");
        for session in
            self.sessions.values().filter(|session| session.interested && *session.account != *name)
        {
            let head = push_head(session.jid.as_str(), cx);
            session.send(Parcel::plain(Packet::from_iter([head, push.clone()])), cx);
        }
    }
}

/// The head of a push to a client; its end is `</iq>`.
pub(crate) fn push_head(to: &str, cx: &mut Context<'_>) -> Bytes {
    format!("<iq type='set' id='{}' to='{}'>", cx.token(), Escaped(to)).into()
}
