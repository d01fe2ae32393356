//! The store of a scenario: what it keeps, and what it is like.

use std::{collections::HashSet, sync::Arc};

use bytes::Bytes;
use time::OffsetDateTime;
use xmppd::{
    features::offline::{Delivery, Waited},
    record::Record,
    router::Parcel,
    stream::{MessageId, Receipt, SessionId},
};

use super::{Outcome, Stage};

/// What one account may have waiting, so that a transcript can fill it.
pub(super) const MOST_WAITING: usize = 3;

/// A message that waits, and since when.
#[derive(Clone)]
pub(super) struct KeptMessage {
    pub(super) id: MessageId,
    pub(super) at: OffsetDateTime,
    pub(super) stanza: Bytes,
}

/// What the store has been asked: whose messages, for whom, and which they were.
pub(super) type Unanswered = (Arc<str>, SessionId, Vec<KeptMessage>);

impl Stage {
    /// What the store is like.
    pub(super) fn store(&mut self, what: &[&str]) -> Outcome {
        match what {
            ["is", "slow"] => {
                self.unanswered = Some(Vec::new());
                Ok(())
            }
            ["is", "broken"] => {
                self.is_broken = true;
                Ok(())
            }
            ["is", "repaired"] => {
                self.is_broken = false;
                Ok(())
            }
            ["answers"] => {
                let unanswered = self.unanswered.take().ok_or("the store is not slow")?;
                for (account, session, kept) in unanswered {
                    self.deliver_offline(&account, session, kept);
                }
                Ok(())
            }
            ["holds", count, "for", name] => {
                let held = self.waiting.get(*name).map_or(0, Vec::len);
                if held.to_string() == *count { Ok(()) } else { Err(format!("but holds {held}")) }
            }
            _ => Err("no such step".to_owned()),
        }
    }

    /// What the store would write down; a broken one writes nothing.
    pub(super) fn record(&mut self, records: Vec<Record>, receipt: Option<Receipt>) {
        if !self.is_broken {
            for record in records {
                self.records.retain(|known| {
                    (&known.owner, known.shelf, &known.key) != (&record.owner, record.shelf, &record.key)
                });
                self.records.extend(record.value.is_some().then_some(record));
            }
        }
        if let Some(Receipt { session, done, failed }) = receipt {
            let answer = Parcel::plain(if self.is_broken { failed } else { done });
            self.drive(|router, cx| router.deliver(session, answer, cx));
        }
    }

    /// What has been delivered to another session meanwhile is left out.
    pub(super) fn deliver_offline(&mut self, account: &Arc<str>, session: SessionId, kept: Vec<KeptMessage>) {
        let waiting: HashSet<_> =
            self.waiting.get(account).into_iter().flatten().map(|kept| kept.id).collect();
        let (mut ids, mut waited) = (Vec::new(), Vec::new());
        for KeptMessage { id, at, stanza } in kept {
            if !self.is_broken && waiting.contains(&id) && self.in_flight.insert(id) {
                ids.push(id);
                waited.push(Waited { id, stanza, since: at });
            }
        }
        let waited = (!self.is_broken).then_some(waited);
        match self.drive(|router, cx| router.deliver_offline(session, waited, cx)) {
            Some(Delivery::Acknowledged) => {} // the router will say so
            Some(Delivery::Written(_)) => self.erase(account, &ids),
            None => self.in_flight.retain(|id| !ids.contains(id)),
        }
    }

    pub(super) fn erase(&mut self, account: &Arc<str>, ids: &[MessageId]) {
        let waiting = self.waiting.entry(Arc::clone(account)).or_default();
        waiting.retain(|kept| !ids.contains(&kept.id));
        self.in_flight.retain(|id| !ids.contains(id));
    }
}
