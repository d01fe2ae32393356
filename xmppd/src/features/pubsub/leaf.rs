//! XEP-0060 §2: a node that holds items.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{
    access::{Access, Affiliation, Door},
    configuration::Configuration,
};
use crate::{
    ns,
    record::{Record, Shelf},
    xml::{Element, Escaped, excerpt},
};

/// A node of an account.
pub(crate) struct Leaf {
    pub(crate) configuration: Configuration,
    pub(crate) affiliations: BTreeMap<String, Affiliation>,
    /// Oldest first.
    pub(crate) items: Vec<Item>,
}

/// What has been published.
pub(crate) struct Item {
    pub(crate) id: String,
    /// Later ones of the same account have a higher one.
    pub(crate) sequence: u64,
    /// What follows the `to` of the message that tells of it.
    pub(crate) event: Bytes,
    /// Where what was published stands in that.
    payload: Range<usize>,
}

/// How a node is written down.
#[derive(Deserialize, Serialize)]
#[serde(default, rename_all = "kebab-case")]
#[derive(Default)]
struct Written {
    configuration: Configuration,
    affiliations: BTreeMap<String, Affiliation>,
}

impl Item {
    /// An item of that node.
    pub(crate) fn new(node: &str, id: &str, sequence: u64, payload: &str) -> Self {
        let head = format!(
            "><event xmlns='{}'><items node='{}'><item id='{}'>",
            ns::PUBSUB_EVENT,
            Escaped(node),
            Escaped(id)
        );
        let payload_range = head.len()..head.len() + payload.len();
        let event = [&head, payload, "</item></items></event></message>"].concat();
        Self { id: id.to_owned(), sequence, event: event.into(), payload: payload_range }
    }

    /// What was published.
    pub(crate) fn payload(&self) -> &str {
        std::str::from_utf8(&self.event[self.payload.clone()]).expect("it was text")
    }

    /// The same, taken apart.
    pub(crate) fn element(&self) -> Option<Element> {
        excerpt::parse(self.payload().as_bytes())
    }

    /// What follows the `to` of the message that tells of it without saying what it is.
    pub(crate) fn event_without_payload(&self, node: &str) -> Bytes {
        let items = format!("<item id='{}'/>", Escaped(&self.id));
        event_about_items(node, &items)
    }

    /// What it takes of an account's quota.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.id.len() + self.event.len()
    }
}

impl Leaf {
    /// A node without items.
    pub(crate) fn new(configuration: Configuration) -> Self {
        Self { configuration, affiliations: BTreeMap::new(), items: Vec::new() }
    }

    /// Who may see it.
    pub(crate) fn door(&self) -> Door {
        Door { access: self.configuration.access, affiliations: self.affiliations.clone() }
    }

    /// The item of that id.
    pub(crate) fn item(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    /// What it takes of an account's quota.
    pub(crate) fn bytes(&self) -> usize {
        let affiliations = self.affiliations.keys().map(|name| name.len() + size_of::<String>());
        size_of::<Self>() + affiliations.sum::<usize>() + self.items.iter().map(Item::bytes).sum::<usize>()
    }

    /// What becomes free when an item of that id is published: its predecessor's place, or the oldest one's.
    pub(super) fn bytes_displaced_by(&self, id: &str) -> usize {
        let is_full = self.items.len() >= self.configuration.max_items;
        let displaced = self.item(id).or_else(|| self.items.first().filter(|_| is_full));
        displaced.map_or(0, Item::bytes)
    }

    /// The record of all but its items.
    pub(crate) fn record(&self, owner: &Arc<str>, node: &str) -> Record {
        let written =
            Written { configuration: self.configuration.clone(), affiliations: self.affiliations.clone() };
        let text = serde_json::to_vec(&written).expect("it is all text, numbers and flags");
        Record::of_account(owner, Shelf::Node, node, Some(text.into()))
    }

    /// A node of which only the name is known yet: nobody else may see it.
    pub(crate) fn unknown() -> Self {
        Self::new(Configuration { access: Access::Whitelist, ..Configuration::default() })
    }

    /// Takes in such a record. What cannot be read opens nothing.
    pub(crate) fn restore(&mut self, record: &[u8]) -> Option<()> {
        let Written { configuration, affiliations } = serde_json::from_slice(record).ok()?;
        self.configuration = configuration;
        self.affiliations = affiliations;
        Some(())
    }

    /// Puts an item where its sequence says.
    pub(crate) fn insert(&mut self, item: Item) {
        let place = self.items.partition_point(|other| other.sequence < item.sequence);
        self.items.insert(place, item);
    }
}

/// What follows the `to` of a message about items of a node.
pub(crate) fn event_about_items(node: &str, items: &str) -> Bytes {
    let items = format!("<items node='{}'>{items}</items>", Escaped(node));
    event(&items)
}

/// What follows the `to` of a message about a node.
pub(crate) fn event(content: &str) -> Bytes {
    format!("><event xmlns='{}'>{content}</event></message>", ns::PUBSUB_EVENT).into()
}

/// The record of an item, or of its end. The key says how long the node's name is, since any character may stand
/// in it.
pub(crate) fn item_record(owner: &Arc<str>, node: &str, id: &str, item: Option<&Item>) -> Record {
    let value =
        item.map(|item| [&item.sequence.to_be_bytes()[..], item.payload().as_bytes()].concat().into());
    Record::of_account(owner, Shelf::Item, format!("{} {node}{id}", node.len()), value)
}

/// The node and the item that such a record is about; `None` for what is none.
pub(crate) fn item_of(key: &str, value: &[u8]) -> Option<(String, Item)> {
    let (length, rest) = key.split_once(' ')?;
    let (node, id) = rest.split_at_checked(length.parse().ok()?)?;
    let (sequence, payload) = value.split_first_chunk()?;
    let item = Item::new(node, id, u64::from_be_bytes(*sequence), std::str::from_utf8(payload).ok()?);
    Some((node.to_owned(), item))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_the_same_after_a_restart() {
        let item = Item::new("a 1 node's", "an id", 7, "<x xmlns='urn:x'>é</x>");
        let record = item_record(&"juliet".into(), "a 1 node's", "an id", Some(&item));
        let (node, again) = item_of(&record.key, &record.value.unwrap()).unwrap();
        assert_eq!((node.as_str(), again.id.as_str(), again.sequence), ("a 1 node's", "an id", 7));
        assert_eq!(again.payload(), "<x xmlns='urn:x'>é</x>");
        assert_eq!(again.event, item.event);
    }

    #[test]
    fn what_cannot_be_read_opens_nothing() {
        for record in [&b"{\"configuration\":{\"access\":\"ajar\"}}"[..], b"?"] {
            let mut leaf = Leaf::unknown();
            leaf.restore(record);
            assert_eq!(leaf.configuration.access, Access::Whitelist, "{record:?}");
        }
    }

    #[test]
    fn what_is_no_item_is_left_out() {
        for (key, value) in
            [("", "12345678"), ("x y", "12345678"), ("9 y", "12345678"), ("1 é", "12345678"), ("1 yz", "1")]
        {
            assert!(item_of(key, value.as_bytes()).is_none(), "{key}");
        }
    }
}
