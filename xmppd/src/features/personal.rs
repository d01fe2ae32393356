//! What an account keeps on the server for itself: nodes (XEP-0163), a card (XEP-0054), private XML (XEP-0049),
//! all within one quota.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;

use super::{
    Feature,
    pubsub::leaf::{self, Leaf},
};
use crate::{
    record::{Record, Shelf},
    router::{Router, Settings},
    stanza::{Refusal, StanzaError},
    stream::Context,
};

/// Remembers over a restart, and forgets with the account.
pub const FEATURE: Feature = Feature {
    forgot,
    resettled,
    shelves: &[Shelf::Item, Shelf::Node, Shelf::OfferedRoom, Shelf::PrivateXml, Shelf::VCard],
    restore,
    ..Feature::DEFAULT
};

/// What one account keeps.
pub(crate) struct Personal {
    /// The account's name.
    pub(crate) owner: Arc<str>,
    /// Nodes by their names.
    pub(crate) leaves: BTreeMap<String, Leaf>,
    /// The card, as the client sent it, without the picture: that is the avatar.
    pub(crate) card: Option<Bytes>,
    /// Private XML by the element's name and namespace.
    pub(crate) private: BTreeMap<String, Bytes>,
    /// Rooms that have been put among the bookmarks once, and under which name.
    pub(crate) offered: BTreeMap<String, String>,
    /// The sequence of the item that was published last.
    pub(crate) last_sequence: u64,
    most_bytes: usize,
}

impl Personal {
    pub(super) fn new(owner: Arc<str>, most_bytes: usize) -> Self {
        Self {
            owner,
            leaves: BTreeMap::new(),
            card: None,
            private: BTreeMap::new(),
            offered: BTreeMap::new(),
            last_sequence: 0,
            most_bytes,
        }
    }

    /// Whether that much more may be kept.
    pub(crate) fn make_room(&self, bytes: usize) -> Result<(), Refusal> {
        let is_enough = self.bytes().saturating_add(bytes) <= self.most_bytes;
        if is_enough { Ok(()) } else { Err(StanzaError::ResourceConstraint.into()) }
    }

    /// What is kept, roughly as it lies in memory.
    fn bytes(&self) -> usize {
        let leaves = self.leaves.iter().map(|(node, leaf)| node.len() + leaf.bytes());
        let private = self.private.iter().map(|(key, value)| key.len() + size_of::<String>() + value.len());
        leaves.sum::<usize>() + private.sum::<usize>() + self.card.as_ref().map_or(0, Bytes::len)
    }

    /// A record of this account.
    pub(crate) fn record(&self, kind: Shelf, key: &str, value: Option<Bytes>) -> Record {
        Record::of_account(&self.owner, kind, key, value)
    }

    fn restore(&mut self, record: &Record) -> Option<()> {
        let value = record.value.as_ref()?;
        match record.shelf {
            Shelf::Item => {
                let (node, item) = leaf::item_of(&record.key, value)?;
                self.last_sequence = self.last_sequence.max(item.sequence);
                self.leaves.entry(node).or_insert_with(Leaf::unknown).insert(item);
            }
            Shelf::Node => {
                self.leaves.entry(record.key.clone()).or_insert_with(Leaf::unknown).restore(value)?;
            }
            Shelf::OfferedRoom => {
                let name = String::from_utf8_lossy(value).into_owned();
                self.offered.insert(record.key.clone(), name);
            }
            Shelf::PrivateXml => {
                self.private.insert(record.key.clone(), value.clone());
            }
            Shelf::VCard => self.card = Some(value.clone()),
            _ => return None,
        }
        Some(())
    }
}

impl Router {
    /// What that account keeps, to be changed.
    pub(crate) fn personal_of(&mut self, owner: &Arc<str>) -> &mut Personal {
        let most_bytes = self.settings.personal_bytes;
        let personal = self.personal.entry(Arc::clone(owner));
        personal.or_insert_with(|| Personal::new(Arc::clone(owner), most_bytes))
    }
}

fn restore(router: &mut Router, record: &Record) -> Option<()> {
    router.personal_of(record.account()?).restore(record)
}

fn resettled(router: &mut Router, _: &Settings, _: &mut Context<'_>) {
    for personal in router.personal.values_mut() {
        personal.most_bytes = router.settings.personal_bytes;
    }
}

/// Whoever gets the name later is somebody else: to the nodes of others as well.
fn forgot(router: &mut Router, name: &str, cx: &mut Context<'_>) {
    router.personal.remove(name);
    for personal in router.personal.values_mut() {
        for (node, leaf) in &mut personal.leaves {
            if leaf.affiliations.remove(name).is_some() {
                // One by one: another of them may be on the way out, too, and would take the rest with it.
                cx.record(vec![leaf.record(&personal.owner, node)]);
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests {
    use super::*;
    use crate::features::pubsub::{Changes, configuration::Configuration};

    fn publish(personal: &mut Personal, id: &str, bytes: usize) -> Result<(), Refusal> {
        let configuration = Configuration { max_items: 10, ..Configuration::default() };
        let payload = format!("<a>{}</a>", "x".repeat(bytes));
        personal.publish("n", configuration, (id, &payload), &mut Changes::default())
    }

    #[test]
    fn what_is_kept_never_exceeds_the_quota() {
        let mut personal = Personal::new("juliet".into(), 10_000);
        let mut published = 0;
        while publish(&mut personal, &published.to_string(), 1000).is_ok() {
            published += 1;
            assert!(personal.bytes() <= 10_000);
        }
        assert!((5..10).contains(&published), "{published}");
        publish(&mut personal, "0", 1000).unwrap(); // takes its own place
        assert_eq!(publish(&mut personal, "0", 5000).unwrap_err().error, StanzaError::ResourceConstraint);
    }

    #[test]
    fn nodes_without_items_count_as_well() {
        let mut personal = Personal::new("juliet".into(), 10_000);
        let made = (0..1000).take_while(|number| {
            let node = format!("node {number}");
            personal.create(&node, Configuration::default(), &mut Changes::default()).is_ok()
        });
        assert!(made.count() < 100);
        assert!(personal.bytes() <= 10_000);
    }

    #[test]
    fn it_is_the_same_after_a_restart() {
        let mut personal = Personal::new("juliet".into(), 10_000);
        let mut changes = Changes::default();
        let configuration = Configuration { max_items: 2, title: "A".to_owned(), ..Configuration::default() };
        for id in ["b", "c", "a"] {
            let item = (id, "<x xmlns='urn:x'/>");
            personal.publish("n", configuration.clone(), item, &mut changes).unwrap();
        }
        let mut again = Personal::new("juliet".into(), 10_000);
        let mut kept = BTreeMap::new();
        for record in changes.records {
            kept.insert((record.shelf, record.key.clone()), record);
        }
        for record in kept.values() {
            again.restore(record);
        }
        let leaf = again.leaf("n").unwrap();
        assert_eq!(leaf.configuration, configuration);
        assert_eq!(leaf.items.iter().map(|item| &*item.id).collect::<Vec<_>>(), ["c", "a"]);
        assert_eq!(again.last_sequence, 3);
    }
}
