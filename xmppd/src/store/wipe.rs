//! How what is erased leaves the disk as well.
//!
//! `secure_delete` makes `SQLite` overwrite with zeros what a deleted row leaves in the database file, with
//! one gap: where rows move between pages to balance the tree, their old bytes may stay behind in a page's
//! unused middle. And the write-ahead log is an append-only copy of every page that was written. Hence:
//!
//! - **Messages** never lie in pages that are balanced: `offline.rs` makes each row so long that its content
//!   starts in an overflow page, which belongs to it alone and is zeroed when it goes.
//! - **Accounts and consents** that change: their tables are emptied, which zeroes every page of theirs, and filled
//!   again. They are small, so that nobody waits for it, however much else is kept.
//! - **What is removed** may lie in any table, so `VACUUM` writes every page anew. It takes longer, and is rare.
//!   Until it is done, the removed account stays on record, so that a crash in between is made up for.
//! - **The log** is copied into the database, overwritten with zeros, synced, and only then truncated, before
//!   the erasure is acknowledged. A crash in between leaves a log that is wiped at the next start.
//!
//! What this cannot reach is what lies below the file: a copy-on-write file system or an SSD may keep old
//! blocks for a while. Against the one who carries the disk away, encrypt it (GELI, ZFS encryption, LUKS).

use std::{
    fs::OpenOptions,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, writer::Erasure};

/// Wipes what a committed transaction has left behind.
pub(super) fn after(connection: &mut Connection, erasure: Erasure) -> Result<(), StoreError> {
    if erasure == Erasure::Nothing {
        return Ok(());
    }
    match erasure {
        Erasure::Nothing | Erasure::Messages => {}
        Erasure::Replaced => write_anew(connection)?,
        Erasure::Removed => connection.execute_batch("VACUUM")?,
    }
    checkpoint(connection, "PRAGMA wal_checkpoint(RESTART)")?;
    if let Some(log) = log_path(connection) {
        overwrite(&log).map_err(|error| StoreError::File(log.display().to_string(), Arc::new(error)))?;
    }
    checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
}

/// Writes the tables anew in which values are replaced.
fn write_anew(connection: &mut Connection) -> Result<(), StoreError> {
    // What belongs to an account is not to go with it for the moment in which it is away. This has no effect within a
    // transaction, so it is around it.
    connection.pragma_update(None, "foreign_keys", false)?;
    let written = empty_and_fill(connection);
    connection.pragma_update(None, "foreign_keys", true)?;
    written
}

fn empty_and_fill(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for table in ["account", "account_group", "consent"] {
        transaction.execute_batch(&format!(
            "CREATE TEMP TABLE kept AS SELECT * FROM main.{table};
             DELETE FROM main.{table};
             INSERT INTO main.{table} SELECT * FROM temp.kept;
             DROP TABLE temp.kept;"
        ))?;
    }
    Ok(transaction.commit()?)
}

/// Copies the log into the database; fails unless all of it was copied, as it must be with one connection.
fn checkpoint(connection: &Connection, pragma: &str) -> Result<(), StoreError> {
    let busy: bool = connection.query_row(pragma, [], |row| row.get(0))?;
    if busy { Err(StoreError::InUse) } else { Ok(()) }
}

fn log_path(connection: &Connection) -> Option<PathBuf> {
    let path = PathBuf::from(format!("{}-wal", connection.path()?));
    path.exists().then_some(path)
}

/// Zeros in place of every byte, on disk. `SQLite` holds no lock on this file that closing it could lose.
fn overwrite(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let length = file.metadata()?.len();
    io::copy(&mut io::repeat(0).take(length), &mut file)?;
    file.sync_data()
}
