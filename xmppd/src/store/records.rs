//! Small durable facts of accounts and of the server; see [`crate::record`].

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Erasure, Pending, Store, StoreError};
use crate::record::{FORGOTTEN, Owner, Record, Shelf};

impl Store {
    /// Everything that features have recorded, by shelf and key.
    pub async fn records(&self) -> Result<Vec<Record>, StoreError> {
        self.request(Erasure::Nothing, all).await
    }

    /// The names of removed accounts of which others may still keep something, though somebody else may have the name.
    pub async fn removed(&self) -> Result<Vec<String>, StoreError> {
        self.look(removed).await
    }

    /// Whether anything of removed accounts may still be in the files.
    pub async fn is_wipe_owed(&self) -> Result<bool, StoreError> {
        let query = "SELECT EXISTS (SELECT 1 FROM record WHERE shelf = ?1)";
        self.look(|connection| Ok(connection.query_row(query, [Shelf::Removed.name()], |row| row.get(0))?))
            .await
    }

    /// Takes note that nobody keeps anything of removed accounts any more, and that nothing of it is left in the files.
    pub async fn removed_are_forgotten(&self) -> Result<(), StoreError> {
        self.request(Erasure::Messages, |connection| {
            connection.execute("DELETE FROM record WHERE shelf = ?1", [Shelf::Removed.name()])?;
            Ok(())
        })
        .await
    }

    /// Writes these down, all or none. Records are written in the order in which this returns.
    pub async fn record(&self, records: Vec<Record>) -> Pending<()> {
        self.begin(Erasure::Nothing, move |connection| {
            records.iter().try_for_each(|one| put(connection, one))
        })
        .await
    }
}

/// Everything that features have recorded, by shelf and key.
pub(super) fn all(connection: &Connection) -> Result<Vec<Record>, StoreError> {
    let query = "SELECT account.name, record.shelf, record.key, record.value FROM record
                 LEFT JOIN account ON account.id = record.account ORDER BY record.shelf, record.key";
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let owner = match row.get::<_, Option<String>>(0)? {
            Some(name) => Owner::Account(name.into()),
            None => Owner::Server,
        };
        let shelf: String = row.get(1)?;
        // Only a newer version has others, and its database is refused as a whole.
        let Some(shelf) = Shelf::from_name(&shelf) else { continue };
        if matches!(shelf, Shelf::Backup | Shelf::Removed) {
            continue;
        }
        let value: Vec<u8> = row.get(3)?;
        records.push(Record { owner, shelf, key: row.get(2)?, value: Some(value.into()) });
    }
    Ok(records)
}

fn removed(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let query = "SELECT key FROM record WHERE shelf = ?1 AND value <> ?2 ORDER BY key";
    let mut statement = connection.prepare(query)?;
    let names = statement.query_map(params![Shelf::Removed.name(), FORGOTTEN], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// A shelf that this version does not know, if there is one.
pub(super) fn unknown_shelf(connection: &Connection) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare("SELECT DISTINCT shelf FROM record")?;
    let mut shelves = statement.query_map([], |row| row.get::<_, String>(0))?;
    Ok(shelves
        .find(|shelf| shelf.as_ref().map_or(true, |name| Shelf::from_name(name).is_none()))
        .transpose()?)
}

pub(super) fn put(connection: &Connection, record: &Record) -> Result<(), StoreError> {
    let account = match &record.owner {
        Owner::Account(name) => Some(id_of(connection, name)?),
        Owner::Server => None,
    };
    let (shelf, key) = (record.shelf.name(), &record.key);
    if let Some(value) = &record.value {
        let put = "INSERT INTO record (account, shelf, key, value) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (coalesce(account, 0), shelf, key) DO UPDATE SET value = excluded.value";
        connection.prepare_cached(put)?.execute(params![account, shelf, key, &value[..]])?;
    } else {
        let remove = "DELETE FROM record
                      WHERE coalesce(account, 0) = coalesce(?1, 0) AND shelf = ?2 AND key = ?3";
        connection.prepare_cached(remove)?.execute(params![account, shelf, key])?;
    }
    Ok(())
}

fn id_of(connection: &Connection, name: &Arc<str>) -> Result<i64, StoreError> {
    let mut query = connection.prepare_cached("SELECT id FROM account WHERE name = ?1")?;
    let id = query.query_row([&**name], |row| row.get(0)).optional()?;
    id.ok_or_else(|| StoreError::NoSuchAccount(name.to_string()))
}
