//! The store's part in what the router asks: errands to it, begun in the order in which it asked for them.

use std::{
    collections::HashSet,
    mem,
    sync::{Arc, Weak},
};

use bytes::Bytes;
use parking_lot::Mutex;
use time::OffsetDateTime;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

use super::shared::Shared;
use crate::{
    control::Request,
    features::offline::{Delivery, Waited},
    record::Record,
    router::Parcel,
    stanza::Packet,
    store::{Keeping, Kept, Pending, Store, StoreError},
    stream::{ConnectionId, MessageId, Receipt, SessionId, Ticket},
};

/// Something to ask of the store.
pub(super) enum Errand {
    /// Ask this of the administration, for somebody.
    Administer { request: Request, who: String, ticket: Ticket },
    /// Erase these, which have been acknowledged.
    Erase { account: Arc<str>, ids: Vec<MessageId> },
    /// Erase these files.
    EraseFiles(Vec<String>),
    /// Keep this.
    Keep {
        account: Arc<str>,
        sender: Arc<str>,
        stanza: Bytes,
        at: OffsetDateTime,
        refusals: Vec<(SessionId, Packet)>,
    },
    /// Write these down.
    Record { records: Vec<Record>, receipt: Option<Receipt> },
    /// These were delivered in vain: bring them to the next who asks.
    Release { ids: Vec<MessageId> },
    /// Erase what goes by this id.
    Retract { account: Arc<str>, sender: Arc<str>, id: String },
    /// Tell when all that was asked before is done.
    Settle(oneshot::Sender<()>),
    /// Wipe what was erased so far, and tell when nothing of it is on disk.
    Wipe(oneshot::Sender<Result<(), StoreError>>),
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

/// What runs errands, to be shared by those that run.
struct Runner {
    store: Store,
    shared: Weak<Shared>,
    /// Delivered, but neither written nor given up yet: not to be delivered again.
    in_flight: Mutex<HashSet<MessageId>>,
}

/// Runs errands until nobody can ask for one any more.
///
/// Each is queued at the store before the next, so that the store does them in order; none waits for another's
/// end, so that the store can put many into one transaction.
pub(super) async fn run(mut waiting: mpsc::UnboundedReceiver<Errand>, store: Store, shared: Weak<Shared>) {
    let runner = Arc::new(Runner { store, shared, in_flight: Mutex::default() });
    let mut running = JoinSet::new();
    while let Some(errand) = waiting.recv().await {
        while running.try_join_next().is_some() {}
        let runner = Arc::clone(&runner);
        match errand {
            Errand::Keep { account, sender, stanza, at, refusals } => {
                let keeping = runner.store.keep_offline(&account, &sender, stanza, at).await;
                running.spawn(async move { runner.kept(keeping, refusals).await });
            }
            // In turn: who asks for a wipe afterwards is told when the files are gone, too.
            Errand::EraseFiles(names) => runner.erase_files(&names).await,
            Errand::Administer { request, who, ticket } => {
                running.spawn(async move { runner.administer(request, &who, &ticket).await });
            }
            Errand::Erase { account, ids } => {
                running.spawn(async move { runner.erase(&account, ids).await });
            }
            Errand::Release { ids } => runner.land(&ids),
            Errand::Record { records, receipt } => {
                let recording = runner.store.record(records).await;
                running.spawn(async move { runner.recorded(recording, receipt).await });
            }
            Errand::Retract { account, sender, id } => {
                let finding = runner.store.find_offline(&account, &sender, id).await;
                running.spawn(async move { runner.found(finding, &account).await });
            }
            Errand::Take { account, session } => {
                let taking = runner.store.take_offline(&account).await;
                running.spawn(async move { runner.taken(taking, &account, session).await });
            }
            Errand::Wipe(wiped) => {
                let wiping = runner.store.wipe().await;
                running.spawn(async move { drop(wiped.send(runner.wiped(wiping).await)) });
            }
            // Not here: what runs may itself have to wait for an errand that comes later.
            Errand::Settle(settled) => {
                let mut before = mem::take(&mut running);
                running.spawn(async move {
                    while before.join_next().await.is_some() {}
                    let _ = settled.send(());
                });
            }
        }
    }
}

impl Runner {
    async fn kept(&self, keeping: Pending<Keeping>, refusals: Vec<(SessionId, Packet)>) {
        let kept = keeping.wait().await;
        if let Err(error) = &kept {
            tracing::error!(%error, "cannot keep a message");
        }
        if !matches!(kept, Ok(Keeping::Kept)) {
            for (session, refusal) in refusals {
                self.tell(session, refusal);
            }
        }
    }

    async fn erase_files(&self, names: &[String]) {
        if let Err(error) = self.store.files().erase(names).await {
            tracing::error!(%error, "cannot erase files; they are erased at the next start");
        }
    }

    /// In the way of the control socket: in the store first, then live, with an audit line for each act.
    async fn administer(&self, request: Request, who: &str, ticket: &Ticket) {
        let Some(administration) = self.shared.upgrade().and_then(|shared| shared.administration()) else {
            return;
        };
        let answer = administration.carry_out(who, request).await;
        if let Some(shared) = self.shared.upgrade() {
            shared.drive(|router, cx| router.administered(ticket, answer, cx));
        }
    }

    /// Who was removed is forgotten by all by now; until nothing is left of that either, it stays on record.
    async fn wiped(&self, wiping: Pending<()>) -> Result<(), StoreError> {
        wiping.wait().await?;
        self.store.removed_are_forgotten().await
    }

    async fn recorded(&self, recording: Pending<()>, receipt: Option<Receipt>) {
        let recorded = recording.wait().await;
        if let Err(error) = &recorded {
            tracing::error!(%error, "cannot write down what changed");
        }
        if let Some(Receipt { session, done, failed }) = receipt {
            self.tell(session, if recorded.is_ok() { done } else { failed });
        }
    }

    fn tell(&self, session: SessionId, packet: Packet) {
        if let Some(shared) = self.shared.upgrade() {
            shared.drive(|router, cx| router.deliver(session, Parcel::plain(packet), cx));
        }
    }

    /// Delivers what was taken, and erases it once it is written; or leaves that to the router, where the client
    /// acknowledges what it has had.
    async fn taken(&self, taking: Pending<Vec<Kept>>, account: &str, session: SessionId) {
        let kept = taking.wait().await;
        let kept = kept.inspect_err(|error| tracing::error!(%error, "cannot read messages that wait")).ok();
        let (ids, waited) = self.lift(kept);
        let connection = match self.deliver(session, waited) {
            Some(Delivery::Written(connection)) if !ids.is_empty() => connection,
            Some(_) => return,
            None => return self.give_back(&ids, account),
        };
        if !self.is_written(connection).await {
            return self.give_back(&ids, account);
        }
        self.erase(account, ids).await;
    }

    /// What was taken waits again, also for who asked meanwhile and was told that there is nothing.
    fn give_back(&self, ids: &[MessageId], account: &str) {
        self.land(ids);
        if let Some(shared) = self.shared.upgrade().filter(|_| !ids.is_empty()) {
            shared.drive(|router, cx| router.undelivered(account, cx));
        }
    }

    async fn found(&self, finding: Pending<Vec<MessageId>>, account: &str) {
        match finding.wait().await {
            Ok(ids) if ids.is_empty() => {}
            Ok(ids) => self.erase(account, ids).await,
            Err(error) => tracing::error!(%error, "cannot look for a message that was taken back"),
        }
    }

    async fn erase(&self, account: &str, ids: Vec<MessageId>) {
        match self.store.erase_offline(account, ids.clone()).await {
            Ok(()) => self.land(&ids),
            // They stay in flight: better on disk until the next start than delivered twice.
            Err(error) => tracing::error!(%error, "cannot erase messages that were delivered"),
        }
    }

    /// Hands the router what the store had; answers when it may be erased, `None` if the session is gone.
    fn deliver(&self, session: SessionId, waited: Option<Vec<Waited>>) -> Option<Delivery> {
        self.shared.upgrade()?.drive(|router, cx| router.deliver_offline(session, waited, cx))
    }

    /// Waits until all that was put in a mailbox is written; `false` once that cannot be any more.
    async fn is_written(&self, connection: ConnectionId) -> bool {
        let receipt = self.shared.upgrade().and_then(|shared| shared.receipt(connection));
        match receipt {
            Some(written) => written.await.is_ok(),
            None => false,
        }
    }

    /// Takes note of what is about to be delivered, and leaves out what has been.
    fn lift(&self, kept: Option<Vec<Kept>>) -> (Vec<MessageId>, Option<Vec<Waited>>) {
        let mut in_flight = self.in_flight.lock();
        let mut ids = Vec::new();
        let waited = kept.map(|kept| {
            let fresh = kept.into_iter().filter(|kept| in_flight.insert(kept.id));
            let waited = fresh.map(|kept| {
                ids.push(kept.id);
                Waited { id: kept.id, stanza: kept.stanza, since: kept.at }
            });
            waited.collect()
        });
        (ids, waited)
    }

    fn land(&self, ids: &[MessageId]) {
        let mut in_flight = self.in_flight.lock();
        for id in ids {
            in_flight.remove(id);
        }
    }
}
