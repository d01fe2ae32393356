#![expect(clippy::unwrap_used, reason = "tests")]

mod erasure;
mod messages;
mod records;
mod snapshot;

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    sync::LazyLock,
};

use bytes::Bytes;
use tempfile::TempDir;
use time::OffsetDateTime;

use super::*;
use crate::{
    account::{Account, Kind},
    administration::{Recorded, Write},
    auth::{Keys, Password},
    record::{Record, Shelf},
};

const AT: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn account(name: &str) -> Account {
    static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::derive(&Password::prepare("pencil").unwrap()));
    let keys = KEYS.clone();
    let groups = vec!["Class 4b".to_owned(), "Chess".to_owned()];
    let (name, display_name) = (name.to_owned(), format!("The one called {name}"));
    Account { name, display_name, kind: Kind::Child, groups, enabled: true, keys }
}

async fn store(folder: &TempDir) -> Store {
    let store = Store::open(folder.path(), Capacity::default()).unwrap();
    store.add_account(account("juliet")).await.unwrap();
    store
}

/// In which files of the folder these bytes occur.
fn files_with(folder: &TempDir, mark: &[u8]) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
    let holding =
        entries.filter(|entry| memchr::memmem::find(&fs::read(entry.path()).unwrap(), mark).is_some());
    holding.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

/// What the store says in the end.
async fn answered<T>(begun: impl Future<Output = Pending<T>>) -> Result<T, StoreError> {
    begun.await.wait().await
}

/// A message of this length whose every 16 bytes hold the mark.
fn marked(length: usize) -> Bytes {
    b"canary-7f3a91c2-".iter().copied().cycle().take(length).collect()
}

const MARK: &[u8] = b"canary";

fn fact(owner: &str, key: &str, value: Option<&'static str>) -> Record {
    Record::of_account(&owner.into(), Shelf::PrivateXml, key, value.map(Bytes::from))
}

#[tokio::test]
async fn accounts_come_back_as_they_went_in() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let mut romeo = account("romeo");
    store.add_account(romeo.clone()).await.unwrap();
    (romeo.groups, romeo.enabled, romeo.kind) = (vec!["Chess".to_owned()], false, Kind::Teacher);
    store.update_account(romeo.clone()).await.unwrap();
    store.close().await;

    let accounts = Store::open(folder.path(), Capacity::default()).unwrap().accounts().await.unwrap();
    assert_eq!(accounts.iter().map(|account| account.name.as_str()).collect::<Vec<_>>(), ["juliet", "romeo"]);
    assert_eq!(accounts[0].groups, ["Class 4b", "Chess"]);
    let again = &accounts[1];
    assert_eq!((&again.groups, again.enabled, again.kind), (&romeo.groups, false, Kind::Teacher));
    assert_eq!(*again.keys.to_text(), *romeo.keys.to_text());
}

#[tokio::test]
async fn names_are_unique_and_must_exist() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    assert!(matches!(store.add_account(account("juliet")).await, Err(StoreError::AlreadyExists(_))));
    assert!(matches!(store.update_account(account("romeo")).await, Err(StoreError::NoSuchAccount(_))));
    assert!(matches!(store.remove_account("romeo").await, Err(StoreError::NoSuchAccount(_))));
    assert!(matches!(store.account("romeo").await, Err(StoreError::NoSuchAccount(_))));
    let kept = store.keep_offline("romeo", "juliet", marked(10), AT).await.wait().await;
    assert!(matches!(kept, Err(StoreError::NoSuchAccount(_))));
}

#[tokio::test]
async fn many_requests_at_once_are_all_answered() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let senders = ["benvolio", "mercutio", "nurse", "romeo"];
    for sender in senders {
        store.add_account(account(sender)).await.unwrap();
    }
    let keeping = (0..600).map(|number| store.keep_offline("juliet", senders[number % 4], marked(300), AT));
    let answers = futures::future::join_all(keeping.map(answered)).await;
    let kept = answers.into_iter().filter(|answer| *answer.as_ref().unwrap() == Keeping::Kept).count();
    assert_eq!(kept, 200);
}

#[tokio::test]
async fn what_fails_undoes_nothing_of_those_who_came_along() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let names = ["benvolio", "juliet", "mercutio", "juliet", "romeo"];
    let adding = names.map(|name| store.add_account(account(name)));
    let added = futures::future::join_all(adding).await;
    assert_eq!(added.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, false, true]);
    assert_eq!(store.accounts().await.unwrap().len(), 4);
}

#[tokio::test]
async fn files_are_for_their_owner_alone_and_for_one_process() {
    let folder = TempDir::new().unwrap();
    let _store = store(&folder).await;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
    assert!(matches!(Store::open(folder.path(), Capacity::default()), Err(StoreError::InUse)));
}

#[tokio::test]
async fn what_root_makes_belongs_to_the_owner_of_the_folder() {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: only root can make files for others");
        return;
    }
    let folder = TempDir::new().unwrap();
    std::os::unix::fs::chown(folder.path(), Some(5222), Some(5222)).unwrap();
    let _store = store(&folder).await;
    for entry in fs::read_dir(folder.path()).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().uid(), 5222);
    }
}

#[tokio::test]
async fn the_decoys_survive_a_restart() {
    let folder = TempDir::new().unwrap();
    let secret = |store: Store| async move {
        let secret = store.request(Erasure::Nothing, schema::decoy_secret).await.unwrap();
        store.close().await;
        secret
    };
    let first = secret(store(&folder).await).await;
    assert_ne!(first, [0; 32]);
    assert_eq!(secret(Store::open(folder.path(), Capacity::default()).unwrap()).await, first);
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = TempDir::new().unwrap();
    store(&folder).await.close().await;
    let connection = Connection::open(folder.path().join(FILE)).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let refusal = Store::open(folder.path(), Capacity::default()).err().unwrap();
    assert!(matches!(refusal, StoreError::NewerSchema { found: 99, known: 4 }));
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    store.close().await;
    assert!(matches!(store.accounts().await, Err(StoreError::Closed)));
    assert!(!folder.path().join("xmppd.sqlite-wal").exists());
}

#[tokio::test]
async fn what_it_holds_is_counted() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    store.add_account(Account { enabled: false, ..account("romeo") }).await.unwrap();
    store.add_account(Account { kind: Kind::Teacher, ..account("laurence") }).await.unwrap();
    let empty = store.holdings().await.unwrap();
    assert_eq!(empty.accounts[&Kind::Child], 2);
    assert_eq!(empty.accounts[&Kind::Teacher], 1);
    assert_eq!((empty.disabled, empty.without_consent), (1, 1), "who cannot log in needs none");
    assert_eq!((empty.waiting_messages, empty.kept_messages, empty.last_backup), (0, 0, None));
    assert_eq!(empty.database_bytes, fs::metadata(folder.path().join(FILE)).unwrap().len());

    for _ in 0..2 {
        answered(store.keep_offline("romeo", "juliet", marked(100), AT)).await.unwrap();
    }
    let waits = answered(store.take_offline("romeo")).await.unwrap();
    store.erase_offline("romeo", vec![waits[0].id]).await.unwrap();
    store.backed_up(AT).await.unwrap();
    let withdrawn = Recorded {
        signed: "2026-09-01".parse().unwrap(),
        slip: "1".parse().unwrap(),
        by: "anna".to_owned(),
        at: AT,
        withdrawn: Some(AT),
    };
    let consents = ["laurence", "romeo"].map(|name| Write::Consent(name.to_owned(), withdrawn.clone()));
    store.administer(consents.into(), Vec::new()).await.unwrap();
    let held = store.holdings().await.unwrap();
    assert_eq!(held.without_consent, 2, "whose was withdrawn and who can log in, of whatever kind");
    assert_eq!((held.waiting_messages, held.kept_messages, held.last_backup), (1, 2, Some(AT)));
}
