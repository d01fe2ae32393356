//! Bringing the store of a stopped server up to date, and whether this version can read all that is in it.

use std::path::Path;

use rusqlite::Connection;
use serde::Serialize;
use time::OffsetDateTime;

use super::{
    FILE, Store, StoreError, accounts, administration, offline, records, schema, wipe, writer::Erasure,
};
use crate::{
    account::Account,
    auth::{Authenticator, DecoySecret},
    record::{Owner, Record},
    router::{Router, Settings},
};

/// What became of a store, and what is in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Migration {
    /// The version of the tables that it had; 0 where there was none.
    pub from: u32,
    /// The one that it has now.
    pub to: u32,
    /// Accounts, disabled ones too.
    pub accounts: usize,
    /// Messages that wait for somebody.
    pub messages: usize,
}

impl Store {
    /// Brings the store in the data folder up to date, unless anything is wrong with it or with what would come of
    /// it: then nothing is changed. The server must not run.
    pub fn migrate(data: &Path) -> Result<Migration, StoreError> {
        let mut connection = schema::connect(&data.join(FILE))?;
        let from = schema::version(&connection)?;
        let (accounts, messages) = schema::migrate(&mut connection, check)?;
        wipe::after(&mut connection, Erasure::Messages)?;
        Ok(Migration { from, to: schema::VERSION, accounts, messages })
    }
}

/// Reads everything; answers how many accounts and messages there are.
fn check(connection: &Connection) -> Result<(usize, usize), StoreError> {
    check_pages(connection)?;
    check_references(connection)?;
    let accounts = accounts::all(connection)?;
    let count = accounts.len();
    administration::consents(connection)?;
    check_records(connection, accounts)?;
    Ok((count, offline::check(connection)?))
}

/// The first complaint names tables, pages and rows, never what is in them.
fn check_pages(connection: &Connection) -> Result<(), StoreError> {
    let complaint: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if complaint == "ok" { Ok(()) } else { Err(StoreError::Damaged(complaint)) }
}

fn check_references(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    match rows.next()? {
        None => Ok(()),
        Some(row) => {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            Err(StoreError::Damaged(format!("a row of `{table}` belongs to no row of `{parent}`")))
        }
    }
}

/// Has the features take in what they have recorded, as at a start.
fn check_records(connection: &Connection, accounts: Vec<Account>) -> Result<(), StoreError> {
    if let Some(shelf) = records::unknown_shelf(connection)? {
        return Err(StoreError::Unreadable(format!("the records of the kind `{shelf}`")));
    }
    let decoys = DecoySecret::new(schema::decoy_secret(connection)?);
    let settings = Settings::of_domain("localhost");
    let authenticator = Authenticator::new(&settings.domain, decoys);
    let mut router = Router::new(settings, authenticator, accounts, OffsetDateTime::UNIX_EPOCH);
    match router.restore(&records::all(connection)?).first() {
        None => Ok(()),
        Some(Record { owner, shelf, .. }) => {
            let whose = match owner {
                Owner::Account(name) => format!("`{name}`"),
                Owner::Server => "the server".to_owned(),
            };
            Err(StoreError::Unreadable(format!("a record of {whose} of the kind `{}`", shelf.name())))
        }
    }
}

#[cfg(test)]
mod tests;
