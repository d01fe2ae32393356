//! The router under its lock, and everybody's mailbox.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, Weak},
    time::{Duration, Instant},
};

use bytes::Bytes;
use parking_lot::Mutex;
use ring::rand::{SecureRandom, SystemRandom};
use time::OffsetDateTime;
use tokio::{
    sync::oneshot,
    time::{MissedTickBehavior, interval},
};

use super::{
    errands::{self, Errand, Errands},
    mailbox::Mailbox,
};
use crate::{
    control::Administration,
    router::Router,
    store::{Store, StoreError},
    stream::{Action, ConnectionId, Context, Framing, StreamError},
};

/// How often the router looks after managed streams.
const TICK: Duration = Duration::from_secs(1);

/// What all connections share. A lock is taken once for all stanzas that were read together; what they cause
/// is in the mailboxes when it is given back, so that everybody sees the same order.
pub(super) struct Shared {
    core: Mutex<Core>,
    random: SystemRandom,
    /// Set once the server stands.
    administration: OnceLock<Weak<Administration>>,
}

struct Core {
    router: Router,
    mailboxes: HashMap<ConnectionId, Arc<Mailbox>>,
    last_connection: u64,
    outbox: Vec<Action>,
    errands: Errands,
}

impl Shared {
    /// Starts what runs errands to the store, and what looks after managed streams, too.
    pub(super) fn new(router: Router, store: Store) -> Arc<Self> {
        let (errands, waiting) = errands::errands();
        let core =
            Core { router, mailboxes: HashMap::new(), last_connection: 0, outbox: Vec::new(), errands };
        let shared = Arc::new(Self {
            core: Mutex::new(core),
            random: SystemRandom::new(),
            administration: OnceLock::new(),
        });
        tokio::spawn(errands::run(waiting, store, Arc::downgrade(&shared)));
        tokio::spawn(tick(Arc::downgrade(&shared)));
        shared
    }

    /// Who carries out what administrators ask from their clients.
    pub(super) fn set_administration(&self, administration: &Arc<Administration>) {
        self.administration.get_or_init(|| Arc::downgrade(administration));
    }

    /// The same, while the server lives.
    pub(super) fn administration(&self) -> Option<Arc<Administration>> {
        self.administration.get()?.upgrade()
    }

    /// A mailbox for a new connection.
    pub(super) fn open(&self, framing: Framing) -> (ConnectionId, Arc<Mailbox>) {
        let mut core = self.core.lock();
        core.last_connection += 1;
        let (id, mailbox) = (ConnectionId(core.last_connection), Arc::new(Mailbox::new(framing)));
        core.mailboxes.insert(id, Arc::clone(&mailbox));
        (id, mailbox)
    }

    /// That connection is no more.
    pub(super) fn close(&self, connection: ConnectionId) {
        self.core.lock().mailboxes.remove(&connection);
    }

    /// Ends every connection, and every session that has none.
    pub(super) fn close_all(&self, error: StreamError) {
        self.drive(Router::give_up_all);
        for mailbox in self.core.lock().mailboxes.values() {
            mailbox.close(error);
        }
    }

    /// Tells when what is in a connection's mailbox is written; `None` if it never will be.
    pub(super) fn receipt(&self, connection: ConnectionId) -> Option<oneshot::Receiver<()>> {
        self.core.lock().mailboxes.get(&connection)?.receipt()
    }

    /// Waits until the store has done what was asked of it so far, and what was delivered is erased.
    pub(super) async fn settle(&self) {
        let (settled, all_done) = oneshot::channel();
        self.core.lock().errands.add(Errand::Settle(settled));
        let _ = all_done.await;
    }

    /// Waits until nothing is on disk of what was erased so far.
    pub(super) async fn wipe(&self) -> Result<(), StoreError> {
        let (wiped, all_gone) = oneshot::channel();
        self.core.lock().errands.add(Errand::Wipe(wiped));
        all_gone.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Drives the router, and does what it says.
    pub(super) fn drive<T>(&self, work: impl FnOnce(&mut Router, &mut Context<'_>) -> T) -> T {
        self.drive_for(work).0
    }

    /// The same, and how many bytes that has put into mailboxes.
    pub(super) fn drive_for<T>(&self, work: impl FnOnce(&mut Router, &mut Context<'_>) -> T) -> (T, usize) {
        let mut core = self.core.lock();
        let core = &mut *core;
        let mut random = |bytes: &mut [u8]| self.random.fill(bytes).expect("the system has randomness");
        let mut cx = Context {
            now: OffsetDateTime::now_utc(),
            instant: Instant::now(),
            random: &mut random,
            outbox: &mut core.outbox,
        };
        let result = work(&mut core.router, &mut cx);
        (result, core.carry_out())
    }
}

/// Lets the router look after managed streams for as long as there is one.
async fn tick(shared: Weak<Shared>) {
    let mut clock = interval(TICK);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        let Some(shared) = shared.upgrade() else { return };
        shared.drive(Router::tick);
    }
}

impl Core {
    fn carry_out(&mut self) -> usize {
        let mut caused = 0;
        for action in self.outbox.drain(..) {
            match action {
                Action::Administer { request, who, ticket } => {
                    self.errands.add(Errand::Administer { request, who, ticket });
                }
                Action::Close { connection, error } => {
                    if let Some(mailbox) = self.mailboxes.get(&connection) {
                        mailbox.close(error);
                    }
                }
                Action::EraseFiles(names) => self.errands.add(Errand::EraseFiles(names)),
                Action::Send { connection, packet } => {
                    if let Some(mailbox) = self.mailboxes.get(&connection) {
                        caused += packet.iter().map(Bytes::len).sum::<usize>();
                        mailbox.put(packet);
                    }
                }
                Action::KeepOffline { account, sender, stanza, at, refusals } => {
                    self.errands.add(Errand::Keep { account, sender, stanza, at, refusals });
                }
                Action::EraseOffline { account, ids } => self.errands.add(Errand::Erase { account, ids }),
                Action::ReleaseOffline { ids } => self.errands.add(Errand::Release { ids }),
                Action::Record { records, receipt } => self.errands.add(Errand::Record { records, receipt }),
                Action::RetractOffline { account, sender, id } => {
                    self.errands.add(Errand::Retract { account, sender, id });
                }
                Action::TakeOffline { account, session } => {
                    self.errands.add(Errand::Take { account, session });
                }
            }
        }
        if self.outbox.capacity() > 4096 {
            self.outbox = Vec::new(); // after a broadcast to the whole school
        }
        caused
    }
}
