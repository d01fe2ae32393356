//! The one thread that holds the database. Requests that have come in together share one transaction, and so
//! one wait for the disk; they are answered after its commit, and those that erase something after it is wiped.

use std::thread;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::{StoreError, wipe};

/// Requests in one transaction.
const GROUP: usize = 256;

/// What a request takes away, and so what must be wiped after the commit; see [`wipe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Erasure {
    Nothing,
    Messages,
    /// Former values of accounts and consents.
    Replaced,
    /// Anything.
    Removed,
}

/// What the writer is asked.
pub(super) enum Request {
    Work(Erasure, Work),
    Look(Look),
    Close(oneshot::Sender<()>),
}

/// Runs inside the transaction; what it returns is called with the fate of its group.
pub(super) type Work = Box<dyn FnOnce(&mut Transaction<'_>) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Fate)>;

/// Runs between two transactions, and changes nothing.
pub(super) type Look = Box<dyn FnOnce(&Connection) + Send>;

/// What became of a group.
#[derive(Clone)]
pub(super) enum Fate {
    /// It is on disk, and what it erased, if anything, is nowhere.
    Done,
    /// It is on disk, but what it erased may be there too.
    NotWiped(StoreError),
    /// Nothing of it is on disk.
    Undone(StoreError),
}

impl Fate {
    fn result(self) -> Result<(), StoreError> {
        match self {
            Self::Done => Ok(()),
            Self::NotWiped(error) => Err(StoreError::NotWiped(Box::new(error))),
            Self::Undone(error) => Err(error),
        }
    }
}

/// Wraps what to do and where to answer.
pub(super) fn work<T: Send + 'static>(
    work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    answer: oneshot::Sender<Result<T, StoreError>>,
) -> Work {
    Box::new(move |transaction| {
        let result = undone_on_failure(transaction, work);
        Box::new(move |fate| {
            // Whoever asked may have gone; what was asked is done all the same.
            let _ = answer.send(result.and_then(|value| fate.result().map(|()| value)));
        })
    })
}

fn undone_on_failure<T>(
    transaction: &mut Transaction<'_>,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let savepoint = transaction.savepoint()?;
    let value = work(&savepoint)?;
    savepoint.commit()?;
    Ok(value)
}

/// Starts the thread; it ends when it is told to close, or when the last handle is gone.
pub(super) fn spawn(mut connection: Connection, mut requests: mpsc::Receiver<Request>) {
    thread::Builder::new()
        .name("store".to_owned())
        .spawn(move || {
            let mut owed = Erasure::Nothing;
            let closing = serve(&mut connection, &mut requests, &mut owed);
            if let Err(error) = wipe::after(&mut connection, owed.max(Erasure::Messages)) {
                tracing::error!(%error, "cannot wipe the store's log at closing");
            }
            drop(connection);
            if let Some(done) = closing {
                let _ = done.send(());
            }
        })
        .expect("a thread can be started");
}

/// Serves until it is told to close, or nobody is left to ask. What failed to be wiped is `owed`, and wiped with
/// the next group.
fn serve(
    connection: &mut Connection,
    requests: &mut mpsc::Receiver<Request>,
    owed: &mut Erasure,
) -> Option<oneshot::Sender<()>> {
    let mut arrived = Vec::with_capacity(GROUP);
    while requests.blocking_recv_many(&mut arrived, GROUP) > 0 {
        let mut group = Vec::with_capacity(arrived.len());
        let (mut looks, mut closing) = (Vec::new(), None);
        for request in arrived.drain(..) {
            match request {
                Request::Work(erases, work) => {
                    *owed = erases.max(*owed);
                    group.push((erases, work));
                }
                Request::Look(look) => looks.push(look),
                Request::Close(done) => closing = Some(done),
            }
        }
        commit(connection, group, owed);
        for look in looks {
            look(connection);
        }
        if closing.is_some() {
            return closing;
        }
    }
    None
}

/// Does a group of requests in one transaction, wipes, then answers them; those at once that have erased nothing.
fn commit(connection: &mut Connection, group: Vec<(Erasure, Work)>, owed: &mut Erasure) {
    let mut answers = Vec::with_capacity(group.len());
    let mut fate = match in_transaction(connection, group, &mut answers) {
        Err(error) => {
            tracing::error!(%error, "cannot write to the store");
            Fate::Undone(error)
        }
        Ok(()) => Fate::Done,
    };
    let (at_once, after_wipe): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|(erases, _)| *erases == Erasure::Nothing);
    give(at_once, &fate);
    if matches!(fate, Fate::Done) {
        fate = wiped(connection, owed);
    }
    give(after_wipe, &fate);
}

fn give(answers: Vec<(Erasure, Answer)>, fate: &Fate) {
    for (_, answer) in answers {
        answer(fate.clone());
    }
}

fn wiped(connection: &mut Connection, owed: &mut Erasure) -> Fate {
    if let Err(error) = wipe::after(connection, *owed) {
        tracing::error!(%error, "cannot wipe what was erased from the store");
        return Fate::NotWiped(error);
    }
    *owed = Erasure::Nothing;
    Fate::Done
}

fn in_transaction(
    connection: &mut Connection,
    group: Vec<(Erasure, Work)>,
    answers: &mut Vec<(Erasure, Answer)>,
) -> Result<(), StoreError> {
    if group.is_empty() {
        return Ok(());
    }
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    answers.extend(group.into_iter().map(|(erases, work)| (erases, work(&mut transaction))));
    Ok(transaction.commit()?)
}
