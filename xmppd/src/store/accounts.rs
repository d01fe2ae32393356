//! Accounts: who may log in.

use std::collections::HashMap;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, named_params, params, types::Type};

use super::{Erasure, Store, StoreError, records};
use crate::{
    account::{Account, Kind},
    auth::{Keys, KeysError},
    record::{Record, Shelf},
};

impl Store {
    /// All accounts, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.request(Erasure::Nothing, all).await
    }

    /// The account of this name.
    pub async fn account(&self, name: &str) -> Result<Account, StoreError> {
        let accounts = self.accounts().await?;
        let found = accounts.into_iter().find(|account| account.name == name);
        found.ok_or_else(|| StoreError::NoSuchAccount(name.to_owned()))
    }

    /// Adds an account, unless there is one of its name.
    pub async fn add_account(&self, account: Account) -> Result<(), StoreError> {
        self.request(Erasure::Nothing, move |connection| add(connection, &account)).await
    }

    /// Gives the account of this name the rest of these values.
    pub async fn update_account(&self, account: Account) -> Result<(), StoreError> {
        self.request(Erasure::Replaced, move |connection| update(connection, &account)).await
    }

    /// Removes an account, the messages that wait for it, and those from it that nobody has received yet.
    pub async fn remove_account(&self, name: &str) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.request(Erasure::Removed, move |connection| remove(connection, &name)).await
    }
}

/// All accounts, by name.
pub(super) fn all(connection: &Connection) -> Result<Vec<Account>, StoreError> {
    let mut groups = groups(connection)?;
    let query = "SELECT id, name, display_name, kind, enabled, keys FROM account ORDER BY name";
    let mut statement = connection.prepare(query)?;
    let accounts = statement.query_map([], |row| {
        let groups = groups.remove(&row.get(0)?).unwrap_or_default();
        account(row, groups)
    })?;
    Ok(accounts.collect::<Result<_, _>>()?)
}

fn account(row: &Row<'_>, groups: Vec<String>) -> rusqlite::Result<Account> {
    let keys = row.get_ref("keys")?.as_blob()?;
    let keys = str::from_utf8(keys).map_err(|_| KeysError).and_then(Keys::from_text);
    Ok(Account {
        name: row.get("name")?,
        display_name: row.get("display_name")?,
        kind: kind(row)?,
        groups,
        enabled: row.get("enabled")?,
        keys: keys
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(5, Type::Blob, Box::new(error)))?,
    })
}

fn kind(row: &Row<'_>) -> rusqlite::Result<Kind> {
    let conversion = |error| rusqlite::Error::FromSqlConversionFailure(3, Type::Text, Box::new(error));
    row.get_ref("kind")?.as_str()?.parse().map_err(conversion)
}

fn groups(connection: &Connection) -> Result<HashMap<i64, Vec<String>>, StoreError> {
    let mut statement =
        connection.prepare("SELECT account, name FROM account_group ORDER BY account, position")?;
    let mut rows = statement.query([])?;
    let mut groups: HashMap<i64, Vec<String>> = HashMap::new();
    while let Some(row) = rows.next()? {
        groups.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    Ok(groups)
}

pub(super) fn add(connection: &Connection, account: &Account) -> Result<(), StoreError> {
    let statement = "INSERT INTO account (name, display_name, kind, enabled, keys)
                     VALUES (:name, :display_name, :kind, :enabled, :keys)";
    match write(connection, statement, account) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Err(StoreError::AlreadyExists(account.name.clone()))
        }
        other => Ok(other.map(|_| ())?),
    }?;
    set_groups(connection, connection.last_insert_rowid(), &account.groups)
}

pub(super) fn update(connection: &Connection, account: &Account) -> Result<(), StoreError> {
    let statement = "UPDATE account SET display_name = :display_name, kind = :kind,
                     enabled = :enabled, keys = :keys WHERE name = :name";
    write(connection, statement, account)?;
    let query = "SELECT id FROM account WHERE name = ?1";
    let id = connection.query_row(query, [&account.name], |row| row.get(0)).optional()?;
    let id = id.ok_or_else(|| StoreError::NoSuchAccount(account.name.clone()))?;
    if !account.enabled {
        // Here, too: where no server runs, nobody else ends them, and they would be good again later.
        let revoke = "DELETE FROM record WHERE account = ?1 AND shelf = ?2";
        connection.execute(revoke, params![id, Shelf::Token.name()])?;
    }
    connection.execute("DELETE FROM account_group WHERE account = ?1", [id])?;
    set_groups(connection, id, &account.groups)
}

/// What others keep of it is for the running server to erase, or for the next that runs: until then, that is on record.
pub(super) fn remove(connection: &Connection, name: &str) -> Result<(), StoreError> {
    let unsend = "DELETE FROM offline_message WHERE sender = (SELECT id FROM account WHERE name = ?1)";
    connection.execute(unsend, [name])?;
    let removed = connection.execute("DELETE FROM account WHERE name = ?1", [name])?;
    if removed == 0 {
        return Err(StoreError::NoSuchAccount(name.to_owned()));
    }
    records::put(connection, &Record::removed(name))
}

fn write(connection: &Connection, statement: &str, account: &Account) -> rusqlite::Result<usize> {
    let keys = account.keys.to_text();
    let values = named_params! {
        ":name": account.name,
        ":display_name": account.display_name,
        ":kind": account.kind.name(),
        ":enabled": account.enabled,
        ":keys": keys.as_bytes(),
    };
    connection.execute(statement, values)
}

fn set_groups(connection: &Connection, account: i64, groups: &[String]) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare("INSERT INTO account_group (account, position, name) VALUES (?1, ?2, ?3)")?;
    for (position, name) in (0_i64..).zip(groups) {
        statement.execute(params![account, position, name])?;
    }
    Ok(())
}
