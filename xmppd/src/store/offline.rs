//! Messages that wait for someone who is offline (XEP-0160): the only content that ever reaches the disk.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};
use time::{Duration, OffsetDateTime};

use super::{Erasure, Store, StoreError, schema::PAGE_BYTES};

/// The most bytes of a row that `SQLite` puts into a page shared with other rows: the page less 35
/// (<https://sqlite.org/fileformat2.html#b_tree_pages>). A row starts with a margin of this length, so that
/// its content lies in pages of its own; `wipe.rs` tells why.
const MARGIN_BYTES: u32 = PAGE_BYTES - 35;

/// A message that waits. Its content has no `Debug`, so that no log line can hold it.
pub struct Kept {
    /// To erase it by.
    pub id: MessageId,
    /// When it arrived, to the millisecond.
    pub at: OffsetDateTime,
    /// The stanza, as it was given to [`Store::keep_offline`].
    pub stanza: Bytes,
}

/// Names a waiting message; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(i64);

/// What became of a message that should wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// It is on disk.
    Kept,
    /// As many wait already as one account may have; it was not kept.
    Full,
}

impl Store {
    /// Keeps a stanza for an account until it is erased.
    pub async fn keep_offline(
        &self,
        account: &str,
        stanza: Bytes,
        at: OffsetDateTime,
    ) -> Result<Keeping, StoreError> {
        let (account, limit) = (account.to_owned(), self.offline_limit);
        self.request(Erasure::Nothing, move |connection| keep(connection, account, &stanza, at, limit)).await
    }

    /// What waits for an account, oldest first. It stays until [`Store::erase_offline`].
    pub async fn take_offline(&self, account: &str) -> Result<Vec<Kept>, StoreError> {
        let account = account.to_owned();
        self.request(Erasure::Nothing, move |connection| take(connection, &account)).await
    }

    /// Erases what was delivered; when this answers, no byte of it is in any file of the store.
    pub async fn erase_offline(&self, account: &str, ids: Vec<MessageId>) -> Result<(), StoreError> {
        let account = account.to_owned();
        self.request(Erasure::Messages, move |connection| erase(connection, &account, &ids)).await
    }

    /// Erases what has waited since before this time; answers how many.
    pub async fn expire_offline(&self, before: OffsetDateTime) -> Result<usize, StoreError> {
        let before = milliseconds(before);
        let count = move |connection: &Connection| -> Result<usize, StoreError> {
            let query = "SELECT count(*) FROM offline_message WHERE at < ?1";
            Ok(connection.query_row(query, [before], |row| row.get::<_, u32>(0))? as usize)
        };
        if self.request(Erasure::Nothing, count).await? == 0 {
            return Ok(0);
        }
        self.request(Erasure::Messages, move |connection| {
            Ok(connection.execute("DELETE FROM offline_message WHERE at < ?1", [before])?)
        })
        .await
    }
}

fn keep(
    connection: &Connection,
    account: String,
    stanza: &[u8],
    at: OffsetDateTime,
    limit: u32,
) -> Result<Keeping, StoreError> {
    let query = "SELECT id, (SELECT count(*) FROM offline_message WHERE account = receiver.id)
                 FROM account AS receiver WHERE name = ?1";
    let found: Option<(i64, u32)> = connection
        .prepare_cached(query)?
        .query_row([&account], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (id, waiting) = found.ok_or(StoreError::NoSuchAccount(account))?;
    if waiting >= limit {
        return Ok(Keeping::Full);
    }
    let insert =
        "INSERT INTO offline_message (margin, account, at, stanza) VALUES (zeroblob(?1), ?2, ?3, ?4)";
    connection.prepare_cached(insert)?.execute(params![MARGIN_BYTES, id, milliseconds(at), stanza])?;
    Ok(Keeping::Kept)
}

fn take(connection: &Connection, account: &str) -> Result<Vec<Kept>, StoreError> {
    let query = "SELECT message.id, message.at, message.stanza FROM offline_message AS message
                 JOIN account ON account.id = message.account WHERE account.name = ?1 ORDER BY message.id";
    let mut statement = connection.prepare_cached(query)?;
    let kept = statement.query_map([account], |row| {
        let at = OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(row.get(1)?);
        let stanza: Vec<u8> = row.get(2)?;
        Ok(Kept { id: MessageId(row.get(0)?), at, stanza: stanza.into() })
    })?;
    Ok(kept.collect::<Result<_, _>>()?)
}

fn erase(connection: &Connection, account: &str, ids: &[MessageId]) -> Result<(), StoreError> {
    let delete = "DELETE FROM offline_message
                  WHERE id = ?1 AND account = (SELECT id FROM account WHERE name = ?2)";
    let mut statement = connection.prepare_cached(delete)?;
    for id in ids {
        statement.execute(params![id.0, account])?;
    }
    Ok(())
}

fn milliseconds(at: OffsetDateTime) -> i64 {
    (at - OffsetDateTime::UNIX_EPOCH).whole_milliseconds().try_into().unwrap_or(i64::MAX)
}
