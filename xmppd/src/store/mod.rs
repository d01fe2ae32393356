//! `SQLite`: accounts, records, and messages that wait for someone who is offline; beside it the files that users
//! share. Nothing else is ever written.
//!
//! | file | what it holds |
//! |---|---|
//! | `schema` | the tables, as a list of migrations |
//! | `migration` | bringing them up to date while no server runs, and whether all can be read then |
//! | `accounts`, `administration`, `offline`, `records` | what can be asked |
//! | `backup` | a copy of all but conversations, taken while the server runs |
//! | `files` | files that users share |
//! | `holdings` | how much is there |
//! | `writer` | the one thread that holds the database, and commits in groups |
//! | `wipe` | how what is erased leaves the disk as well |
//!
//! The database is locked for as long as it is open (`locking_mode=EXCLUSIVE`), so that two processes never
//! write at once: whoever comes second is told [`StoreError::InUse`].

mod accounts;
mod administration;
mod backup;
mod files;
mod holdings;
mod migration;
mod offline;
mod records;
mod schema;
mod wipe;
mod writer;

use std::{path::Path, sync::Arc};

use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode};
use tokio::sync::{mpsc, oneshot};

use crate::auth::DecoySecret;
pub use backup::Snapshot;
pub use files::{Draft, Files};
pub use holdings::Holdings;
pub use migration::Migration;
pub use offline::{Capacity, Keeping, Kept};
use writer::{Erasure, Request};

/// The database's name in the data folder.
pub const FILE: &str = "xmppd.sqlite";
/// The version of its tables that this program works with.
pub const SCHEMA: u32 = schema::VERSION;

/// Requests that may wait; beyond, those who ask wait themselves.
const QUEUE: usize = 1024;

/// A handle to the store; clones share it. Every answer comes after what it tells is on disk.
#[derive(Clone)]
pub struct Store {
    requests: mpsc::Sender<Request>,
    capacity: Arc<Mutex<Capacity>>,
    files: Files,
}

/// A request that is queued: whatever is asked later is done later.
#[must_use]
pub struct Pending<T>(oneshot::Receiver<Result<T, StoreError>>);

/// What can go wrong with the store.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// There is an account of this name already.
    #[error("there is an account `{0}` already")]
    AlreadyExists(String),
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// What `SQLite` finds wrong with the file.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// `SQLite` failed, or the file is damaged.
    #[error("the database failed: {0}")]
    Database(#[source] Arc<rusqlite::Error>),
    /// The file cannot be made, read or wiped.
    #[error("cannot use the database `{0}`: {1}")]
    File(String, #[source] Arc<std::io::Error>),
    /// Another process has it open.
    #[error("the database is in use by another process")]
    InUse,
    /// A newer version of this program wrote it.
    #[error("the database has schema version {found}, and this program knows versions up to {known} only")]
    NewerSchema {
        /// The file's version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// It is done, but what it has erased may still lie in the files. The next request wipes again.
    #[error("done, but what was erased may still be on the disk: {0}")]
    NotWiped(#[source] Box<StoreError>),
    /// There is no account of this name.
    #[error("there is no account `{0}`")]
    NoSuchAccount(String),
    /// This version does not understand what another has written.
    #[error("this version cannot read {0}")]
    Unreadable(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse,
            _ => Self::Database(Arc::new(error)),
        }
    }
}

impl StoreError {
    /// What to do about it, where something is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::AlreadyExists(_) => Some("`xmppd user passwd` gives an existing account a new password"),
            Self::Damaged(_) | Self::Database(_) => Some(
                "keep a copy of the data folder before trying anything; then look for a full or failing disk",
            ),
            Self::File(..) => {
                Some("the data folder must exist and belong to the daemon's user; `--data` names it")
            }
            Self::InUse => Some("wait until the other `xmppd` has ended, or stop it"),
            Self::NewerSchema { .. } | Self::Unreadable(_) => {
                Some("run the newer version again, or restore the data folder from before the upgrade")
            }
            Self::NoSuchAccount(_) => Some("`xmppd user list` shows all accounts"),
            Self::NotWiped(_) => {
                Some("make room on the disk; the next change wipes again, and so does a restart")
            }
            Self::Closed => None,
        }
    }
}

impl Store {
    /// Opens the store in the data folder, makes it (mode 0600) where there is none, and migrates an older one.
    ///
    /// No more messages are kept for each account than there is capacity for.
    pub fn open(data: &Path, capacity: Capacity) -> Result<Self, StoreError> {
        let connection = schema::open(&data.join(FILE))?;
        let (requests, incoming) = mpsc::channel(QUEUE);
        writer::spawn(connection, incoming);
        Ok(Self { requests, capacity: Arc::new(Mutex::new(capacity)), files: Files::new(data) })
    }

    /// The files that users share.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// What decoys are made from; the same as long as the database lives.
    pub async fn decoy_secret(&self) -> Result<DecoySecret, StoreError> {
        self.request(Erasure::Nothing, |connection| Ok(DecoySecret::new(schema::decoy_secret(connection)?)))
            .await
    }

    /// Wipes what was replaced so far of accounts and consents, which takes some milliseconds.
    pub async fn wipe_replaced(&self) -> Result<(), StoreError> {
        self.request(Erasure::Replaced, |_| Ok(())).await
    }

    /// Wipes what was replaced or removed so far, wherever it was.
    pub async fn wipe(&self) -> Pending<()> {
        self.begin(Erasure::Removed, |_| Ok(())).await
    }

    /// Finishes what was asked before, wipes what is left over, and lets the file go. Later requests fail.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.requests.send(Request::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }

    /// Has `work` done in the writer's next transaction. Where it fails, all of it is undone, and nothing else.
    async fn request<T: Send + 'static>(
        &self,
        erasure: Erasure,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.begin(erasure, work).await.wait().await
    }

    /// Has `look` done between two transactions, after all that was asked before.
    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let look = Box::new(move |connection: &Connection| {
            // Whoever asked may have gone.
            let _ = answer.send(look(connection));
        });
        let _ = self.requests.send(Request::Look(look)).await;
        Pending(answered).wait().await
    }

    /// Has `work` done in the writer's next transaction, but waits only until it is queued.
    async fn begin<T: Send + 'static>(
        &self,
        erasure: Erasure,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        let (answer, answered) = oneshot::channel();
        let request = Request::Work(erasure, writer::work(work, answer));
        // A closed store drops the request, and with it the answer's sender: so `wait` says that it is closed.
        let _ = self.requests.send(request).await;
        Pending(answered)
    }
}

impl<T> Pending<T> {
    /// Waits for the answer.
    pub async fn wait(self) -> Result<T, StoreError> {
        self.0.await.map_err(|_| StoreError::Closed)?
    }
}

#[cfg(test)]
mod tests;
