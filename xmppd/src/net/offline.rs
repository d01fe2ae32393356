//! The store's part in messages that wait: errands to it, begun in the order in which the router asked for
//! them.

use std::{
    future::{Future, poll_fn},
    sync::{Arc, Weak},
    task::Poll,
};

use bytes::Bytes;
use time::OffsetDateTime;
use tokio::sync::mpsc;

use super::shared::Shared;
use crate::{
    features::offline::Waited,
    stanza::Packet,
    store::{Keeping, Store, StoreError},
    stream::{ConnectionId, SessionId},
};

/// Something to ask of the store.
pub(super) enum Errand {
    /// Keep this.
    Keep { account: Arc<str>, stanza: Bytes, at: OffsetDateTime, refusal: Option<(ConnectionId, Packet)> },
    /// Bring what waits.
    Take { account: Arc<str>, session: SessionId },
}

/// Where the router leaves errands.
pub(super) struct Errands(mpsc::UnboundedSender<Errand>);

impl Errands {
    pub(super) fn add(&self, errand: Errand) {
        // Who runs them ends only with the process.
        let _ = self.0.send(errand);
    }
}

/// Where errands are left, and taken up. No more can wait than the shapers let in while the disk is slow.
pub(super) fn errands() -> (Errands, mpsc::UnboundedReceiver<Errand>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Errands(sender), receiver)
}

/// Runs errands until nobody can ask for one any more.
///
/// Each is begun before the next, so that the store does them in order; none waits for another's end, so that
/// the store can put many into one transaction.
pub(super) async fn run(mut waiting: mpsc::UnboundedReceiver<Errand>, store: Store, shared: Weak<Shared>) {
    while let Some(errand) = waiting.recv().await {
        let mut running = Box::pin(run_one(errand, store.clone(), Weak::clone(&shared)));
        let begun = poll_fn(|cx| Poll::Ready(running.as_mut().poll(cx))).await;
        if begun.is_pending() {
            tokio::spawn(running);
        }
    }
}

async fn run_one(errand: Errand, store: Store, shared: Weak<Shared>) {
    let outcome = match errand {
        Errand::Keep { account, stanza, at, refusal } => {
            keep(&account, stanza, at, refusal, &store, &shared).await
        }
        Errand::Take { account, session } => take(&account, session, &store, &shared).await,
    };
    if let Err(error) = outcome {
        tracing::error!(%error, "the store failed on messages that wait");
    }
}

async fn keep(
    account: &str,
    stanza: Bytes,
    at: OffsetDateTime,
    refusal: Option<(ConnectionId, Packet)>,
    store: &Store,
    shared: &Weak<Shared>,
) -> Result<(), StoreError> {
    let kept = store.keep_offline(account, stanza, at).await;
    let is_lost = !matches!(kept, Ok(Keeping::Kept));
    if is_lost && let (Some((connection, refusal)), Some(shared)) = (refusal, shared.upgrade()) {
        shared.drive(|_, cx| cx.send(connection, refusal));
    }
    kept.map(drop)
}

async fn take(
    account: &str,
    session: SessionId,
    store: &Store,
    shared: &Weak<Shared>,
) -> Result<(), StoreError> {
    let kept = store.take_offline(account).await;
    let Some(shared) = shared.upgrade() else { return Ok(()) };
    let (kept, failure) = kept.map_or_else(|error| (Vec::new(), Err(error)), |kept| (kept, Ok(())));
    let (ids, waited): (Vec<_>, Vec<_>) =
        kept.into_iter().map(|kept| (kept.id, Waited { stanza: kept.stanza, since: kept.at })).unzip();
    let delivered = shared.drive(|router, cx| router.deliver_offline(session, waited, cx));
    if delivered && !ids.is_empty() {
        store.erase_offline(account, ids).await?;
    }
    failure
}
