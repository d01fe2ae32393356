//! What an inactive client is not woken up for, as little of it as it takes to bring it up to date.

use std::collections::HashMap;

use crate::{
    router::{Nature, Parcel},
    stanza::{Head, Packet, stamped::flatten},
};

/// How many stanzas are held back; then all of them go.
const MOST_STANZAS: usize = 256;
/// How many bytes, likewise.
const MOST_BYTES: usize = 64 * 1024;

/// The latest presence and the latest chat state of each address, in memory of their own.
#[derive(Default)]
pub(crate) struct Held {
    stanzas: HashMap<(Kind, String), Waiting>,
    bytes: usize,
    last: u64,
}

#[derive(Clone, Copy, Eq, Hash, PartialEq)]
enum Kind {
    ChatState,
    Presence,
}

struct Waiting {
    /// Its place in the order in which they came.
    number: u64,
    parcel: Parcel,
}

impl Held {
    /// Holds a stanza back, or answers what is to be sent now: itself, after all that is held from the same account
    /// or room, so that the order from each sender is kept; or everything, once there is too much.
    pub(crate) fn admit(&mut self, parcel: Parcel) -> Vec<Parcel> {
        let stanza = flatten(&parcel.packet);
        let Some(head) = Head::of(&stanza) else { return vec![parcel] };
        let sender = head.sender();
        let Some(kind) = kind(&parcel.nature, &head) else {
            let mut due = self.release_from(bare(&sender));
            due.push(parcel);
            return due;
        };
        let key = (kind, sender.into_owned());
        let packet = Packet::from_iter([stanza.clone()]);
        self.last += 1;
        self.bytes += stanza.len();
        let latest = Waiting { number: self.last, parcel: Parcel { packet, ..parcel } };
        if let Some(former) = self.stanzas.insert(key, latest) {
            self.bytes -= former.length();
        }
        let is_too_much = self.stanzas.len() > MOST_STANZAS || self.bytes > MOST_BYTES;
        if is_too_much { self.release() } else { Vec::new() }
    }

    /// Everything, in the order in which it came.
    pub(crate) fn release(&mut self) -> Vec<Parcel> {
        self.bytes = 0;
        in_order(std::mem::take(&mut self.stanzas).into_values().collect())
    }

    fn release_from(&mut self, sender: &str) -> Vec<Parcel> {
        let due = self.stanzas.extract_if(|(_, held), _| bare(held) == sender).map(|(_, waiting)| waiting);
        let due: Vec<Waiting> = due.collect();
        self.bytes -= due.iter().map(Waiting::length).sum::<usize>();
        in_order(due)
    }
}

impl Waiting {
    fn length(&self) -> usize {
        self.parcel.packet.iter().map(bytes::Bytes::len).sum()
    }
}

/// What kind of thing it is, if it can wait: who is there, who types. Not what somebody asks or is told by presence.
fn kind(nature: &Nature, head: &Head<'_>) -> Option<Kind> {
    match nature {
        Nature::Passing => Some(Kind::ChatState),
        Nature::Presence => {
            let is_state = matches!(head.attribute("type").as_deref(), None | Some("unavailable"));
            is_state.then_some(Kind::Presence)
        }
        Nature::Message { .. } | Nature::Plain | Nature::Waited(_) => None,
    }
}

fn bare(address: &str) -> &str {
    address.split_once('/').map_or(address, |(bare, _)| bare)
}

fn in_order(mut due: Vec<Waiting>) -> Vec<Parcel> {
    due.sort_unstable_by_key(|waiting| waiting.number);
    due.into_iter().map(|waiting| waiting.parcel).collect()
}

#[cfg(test)]
mod tests;
