//! What a client has been sent and has not acknowledged, counted modulo 2^32 (XEP-0198 §4).

use std::collections::VecDeque;

use bytes::Bytes;
use time::OffsetDateTime;

use crate::{
    router::{Nature, Parcel},
    stanza::{Packet, stamped::flatten},
    stream::{MessageId, StreamError},
};

/// As many as may wait in the store for one account, and what comes with them.
const MOST_STANZAS: usize = 12_000;
/// As many bytes as wait in a mailbox before it is clear that nobody reads.
const MOST_BYTES: usize = 2 * 1024 * 1024;
/// With so much here, what is added gets memory of its own: a slice of a hundred bytes would hold on to all that
/// was read with it, and [`MOST_BYTES`] would bound nothing.
const LAG: usize = 2 * 1024;

/// Stanzas in the order in which they were sent, or are to be.
#[derive(Default)]
pub(crate) struct Unacknowledged {
    stanzas: VecDeque<Pending>,
    bytes: usize,
    /// The count at which the first of them stands.
    acknowledged: u32,
    /// How many of them the client may have had; the others came after its connection was lost.
    sent: usize,
    /// How many of them, from the first, have memory of their own.
    detached: usize,
}

/// One stanza.
pub(crate) struct Pending {
    pub(crate) parcel: Parcel,
    /// Since when.
    pub(crate) since: OffsetDateTime,
}

impl Unacknowledged {
    /// Takes one in; `is_sent` if it is on its way already.
    pub(crate) fn push(&mut self, parcel: Parcel, since: OffsetDateTime, is_sent: bool) {
        self.bytes += length(&parcel.packet);
        self.sent += usize::from(is_sent);
        self.stanzas.push_back(Pending { parcel, since });
        if self.bytes > LAG {
            self.detach();
        }
    }

    /// Lets go of what the client says that it has had in all; answers which messages of the store are among it.
    pub(crate) fn acknowledge(&mut self, handled: u32) -> Result<Vec<MessageId>, StreamError> {
        let count = handled.wrapping_sub(self.acknowledged) as usize;
        if count > self.sent {
            return Err(StreamError::HandledCountTooHigh { handled, sent: self.count_sent() });
        }
        self.acknowledged = handled;
        self.sent -= count;
        self.detached = self.detached.saturating_sub(count);
        let mut ids = Vec::new();
        for Pending { parcel, .. } in self.stanzas.drain(..count) {
            self.bytes -= length(&parcel.packet);
            if let Nature::Waited(id) = parcel.nature {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    /// All of them, to be sent from the first; from now on the client may have had them.
    pub(crate) fn retransmit(&mut self) -> impl Iterator<Item = &Packet> {
        self.sent = self.stanzas.len();
        self.stanzas.iter().map(|pending| &pending.parcel.packet)
    }

    /// Whether the client has something to acknowledge.
    pub(crate) fn is_outstanding(&self) -> bool {
        self.sent > 0
    }

    /// Whether so much is here that the session is not worth it.
    pub(crate) fn is_too_much(&self) -> bool {
        self.bytes > MOST_BYTES || self.stanzas.len() > MOST_STANZAS
    }

    /// Gives all of them memory of their own, lest they hold on to what was read with them; none takes none.
    pub(crate) fn detach(&mut self) {
        for pending in self.stanzas.range_mut(self.detached..) {
            let packet = &mut pending.parcel.packet;
            *packet = Packet::from_iter([flatten(packet)]);
        }
        self.detached = self.stanzas.len();
        if self.stanzas.is_empty() {
            self.stanzas = VecDeque::new();
        }
    }

    /// What is left of a session that is over: which messages of the store, and what else.
    pub(crate) fn into_rest(self) -> (Vec<MessageId>, Vec<Pending>) {
        let (mut ids, mut rest) = (Vec::new(), Vec::new());
        for pending in self.stanzas {
            match pending.parcel.nature {
                Nature::Waited(id) => ids.push(id),
                _ => rest.push(pending),
            }
        }
        (ids, rest)
    }

    /// How many stanzas the client has been sent in all; it wraps as its own count does.
    #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 wait")]
    fn count_sent(&self) -> u32 {
        self.acknowledged.wrapping_add(self.sent as u32)
    }
}

fn length(packet: &Packet) -> usize {
    packet.iter().map(Bytes::len).sum()
}

#[cfg(test)]
mod tests;
