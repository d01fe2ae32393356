//! `xmppd migrate`: what an upgrade does to a copy of the data before it goes on.

use std::fs;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::server::run;

/// A folder whose `data` holds a store that this SQL makes.
fn folder(sql: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    Connection::open(folder.path().join("data/xmppd.sqlite")).unwrap().execute_batch(sql).unwrap();
    folder
}

/// What was printed, what was complained of, and the exit code.
fn migrate(folder: &TempDir, arguments: &[&str]) -> (String, String, Option<i32>) {
    let done = run(folder.path(), "migrate", arguments, "");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(done.stdout), text(done.stderr), done.status.code())
}

#[test]
fn it_says_what_it_found() {
    let folder = folder(include_str!("../stores/schema-2.sql"));
    let (out, err, code) = migrate(&folder, &["--json"]);
    assert_eq!(
        (out.as_str(), err.as_str(), code),
        ("{\"from\":2,\"to\":4,\"accounts\":2,\"messages\":2}\n", "", Some(0))
    );
    let again = "schema version 4, up to date; accounts: 2, messages that wait: 2\n";
    assert_eq!(migrate(&folder, &[]).0, again);
}

#[test]
fn an_empty_folder_is_fine() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    let (out, _, code) = migrate(&folder, &["--json"]);
    assert_eq!((out.as_str(), code), ("{\"from\":0,\"to\":4,\"accounts\":0,\"messages\":0}\n", Some(0)));
}

#[test]
fn data_of_a_newer_version_has_an_exit_code_of_its_own() {
    let folder = folder(include_str!("../stores/schema-4.sql"));
    let path = folder.path().join("data/xmppd.sqlite");
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 5").unwrap();
    let before = fs::read(&path).unwrap();
    let (out, err, code) = migrate(&folder, &["--json"]);
    assert_eq!((out.as_str(), code), ("", Some(4)));
    assert!(
        err.starts_with(
            "error: the database has schema version 5, and this program knows versions up to 4 only\n\nhint: "
        ),
        "{err}"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn nothing_of_what_is_in_it_is_told() {
    let folder = folder(include_str!("../stores/schema-4.sql"));
    let path = folder.path().join("data/xmppd.sqlite");
    let damage = "UPDATE offline_message SET stanza = CAST('a canary' AS BLOB)";
    Connection::open(path).unwrap().execute_batch(damage).unwrap();
    let (out, err, code) = migrate(&folder, &["--json"]);
    assert_eq!(code, Some(1));
    assert!(!out.contains("canary") && !err.contains("canary"), "{err}");
    assert!(err.contains("this version cannot read a message that waits"), "{err}");
}
