//! What an account keeps about its contacts beside what the school says: names and groups of its own, and
//! subscriptions to those with whom it shares no group.

mod keeping;

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::Arc,
};

use bytes::Bytes;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

#[cfg(test)]
pub(in crate::router) use keeping::MOST_CONTACTS;

use super::subscription::{Half, Subscription};

/// How many changes back a client may be and still be told only what has changed.
const REMEMBERED: usize = 50;

/// What an account keeps about one contact.
#[derive(Clone, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(default, rename_all = "kebab-case")]
pub(crate) struct Contact {
    /// What the account calls it, if not as the school does.
    pub(crate) name: Option<String>,
    /// The groups that it is in beside the school's.
    pub(crate) groups: Vec<String>,
    /// The school's groups that the account does not want to see it in.
    pub(crate) without: Vec<String>,
    /// Whether it is in the roster whatever the subscription.
    pub(crate) is_listed: bool,
    /// What the two have agreed on themselves.
    pub(crate) subscription: Subscription,
    /// Whether a request of the contact is granted before it comes (RFC 6121 §3.4).
    pub(crate) is_approved: bool,
    /// The contact's request while it is not answered (RFC 6121 §3.1.3): the whole stanza.
    pub(crate) request: Option<String>,
}

/// What an account keeps about all its contacts, by their bare addresses.
#[derive(Default)]
pub(crate) struct Contacts {
    entries: BTreeMap<Arc<str>, Contact>,
    revision: Revision,
    /// Which revision the change of each item led away from, oldest first.
    changes: VecDeque<(Revision, Arc<str>)>,
}

/// Names the items that differ from what the school says: the sum of their [`Mark`]s. The same items have the
/// same one, after a restart too; and one item more costs one addition.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Revision(u128);

/// Names one such item; zero where there is none.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Mark(u128);

impl Mark {
    pub(crate) fn of(item: &[u8]) -> Self {
        let digest = digest(&SHA256, item);
        let bytes = digest.as_ref()[..16].try_into().expect("there are thirty-two");
        Self(u128::from_be_bytes(bytes))
    }
}

/// Empty where nothing differs.
impl fmt::Display for Revision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { Ok(()) } else { write!(formatter, "{:x}", self.0) }
    }
}

impl Contact {
    /// Reads what [`Contact::to_bytes`] wrote.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        serde_json::from_slice(value).ok()
    }

    /// For the store.
    pub(crate) fn to_bytes(&self) -> Bytes {
        serde_json::to_vec(self).expect("texts and flags can be written as JSON").into()
    }

    /// Whether it is in the roster without the school's doing. RFC 6121 §A.1: not who has only asked.
    pub(crate) fn is_in_roster(&self) -> bool {
        let Subscription { to, from } = self.subscription;
        self.is_listed || self.is_approved || to != Half::None || from == Half::Granted
    }
}

impl Contacts {
    /// What is kept about the contact of that bare address.
    pub(crate) fn at(&self, address: &str) -> Option<&Contact> {
        self.entries.get(address)
    }

    /// All, by address.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Contact)> {
        self.entries.iter()
    }

    /// How many are kept.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many have asked, and wait for an answer.
    pub(crate) fn request_count(&self) -> usize {
        self.entries.values().filter(|contact| contact.request.is_some()).count()
    }

    /// Replaces what is kept about a contact; one about whom there is nothing to say is forgotten.
    pub(crate) fn put(&mut self, address: &str, contact: Contact) {
        if contact == Contact::default() {
            self.entries.remove(address);
        } else {
            self.entries.insert(address.into(), contact);
        }
    }

    /// Takes note that a contact's item is another.
    pub(crate) fn changed(&mut self, address: &str, before: Mark, after: Mark) {
        if before == after {
            return;
        }
        if self.changes.len() == REMEMBERED {
            self.changes.pop_front();
        }
        self.changes.push_back((self.revision, address.into()));
        self.revision.0 = self.revision.0.wrapping_sub(before.0).wrapping_add(after.0);
    }

    /// What names all items as they are.
    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    /// Whose items have changed since that revision, if that is known.
    pub(crate) fn changed_since(&self, known: &str) -> Option<Vec<Arc<str>>> {
        if known == self.revision.to_string() {
            return Some(Vec::new());
        }
        let since = self.changes.iter().position(|(revision, _)| revision.to_string() == known)?;
        Some(self.changes.range(since..).map(|(_, address)| Arc::clone(address)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let contact = Contact {
            name: Some("Jule".to_owned()),
            groups: vec!["Friends".to_owned()],
            subscription: Subscription { to: Half::Granted, from: Half::Pending },
            request: Some("<presence/>".to_owned()),
            ..Contact::default()
        };
        assert!(Contact::parse(&contact.to_bytes()) == Some(contact));
        assert!(Contact::parse(b"{}") == Some(Contact::default()));
        assert!(Contact::parse(b"x").is_none());
    }

    #[test]
    fn changes_are_told_from_every_revision_that_is_known() {
        let mut contacts = Contacts::default();
        let mark = |item: &str| Mark::of(item.as_bytes());
        contacts.changed("a", Mark::default(), mark("a"));
        let first = contacts.revision().to_string();
        contacts.changed("b", Mark::default(), mark("b"));
        let told = |contacts: &Contacts, known: &str| {
            let changed = contacts.changed_since(known);
            changed.map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(told(&contacts, ""), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(told(&contacts, &first), Some(vec!["b".to_owned()]));
        assert_eq!(told(&contacts, "another"), None);
        contacts.changed("b", mark("b"), Mark::default());
        assert_eq!(contacts.revision().to_string(), first);
        assert_eq!(told(&contacts, &first), Some(vec![]));
    }

    #[test]
    fn only_so_many_changes_are_remembered() {
        let mut contacts = Contacts::default();
        for index in 0..=REMEMBERED {
            contacts.changed("a", Mark::default(), Mark::of(index.to_string().as_bytes()));
        }
        assert!(contacts.changes.len() == REMEMBERED && contacts.changed_since("").is_none());
    }
}
