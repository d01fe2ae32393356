//! A copy of the running store without what was said in it: for the day that the disk fails.
//!
//! It is made in memory by `SQLite`'s backup interface, between two commits. There, what is no part of a backup is
//! taken out of it, and `VACUUM` writes every page anew: no byte of a message that waits is in the copy, and none of
//! the way to it was on the disk. It leaves out
//!
//! - messages that wait for someone: they are erased when they are delivered, and a copy of them would not be;
//! - tokens (XEP-0484): a server that is restored must not take one that was revoked meanwhile;
//! - files that users share, and what is recorded of them.

use rusqlite::{Connection, MAIN_DB, OptionalExtension, backup::Backup, serialize::Data};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::task;
use zeroize::{Zeroize, Zeroizing};

use super::{Erasure, Store, StoreError, records, schema};
use crate::record::{Record, Shelf};

/// The record's name.
const LAST: &str = "last";

/// A copy of the database, as the bytes of a file.
pub struct Snapshot {
    /// The version of its tables.
    pub schema: u32,
    /// The file. It holds every account's keys.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl Store {
    /// Takes a copy of all but conversations. Who writes waits only while it is copied in memory.
    ///
    /// # Panics
    /// Never: working on the copy does not panic.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.snapshot_with_a_break(|| ()).await
    }

    /// The same, with something else to do between copying and working on the copy.
    pub(super) async fn snapshot_with_a_break(
        &self,
        between: impl FnOnce() + Send + 'static,
    ) -> Result<Snapshot, StoreError> {
        let copy = self.look(copied).await?;
        let work = move || {
            between();
            without_conversations(copy)
        };
        task::spawn_blocking(work).await.expect("a copy does not panic")
    }

    /// Remembers that a copy was put away.
    pub async fn backed_up(&self, at: OffsetDateTime) -> Result<(), StoreError> {
        let at = at.replace_nanosecond(0).unwrap_or(at).format(&Rfc3339).unwrap_or_default();
        let record = Record::of_server(Shelf::Backup, LAST, Some(at.into()));
        self.request(Erasure::Nothing, move |connection| records::put(connection, &record)).await
    }

    /// When the last copy was put away.
    pub async fn last_backup(&self) -> Result<Option<OffsetDateTime>, StoreError> {
        self.look(last).await
    }
}

/// When the last copy was put away.
pub(super) fn last(connection: &Connection) -> Result<Option<OffsetDateTime>, StoreError> {
    let query = "SELECT value FROM record WHERE shelf = ?1 AND key = ?2";
    let shelf = Shelf::Backup.name();
    let value = connection.query_row(query, [shelf, LAST], |row| row.get::<_, Vec<u8>>(0)).optional()?;
    Ok(value.and_then(|at| OffsetDateTime::parse(&String::from_utf8(at).ok()?, &Rfc3339).ok()))
}

/// All of the database, in memory.
fn copied(from: &Connection) -> Result<Connection, StoreError> {
    let mut copy = Connection::open_in_memory()?;
    // A copy in memory cannot change the size of its pages; and what it needs besides stays in memory, too.
    copy.pragma_update(None, "page_size", schema::PAGE_BYTES)?;
    copy.pragma_update(None, "temp_store", "MEMORY")?;
    Backup::new(from, &mut copy)?.step(-1)?;
    Ok(copy)
}

fn without_conversations(copy: Connection) -> Result<Snapshot, StoreError> {
    copy.execute("DELETE FROM offline_message", [])?;
    for shelf in Shelf::ALL.iter().filter(|shelf| !shelf.is_backed_up()) {
        copy.execute("DELETE FROM record WHERE shelf = ?1", [shelf.name()])?;
    }
    copy.execute_batch("VACUUM")?;
    let schema = schema::version(&copy)?;
    Ok(Snapshot { schema, bytes: serialized(copy)? })
}

/// `SQLite`'s own memory cannot be handed on to another thread, so its bytes are copied, and wiped there. Its pages are not:
/// those of the running store hold the same keys in the same memory.
fn serialized(mut copy: Connection) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let mut serialized = match copy.serialize(MAIN_DB)? {
        Data::Owned(serialized) => serialized,
        // Only a database that was given to `SQLite` in one piece is shared with it.
        Data::Shared(pages) => return Ok(Zeroizing::new(pages.to_vec())),
    };
    drop(copy);
    let bytes = Zeroizing::new(serialized.to_vec());
    serialized.zeroize();
    Ok(bytes)
}
