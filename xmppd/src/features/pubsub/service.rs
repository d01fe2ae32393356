//! XEP-0060: what becomes of an account's nodes. Changes them in memory, and says what is to be written down and
//! who is to be told.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::{
    access::{Affiliation, Door},
    configuration::Configuration,
    leaf::{self, Item, Leaf, item_record},
    refusal::{no_such_node, refusal},
};
use crate::{
    features::personal::Personal,
    record::{Record, Shelf},
    stanza::{Refusal, StanzaError},
    xml::Escaped,
};

/// How many nodes an account may have: OMEMO makes some for every device.
const MOST_LEAVES: usize = 256;
/// How many others one node may have an opinion of.
const MOST_AFFILIATIONS: usize = 1000;

/// What follows from a request.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) records: Vec<Record>,
    pub(crate) events: Vec<Event>,
}

/// Something to be told to whoever wants to hear of a node, and may.
pub(crate) struct Event {
    pub(crate) node: String,
    pub(crate) door: Door,
    /// What follows the `to`.
    pub(crate) tail: Bytes,
}

impl Personal {
    /// The node of that name.
    pub(crate) fn leaf(&self, node: &str) -> Option<&Leaf> {
        self.leaves.get(node)
    }

    /// What was published last on a node.
    pub(crate) fn last_item(&self, node: &str) -> Option<&Item> {
        self.leaf(node)?.items.last()
    }

    /// XEP-0060 §8.1.
    pub(crate) fn create(
        &mut self,
        node: &str,
        configuration: Configuration,
        changes: &mut Changes,
    ) -> Result<(), Refusal> {
        if self.leaves.contains_key(node) {
            return Err(StanzaError::Conflict.into());
        }
        if self.leaves.len() >= MOST_LEAVES {
            return Err(refusal(StanzaError::ResourceConstraint, "max-nodes-exceeded"));
        }
        self.make_room(size_of::<Leaf>() + node.len())?;
        self.put_leaf(node, configuration, changes);
        Ok(())
    }

    /// XEP-0060 §8.2.
    pub(super) fn configure(
        &mut self,
        node: &str,
        configuration: Configuration,
        changes: &mut Changes,
    ) -> Result<(), Refusal> {
        let owner = self.owner.clone();
        let leaf = self.leaves.get_mut(node).ok_or_else(no_such_node)?;
        leaf.configuration = configuration;
        changes.records.push(leaf.record(&owner, node));
        let most = if leaf.configuration.persist_items { usize::MAX } else { 0 };
        self.trim(node, most, changes);
        Ok(())
    }

    /// XEP-0060 §8.4.
    pub(super) fn delete(&mut self, node: &str, changes: &mut Changes) -> Result<(), Refusal> {
        let leaf = self.leaves.remove(node).ok_or_else(no_such_node)?;
        let gone = leaf.items.iter().map(|item| item_record(&self.owner, node, &item.id, None));
        changes.records.extend(gone);
        changes.records.push(Record::of_account(&self.owner, Shelf::Node, node, None));
        if leaf.configuration.deliver_notifications && leaf.configuration.notify_delete {
            let tail = leaf::event(&format!("<delete node='{}'/>", Escaped(node)));
            changes.events.push(Event { node: node.to_owned(), door: leaf.door(), tail });
        }
        Ok(())
    }

    /// XEP-0060 §8.5.
    pub(super) fn purge(&mut self, node: &str, changes: &mut Changes) -> Result<(), Refusal> {
        let leaf = self.leaves.get_mut(node).ok_or_else(no_such_node)?;
        let gone = leaf.items.drain(..).map(|item| item_record(&self.owner, node, &item.id, None));
        changes.records.extend(gone);
        if leaf.configuration.deliver_notifications && leaf.configuration.notify_retract {
            let tail = leaf::event(&format!("<purge node='{}'/>", Escaped(node)));
            changes.events.push(Event { node: node.to_owned(), door: leaf.door(), tail });
        }
        Ok(())
    }

    /// XEP-0060 §8.9: gives affiliations, or takes them with `None`.
    pub(super) fn affiliate(
        &mut self,
        node: &str,
        affiliations: Vec<(String, Option<Affiliation>)>,
        changes: &mut Changes,
    ) -> Result<(), Refusal> {
        let leaf = self.leaves.get(node).ok_or_else(no_such_node)?;
        let new = affiliations.iter().filter(|(name, _)| !leaf.affiliations.contains_key(name));
        if leaf.affiliations.len() + new.count() > MOST_AFFILIATIONS {
            return Err(StanzaError::ResourceConstraint.into());
        }
        self.make_room(affiliations.iter().map(|(name, _)| size_of::<String>() + name.len()).sum())?;
        let leaf = self.leaves.get_mut(node).ok_or_else(no_such_node)?;
        for (name, affiliation) in affiliations {
            match affiliation {
                Some(affiliation) => leaf.affiliations.insert(name, affiliation),
                None => leaf.affiliations.remove(&name),
            };
        }
        changes.records.push(leaf.record(&self.owner, node));
        Ok(())
    }

    /// XEP-0060 §7.1, on a node that may be new.
    pub(crate) fn publish(
        &mut self,
        node: &str,
        configuration: Configuration,
        (id, payload): (&str, &str),
        changes: &mut Changes,
    ) -> Result<(), Refusal> {
        let added = Item::new(node, id, 0, payload).bytes();
        if let Some(leaf) = self.leaf(node) {
            self.make_room(added.saturating_sub(leaf.bytes_displaced_by(id)))?;
        } else {
            self.make_room(added + size_of::<Leaf>() + node.len())?;
            self.create(node, configuration, changes)?;
        }
        self.put_item(node, id, payload, changes);
        Ok(())
    }

    /// Publishes what the server itself keeps in step with something else that the account has published: never
    /// refused.
    pub(crate) fn follow_up(&mut self, node: &str, id: &str, payload: &str, changes: &mut Changes) {
        if !self.leaves.contains_key(node) {
            self.put_leaf(node, Configuration::of_new(node), changes);
        }
        self.put_item(node, id, payload, changes);
    }

    /// XEP-0060 §7.2. Tells those who want to hear of it if the publisher asks for that, or the node does.
    pub(crate) fn retract(
        &mut self,
        node: &str,
        ids: &BTreeSet<&str>,
        is_told: bool,
        changes: &mut Changes,
    ) -> Result<(), Refusal> {
        let leaf = self.leaves.get_mut(node).ok_or_else(no_such_node)?;
        if !ids.iter().all(|id| leaf.item(id).is_some()) {
            return Err(StanzaError::ItemNotFound.into());
        }
        leaf.items.retain(|item| !ids.contains(item.id.as_str()));
        changes.records.extend(ids.iter().map(|id| item_record(&self.owner, node, id, None)));
        if leaf.configuration.deliver_notifications && (is_told || leaf.configuration.notify_retract) {
            let retractions: String =
                ids.iter().map(|id| ["<retract id='", &Escaped(id).to_string(), "'/>"].concat()).collect();
            let tail = leaf::event_about_items(node, &retractions);
            changes.events.push(Event { node: node.to_owned(), door: leaf.door(), tail });
        }
        Ok(())
    }

    fn put_leaf(&mut self, node: &str, configuration: Configuration, changes: &mut Changes) {
        let leaf = Leaf::new(configuration);
        changes.records.push(leaf.record(&self.owner, node));
        self.leaves.insert(node.to_owned(), leaf);
    }

    fn put_item(&mut self, node: &str, id: &str, payload: &str, changes: &mut Changes) {
        self.last_sequence += 1;
        let item = Item::new(node, id, self.last_sequence, payload);
        let Some(leaf) = self.leaves.get_mut(node) else { return };
        let configuration = &leaf.configuration;
        if configuration.deliver_notifications {
            let has_payload = configuration.deliver_payloads;
            let tail = if has_payload { item.event.clone() } else { item.event_without_payload(node) };
            changes.events.push(Event { node: node.to_owned(), door: leaf.door(), tail });
        }
        if configuration.persist_items {
            changes.records.push(item_record(&self.owner, node, id, Some(&item)));
            leaf.items.retain(|other| other.id != id);
            leaf.items.push(item);
            self.trim(node, usize::MAX, changes);
        }
    }

    /// Drops the oldest items that are too many for the node, or for `most`.
    fn trim(&mut self, node: &str, most: usize, changes: &mut Changes) {
        let Some(leaf) = self.leaves.get_mut(node) else { return };
        let excess = leaf.items.len().saturating_sub(leaf.configuration.max_items.min(most));
        let gone = leaf.items.drain(..excess).map(|item| item_record(&self.owner, node, &item.id, None));
        changes.records.extend(gone);
    }
}
