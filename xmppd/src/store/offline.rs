//! Messages that wait for someone who is offline (XEP-0160): the only content that ever reaches the disk.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, params};
use time::{Duration, OffsetDateTime};

use super::{Erasure, Pending, Store, StoreError, schema::PAGE_BYTES};
use crate::{features::retraction, stream::MessageId};

/// The most bytes of a row that `SQLite` puts into a page shared with other rows: the page less 35
/// (<https://sqlite.org/fileformat2.html#b_tree_pages>). A row starts with a margin of this length, so that
/// its content lies in pages of its own; `wipe.rs` tells why.
const MARGIN_BYTES: u32 = PAGE_BYTES - 35;

/// What may wait for one account, and how long.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Messages.
    pub messages: u32,
    /// Bytes of all together: at most half of what a connection's mailbox takes, so that all can be delivered at once.
    pub bytes: u64,
    /// Days after which a message is erased.
    pub days: u32,
}

/// One sender may fill one part in so many of what waits, lest the others find no room.
const SHARES: u32 = 4;

/// A message that waits. Its content has no `Debug`, so that no log line can hold it.
pub struct Kept {
    /// To erase it by.
    pub id: MessageId,
    /// When it arrived, to the millisecond.
    pub at: OffsetDateTime,
    /// The stanza, as it was given to [`Store::keep_offline`].
    pub stanza: Bytes,
}

/// What became of a message that should wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// It is on disk.
    Kept,
    /// As much waits already as one account may have, or of it as much as one sender may; it was not kept.
    Full,
    /// Its sender has no account any more: it was not kept, since nothing would erase it with the others.
    SenderGone,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { messages: 200, bytes: 1024 * 1024, days: 30 }
    }
}

impl Store {
    /// From now on, so much may wait, and so long. What waits already is not erased for being too much.
    pub fn set_capacity(&self, capacity: Capacity) {
        *self.capacity.lock() = capacity;
    }

    /// Keeps a stanza from one account for another until it is erased; from the server itself, if no sender is named.
    /// Messages are kept in the order in which this returns.
    pub async fn keep_offline(
        &self,
        account: &str,
        sender: &str,
        stanza: Bytes,
        at: OffsetDateTime,
    ) -> Pending<Keeping> {
        let (account, sender, capacity) = (account.to_owned(), sender.to_owned(), *self.capacity.lock());
        self.begin(Erasure::Nothing, move |connection| {
            keep(connection, account, &sender, &stanza, at, capacity)
        })
        .await
    }

    /// What waits for an account, oldest first. It stays until [`Store::erase_offline`].
    pub async fn take_offline(&self, account: &str) -> Pending<Vec<Kept>> {
        let account = account.to_owned();
        self.begin(Erasure::Nothing, move |connection| take(connection, &account)).await
    }

    /// What waits for one account from another, and goes by that id.
    pub async fn find_offline(&self, account: &str, sender: &str, id: String) -> Pending<Vec<MessageId>> {
        let (account, sender) = (account.to_owned(), sender.to_owned());
        self.begin(Erasure::Nothing, move |connection| find(connection, &account, &sender, &id)).await
    }

    /// Erases what was delivered; when this answers, no byte of it is in any file of the store.
    pub async fn erase_offline(&self, account: &str, ids: Vec<MessageId>) -> Result<(), StoreError> {
        let account = account.to_owned();
        self.request(Erasure::Messages, move |connection| erase(connection, &account, &ids)).await
    }

    /// Erases what has waited too long by now; answers how many.
    pub async fn expire_offline(&self, now: OffsetDateTime) -> Result<usize, StoreError> {
        let before = milliseconds(now - Duration::days(self.capacity.lock().days.into()));
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
    sender: &str,
    stanza: &[u8],
    at: OffsetDateTime,
    capacity: Capacity,
) -> Result<Keeping, StoreError> {
    let mut id_of = connection.prepare_cached("SELECT id FROM account WHERE name = ?1")?;
    let mut id_of = |name: &str| id_of.query_row([name], |row| row.get::<_, i64>(0)).optional();
    let receiver = id_of(&account)?.ok_or(StoreError::NoSuchAccount(account))?;
    let sender = match (sender, id_of(sender)?) {
        (_, Some(id)) => id,
        ("", None) => 0, // the server itself
        (_, None) => return Ok(Keeping::SenderGone),
    };
    if !has_room(connection, receiver, sender, stanza.len() as u64, capacity)? {
        return Ok(Keeping::Full);
    }
    let insert = "INSERT INTO offline_message (account, sender, at, margin, stanza)
                  VALUES (?1, ?2, ?3, zeroblob(?4), ?5)";
    let values = params![receiver, sender, milliseconds(at), MARGIN_BYTES, stanza];
    connection.prepare_cached(insert)?.execute(values)?;
    Ok(Keeping::Kept)
}

/// Whether so many bytes more may wait, in all and from that sender.
fn has_room(
    connection: &Connection,
    receiver: i64,
    sender: i64,
    bytes: u64,
    capacity: Capacity,
) -> Result<bool, StoreError> {
    let query = "SELECT count(*), coalesce(sum(length(stanza)), 0),
                        count(*) FILTER (WHERE sender = ?2), coalesce(sum(length(stanza)) FILTER (WHERE sender = ?2), 0)
                 FROM offline_message WHERE account = ?1";
    let fits = |count: u32, waiting: u32, share: u32| {
        count < capacity.messages.div_ceil(share)
            && u64::from(waiting) + bytes <= capacity.bytes / u64::from(share)
    };
    let has_room = connection.prepare_cached(query)?.query_row([receiver, sender], |row| {
        Ok(fits(row.get(0)?, row.get(1)?, 1) && fits(row.get(2)?, row.get(3)?, SHARES))
    })?;
    Ok(has_room)
}

fn take(connection: &Connection, account: &str) -> Result<Vec<Kept>, StoreError> {
    let query = "SELECT message.id, message.at, message.stanza FROM offline_message AS message
                 JOIN account ON account.id = message.account WHERE account.name = ?1 ORDER BY message.id";
    let mut statement = connection.prepare_cached(query)?;
    let kept = statement.query_map([account], kept)?;
    Ok(kept.collect::<Result<_, _>>()?)
}

/// From its id, time and stanza.
fn kept(row: &Row<'_>) -> rusqlite::Result<Kept> {
    let milliseconds = row.get(1)?;
    let at = OffsetDateTime::UNIX_EPOCH.checked_add(Duration::milliseconds(milliseconds));
    let at = at.ok_or(rusqlite::Error::IntegralValueOutOfRange(1, milliseconds))?;
    let stanza: Vec<u8> = row.get(2)?;
    Ok(Kept { id: MessageId(row.get(0)?), at, stanza: stanza.into() })
}

/// Reads everything that waits for anybody; answers how many messages that are.
pub(super) fn check(connection: &Connection) -> Result<usize, StoreError> {
    let mut statement = connection.prepare("SELECT id, at, stanza FROM offline_message")?;
    let mut rows = statement.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        if !retraction::is_message(&kept(row)?.stanza) {
            return Err(StoreError::Unreadable("a message that waits".to_owned()));
        }
        count += 1;
    }
    Ok(count)
}

/// No more than one sender's share is looked at.
fn find(
    connection: &Connection,
    account: &str,
    sender: &str,
    id: &str,
) -> Result<Vec<MessageId>, StoreError> {
    let query = "SELECT message.id, message.stanza FROM offline_message AS message
                 JOIN account AS receiver ON receiver.id = message.account
                 JOIN account AS sender ON sender.id = message.sender
                 WHERE receiver.name = ?1 AND sender.name = ?2";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([account, sender])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if retraction::goes_by(row.get_ref(1)?.as_blob().unwrap_or_default(), id) {
            found.push(MessageId(row.get(0)?));
        }
    }
    Ok(found)
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
