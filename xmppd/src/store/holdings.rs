//! How much the store holds: numbers, which name nobody.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};
use time::OffsetDateTime;

use super::{Store, StoreError, backup};
use crate::account::Kind;

/// What is there, counted by the database itself: no account is read for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Accounts of each kind, disabled ones too.
    pub accounts: BTreeMap<Kind, u64>,
    /// Accounts that may not log in.
    pub disabled: u64,
    /// Accounts that may, and whose parents have not consented, though they would have to, or do so no more.
    pub without_consent: u64,
    /// Messages that wait for somebody.
    pub waiting_messages: u64,
    /// Messages that were ever made to wait.
    pub kept_messages: u64,
    /// Bytes of the database.
    pub database_bytes: u64,
    /// When a copy of it was last put away.
    pub last_backup: Option<OffsetDateTime>,
}

impl Store {
    /// Counts what is there.
    pub async fn holdings(&self) -> Result<Holdings, StoreError> {
        self.look(holdings).await
    }
}

fn holdings(connection: &Connection) -> Result<Holdings, StoreError> {
    let number = |query: &str| -> Result<u64, StoreError> {
        Ok(connection.prepare_cached(query)?.query_row([], count)?)
    };
    Ok(Holdings {
        accounts: by_kind(connection)?,
        disabled: number("SELECT count(*) FROM account WHERE NOT enabled")?,
        without_consent: without_consent(connection)?,
        waiting_messages: number("SELECT count(*) FROM offline_message")?,
        // `AUTOINCREMENT` keeps the highest number that it has given: nothing else has to be counted.
        kept_messages: number(
            "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'offline_message'",
        )?,
        database_bytes: number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")?,
        last_backup: backup::last(connection)?,
    })
}

fn by_kind(connection: &Connection) -> Result<BTreeMap<Kind, u64>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM account WHERE kind = ?1")?;
    let counts = Kind::ALL.into_iter().map(|kind| Ok((kind, statement.query_row([kind.name()], count)?)));
    counts.collect()
}

fn without_consent(connection: &Connection) -> Result<u64, StoreError> {
    let withdrawn = "SELECT count(*) FROM account JOIN consent ON consent.name = account.name
                     WHERE enabled AND withdrawn IS NOT NULL";
    let withdrawn = connection.prepare_cached(withdrawn)?.query_row([], count)?;
    let missing = "SELECT count(*) FROM account LEFT JOIN consent ON consent.name = account.name
                   WHERE kind = ?1 AND enabled AND consent.name IS NULL";
    let mut missing = connection.prepare_cached(missing)?;
    let kinds = Kind::ALL.into_iter().filter(|kind| kind.needs_consent());
    let counts = kinds.map(|kind| Ok(missing.query_row([kind.name()], count)?));
    Ok(withdrawn + counts.sum::<Result<u64, StoreError>>()?)
}

fn count(row: &Row<'_>) -> rusqlite::Result<u64> {
    row.get::<_, i64>(0).map(i64::unsigned_abs)
}
