//! The tables, as a list of migrations; `user_version` counts those that a file has seen.

use std::{
    fs::{self, Metadata, OpenOptions, Permissions},
    io,
    os::unix::{
        self,
        fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    },
    path::Path,
    sync::Arc,
    time::Duration,
};

use rusqlite::{Connection, TransactionBehavior, config::DbConfig};

use super::{StoreError, wipe, writer::Erasure};
use crate::auth::random_bytes;

/// Small pages, since most messages are small; `offline.rs` reckons with it.
pub(super) const PAGE_BYTES: u32 = 1024;

/// Append only: the place in this list is a migration's version.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE account (
        id            INTEGER PRIMARY KEY,
        name          TEXT NOT NULL UNIQUE,
        display_name  TEXT NOT NULL,
        administrator INTEGER NOT NULL CHECK (administrator IN (0, 1)),
        enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
        keys          BLOB NOT NULL     -- the text of RFC 5803, a line for each hash
    ) STRICT;
    CREATE TABLE account_group (
        account  INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
        position INTEGER NOT NULL,
        name     TEXT NOT NULL,
        PRIMARY KEY (account, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE offline_message (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        margin  BLOB NOT NULL,          -- keeps the stanza out of pages that are balanced, see wipe.rs
        account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
        at      INTEGER NOT NULL,       -- milliseconds since 1970
        stanza  BLOB NOT NULL
    ) STRICT;
    CREATE INDEX offline_message_account ON offline_message (account, id);
    CREATE INDEX offline_message_at ON offline_message (at);
    CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
",
    // Who sent it, before the margin: to be counted without reading the stanzas.
    "
    ALTER TABLE offline_message RENAME TO unsigned_message;
    CREATE TABLE offline_message (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
        sender  INTEGER NOT NULL,       -- an account's id, or 0 where there is none any more
        at      INTEGER NOT NULL,       -- milliseconds since 1970
        margin  BLOB NOT NULL,          -- keeps the stanza out of pages that are balanced, see wipe.rs
        stanza  BLOB NOT NULL
    ) STRICT;
    INSERT INTO offline_message SELECT id, account, 0, at, margin, stanza FROM unsigned_message;
    DROP TABLE unsigned_message;
    CREATE INDEX offline_message_account ON offline_message (account, id);
    CREATE INDEX offline_message_at ON offline_message (at);
",
    "
    CREATE TABLE record (
        account INTEGER REFERENCES account ON DELETE CASCADE,   -- NULL: the server's own
        shelf   TEXT NOT NULL,
        key     TEXT NOT NULL,
        value   BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX record_place ON record (coalesce(account, 0), shelf, key);
",
    // Whose an account is, what parents have signed, and what administrators did.
    "
    ALTER TABLE account ADD COLUMN kind TEXT NOT NULL DEFAULT 'child'
        CHECK (kind IN ('child', 'parent', 'teacher', 'administrator'));
    UPDATE account SET kind = 'administrator' WHERE administrator;
    ALTER TABLE account DROP COLUMN administrator;
    CREATE TABLE consent (
        name        TEXT PRIMARY KEY,   -- of an account, or of one that is to come
        signed      TEXT NOT NULL,      -- a day
        slip        TEXT NOT NULL,      -- its version
        recorded_by TEXT NOT NULL,
        recorded    INTEGER NOT NULL,   -- milliseconds since 1970
        withdrawn   INTEGER             -- likewise
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE audit (
        id      INTEGER PRIMARY KEY,
        at      INTEGER NOT NULL,       -- milliseconds since 1970
        who     TEXT NOT NULL,
        act     TEXT NOT NULL,
        about   TEXT NOT NULL,          -- an account, or a group
        outcome TEXT NOT NULL
    ) STRICT;
    CREATE INDEX audit_about ON audit (about, id);
    CREATE INDEX audit_at ON audit (at);
",
];

/// The version of the tables that this program works with.
#[expect(clippy::cast_possible_truncation, reason = "fewer migrations than that")]
pub(super) const VERSION: u32 = MIGRATIONS.len() as u32;

/// Opens or makes the file, locks it, brings it up to date, and wipes what a crash may have left in its log.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = connect(path)?;
    migrate(&mut connection, |_| Ok(()))?;
    wipe::after(&mut connection, Erasure::Messages)?;
    Ok(connection)
}

/// Opens or makes the file, and locks it. One that a newer version wrote stays as it is.
pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    make_private(path).map_err(|error| StoreError::File(path.display().to_string(), Arc::new(error)))?;
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let found = version(&connection)?;
    if found > VERSION {
        // Its log may hold what is not in the file yet: that is for the newer version to put there.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log(path))?;
        return Err(StoreError::NewerSchema { found, known: VERSION });
    }
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Which version of the tables the file has; 0 if it has none.
pub(super) fn version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Brings the tables up to date, if what comes of it passes the check; else nothing is changed.
pub(super) fn migrate<T>(
    connection: &mut Connection,
    check: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    for migration in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    let secret: [u8; 32] = random_bytes();
    transaction.execute("INSERT OR IGNORE INTO secret (name, value) VALUES ('decoy', ?1)", [secret])?;
    let checked = check(&transaction)?;
    transaction.commit()?;
    Ok(checked)
}

/// What [`crate::auth::DecoySecret`] is made from.
pub(super) fn decoy_secret(connection: &Connection) -> Result<[u8; 32], StoreError> {
    let query = "SELECT value FROM secret WHERE name = 'decoy'";
    Ok(connection.query_row(query, [], |row| row.get(0))?)
}

/// For its owner alone, from the first byte on; `SQLite` gives the log the same mode and owner. What root makes
/// for the daemon's user, as when adding the first account, belongs to that user: the owner of the folder.
fn make_private(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    let owner = |of: &Metadata| (of.uid(), of.gid());
    let (uid, gid) = owner(&fs::metadata(path.parent().unwrap_or(Path::new(".")))?);
    if owner(&file.metadata()?) == (uid, gid) {
        return Ok(());
    }
    match unix::fs::fchown(&file, Some(uid), Some(gid)) {
        // Whoever may not give files away is not root, and works for itself.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        given => given,
    }
}

/// Whether something was written that is not in the file itself.
fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    fs::metadata(log).is_ok_and(|log| log.len() > 0)
}
