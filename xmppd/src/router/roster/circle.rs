//! What the school puts into the rosters of all who see the same people: serialised once a revision, and
//! shared.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use bytes::Bytes;
use ring::digest::{SHA256, digest};

use crate::xml::Span;

/// How many changes back a client may be and still be told only what has changed.
const REMEMBERED: usize = 100;

/// The items of those who are seen, as one text.
pub(super) struct Circle {
    text: Bytes,
    places: BTreeMap<Arc<str>, Span>,
    revision: String,
    /// Which revision the change of each account's item led away from, oldest first.
    changes: VecDeque<(String, Arc<str>)>,
}

impl Circle {
    /// With these items, by account.
    pub(super) fn new<'a>(items: impl Iterator<Item = (&'a Arc<str>, &'a Bytes)>) -> Self {
        let mut circle = Self {
            text: Bytes::new(),
            places: BTreeMap::new(),
            revision: String::new(),
            changes: VecDeque::new(),
        };
        circle.serialise(items);
        circle
    }

    /// Takes in the items that it has now that one account's has changed.
    pub(super) fn change<'a>(
        &mut self,
        account: &str,
        items: impl Iterator<Item = (&'a Arc<str>, &'a Bytes)>,
    ) {
        if self.changes.len() == REMEMBERED {
            self.changes.pop_front();
        }
        self.changes.push_back((self.revision.clone(), account.into()));
        self.serialise(items);
    }

    /// A digest of the whole: the same content has the same one, after a restart too.
    pub(super) fn revision(&self) -> &str {
        &self.revision
    }

    /// Whose items have changed since that revision, if that is known.
    pub(super) fn changed_since(&self, known: &str) -> Option<Vec<Arc<str>>> {
        if known == self.revision {
            return Some(Vec::new());
        }
        let since = self.changes.iter().position(|(revision, _)| revision == known)?;
        Some(self.changes.range(since..).map(|(_, account)| Arc::clone(account)).collect())
    }

    /// All items but those of these accounts, in pieces.
    pub(super) fn without<'a>(&self, accounts: impl Iterator<Item = &'a str>) -> Vec<Bytes> {
        let mut gaps: Vec<Span> = accounts.filter_map(|account| self.places.get(account).copied()).collect();
        gaps.sort_unstable_by_key(|gap| gap.start());
        let mut pieces = Vec::with_capacity(gaps.len() + 1);
        let mut from = 0;
        for gap in gaps {
            pieces.push(self.text.slice(from..gap.start().max(from)));
            from = gap.end();
        }
        pieces.push(self.text.slice(from..));
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }

    fn serialise<'a>(&mut self, items: impl Iterator<Item = (&'a Arc<str>, &'a Bytes)>) {
        let mut text = Vec::with_capacity(self.text.len() + 256);
        self.places.clear();
        for (account, item) in items {
            let start = text.len();
            text.extend_from_slice(item);
            self.places.insert(Arc::clone(account), Span::new(start, text.len()));
        }
        self.revision = revision_of(&text);
        self.text = text.into();
    }
}

/// A name for that content.
pub(super) fn revision_of(content: &[u8]) -> String {
    BASE64.encode(&digest(&SHA256, content).as_ref()[..15])
}
