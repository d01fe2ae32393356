#![expect(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeMap, fs, path::PathBuf};

use rusqlite::params;
use tempfile::TempDir;

use super::*;
use crate::store::Capacity;

/// A store of each version of the tables, as that version wrote it.
const STORES: [&str; schema::VERSION as usize] = [
    include_str!("../../../tests/stores/schema-1.sql"),
    include_str!("../../../tests/stores/schema-2.sql"),
    include_str!("../../../tests/stores/schema-3.sql"),
    include_str!("../../../tests/stores/schema-4.sql"),
];

/// A data folder with a store that this SQL makes.
fn folder(sql: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    edit(&folder, sql);
    folder
}

fn edit(folder: &TempDir, sql: &str) {
    Connection::open(folder.path().join(FILE)).unwrap().execute_batch(sql).unwrap();
}

fn latest() -> TempDir {
    folder(STORES.last().unwrap())
}

/// Every file of the folder.
fn files(folder: &TempDir) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Every table and index, as the database describes it.
fn tables(folder: &TempDir) -> Vec<String> {
    let connection = Connection::open(folder.path().join(FILE)).unwrap();
    let mut statement =
        connection.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").unwrap();
    let tables = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    tables.map(|sql| without_comments(&sql.unwrap())).collect()
}

fn without_comments(sql: &str) -> String {
    let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// Migrates in vain; answers why, and makes sure that every file is what it was.
fn refused(folder: &TempDir) -> StoreError {
    let before = files(folder);
    let error = Store::migrate(folder.path()).unwrap_err();
    assert!(files(folder) == before, "something was changed: {error}");
    error
}

#[tokio::test]
async fn a_store_of_every_version_is_brought_up_to_date() {
    let new = TempDir::new().unwrap();
    Store::migrate(new.path()).unwrap();
    for (from, sql) in (1..).zip(STORES) {
        let folder = folder(sql);
        let found = Migration { from, to: schema::VERSION, accounts: 2, messages: 2 };
        assert_eq!(Store::migrate(folder.path()).unwrap(), found);
        assert_eq!(Store::migrate(folder.path()).unwrap(), Migration { from: found.to, ..found });
        assert_eq!(tables(&folder), tables(&new), "from {from}");

        let store = Store::open(folder.path(), Capacity::default()).unwrap();
        let juliet = store.account("juliet").await.unwrap();
        assert_eq!(
            (juliet.groups.join(", "), juliet.is_administrator()),
            ("Class 4b, Chess".to_owned(), true)
        );
        assert!(!store.account("romeo").await.unwrap().is_administrator());
        let waiting = store.take_offline("juliet").await.wait().await.unwrap();
        assert!(waiting[1].stanza.ends_with(b"<body>What is in a name?</body></message>"));
        store.close().await;
    }
}

#[test]
fn an_empty_folder_gets_an_empty_store() {
    let folder = TempDir::new().unwrap();
    let made = Migration { from: 0, to: schema::VERSION, accounts: 0, messages: 0 };
    assert_eq!(Store::migrate(folder.path()).unwrap(), made);
    let nowhere = Store::migrate(&folder.path().join("nowhere")).unwrap_err();
    assert!(matches!(nowhere, StoreError::File(..)), "{nowhere}");
}

#[test]
fn a_newer_store_is_refused_with_both_numbers() {
    let folder = latest();
    edit(&folder, "PRAGMA user_version = 99");
    let refusal = refused(&folder).to_string();
    assert_eq!(refusal, "the database has schema version 99, and this program knows versions up to 4 only");
}

#[test]
fn what_a_newer_version_left_in_its_log_stays_there() {
    let (running, crashed) = (latest(), TempDir::new().unwrap());
    let connection = Connection::open(running.path().join(FILE)).unwrap();
    connection.execute_batch("PRAGMA user_version = 99").unwrap();
    for file in [FILE, "xmppd.sqlite-wal"] {
        fs::copy(running.path().join(file), crashed.path().join(file)).unwrap();
    }
    assert!(matches!(refused(&crashed), StoreError::NewerSchema { found: 99, .. }));
}

#[test]
fn a_damaged_store_is_refused() {
    let folder = latest();
    let path = folder.path().join(FILE);
    let mut bytes = fs::read(&path).unwrap();
    bytes[2048..3072].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let error = refused(&folder);
    assert!(matches!(error, StoreError::Damaged(_) | StoreError::Database(_)), "{error}");

    fs::write(&path, "this is no database").unwrap();
    assert!(matches!(refused(&folder), StoreError::Database(_)));
}

#[test]
fn a_row_without_its_account_is_damage() {
    let folder = latest();
    edit(&folder, "PRAGMA foreign_keys = OFF; DELETE FROM account WHERE name = 'juliet'");
    let error = refused(&folder).to_string();
    assert!(error.starts_with("the database is damaged: a row of `"), "{error}");
    assert!(error.ends_with("` belongs to no row of `account`"), "{error}");
}

#[tokio::test]
async fn a_store_in_use_is_refused() {
    let folder = latest();
    let store = Store::open(folder.path(), Capacity::default()).unwrap();
    assert!(matches!(Store::migrate(folder.path()), Err(StoreError::InUse)));
    store.close().await;
}

#[test]
fn what_this_version_cannot_read_is_refused_before_anything_changes() {
    for (statement, what) in [
        ("UPDATE account SET keys = x'00'", "the database failed"),
        ("UPDATE offline_message SET stanza = CAST('<presence/>' AS BLOB)", "a message that waits"),
        ("UPDATE offline_message SET at = 9223372036854775807", "the database failed"),
    ] {
        let folder = folder(STORES[0]);
        edit(&folder, statement);
        let error = refused(&folder).to_string();
        assert!(error.contains(what), "{error}");
    }
    for (account, shelf, value, what) in [
        (Some(2), "contact", "?", "a record of `romeo` of the kind `contact`"),
        (Some(2), "attic", "canary", "the records of the kind `attic`"),
        (None, "room", "canary", "a record of the server of the kind `room`"),
    ] {
        let folder = latest();
        let connection = Connection::open(folder.path().join(FILE)).unwrap();
        let put = "INSERT INTO record (account, shelf, key, value) VALUES (?1, ?2, 'k', ?3)";
        connection.execute(put, params![account, shelf, value.as_bytes()]).unwrap();
        drop(connection);
        assert_eq!(refused(&folder).to_string(), format!("this version cannot read {what}"));
    }
}
