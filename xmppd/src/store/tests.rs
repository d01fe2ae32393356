#![expect(clippy::unwrap_used, reason = "tests")]

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
async fn messages_wait_in_order_up_to_the_limit() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), Capacity { messages: 2, ..Capacity::default() }).unwrap();
    store.add_account(account("juliet")).await.unwrap();
    let at = AT + time::Duration::milliseconds(1_700_000_000_123);
    store.add_account(account("nurse")).await.unwrap();
    for (sender, stanza, expected) in
        [("nurse", "one", Keeping::Kept), ("juliet", "two", Keeping::Kept), ("", "three", Keeping::Full)]
    {
        assert_eq!(
            store.keep_offline("juliet", sender, stanza.into(), at).await.wait().await.unwrap(),
            expected
        );
    }
    let waiting = store.take_offline("juliet").await.wait().await.unwrap();
    assert_eq!(waiting.iter().map(|kept| &kept.stanza[..]).collect::<Vec<_>>(), [b"one", b"two"]);
    assert!(waiting.iter().all(|kept| kept.at == at));

    store.erase_offline("romeo", vec![waiting[0].id]).await.unwrap();
    assert_eq!(store.take_offline("juliet").await.wait().await.unwrap().len(), 2, "erased by somebody else");
    store.erase_offline("juliet", vec![waiting[0].id]).await.unwrap();
    assert_eq!(store.take_offline("juliet").await.wait().await.unwrap().len(), 1);
    assert_eq!(
        store.keep_offline("juliet", "nurse", "three".into(), at).await.wait().await.unwrap(),
        Keeping::Kept
    );
}

#[tokio::test]
async fn what_waits_can_be_delivered_at_once_and_leaves_room_for_others() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let mut kept_of = Vec::new();
    for sender in ["benvolio", "mercutio", "nurse", "romeo", "tybalt"] {
        store.add_account(account(sender)).await.unwrap();
        let keeping = (0..6).map(|_| store.keep_offline("juliet", sender, marked(60_000), AT));
        let answers = futures::future::join_all(keeping.map(answered)).await;
        kept_of.push(answers.into_iter().filter(|answer| *answer.as_ref().unwrap() == Keeping::Kept).count());
    }
    assert_eq!(kept_of, [4, 4, 4, 4, 1]);
}

#[tokio::test]
async fn the_site_says_how_many_bytes_wait() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), Capacity { bytes: 400, ..Capacity::default() }).unwrap();
    store.add_account(account("juliet")).await.unwrap();
    let keep = |bytes| store.keep_offline("juliet", "juliet", marked(bytes), AT);
    for (bytes, expected) in
        [(101, Keeping::Full), (60, Keeping::Kept), (60, Keeping::Full), (40, Keeping::Kept)]
    {
        assert_eq!(answered(keep(bytes)).await.unwrap(), expected, "{bytes}");
    }
    store.set_capacity(Capacity { bytes: 800, ..Capacity::default() });
    assert_eq!(answered(keep(60)).await.unwrap(), Keeping::Kept, "the site has changed its mind");
}

#[tokio::test]
async fn what_is_taken_back_is_found_among_its_senders_alone() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    for name in ["romeo", "nurse"] {
        store.add_account(account(name)).await.unwrap();
    }
    for (receiver, sender) in [("juliet", "romeo"), ("juliet", "nurse"), ("romeo", "nurse")] {
        let stanza = Bytes::from_static(b"<message from='x@y/z' id='1' to='y'><body/></message>");
        answered(store.keep_offline(receiver, sender, stanza, AT)).await.unwrap();
    }
    let found = store.find_offline("juliet", "romeo", "1".to_owned()).await.wait().await.unwrap();
    let waiting = store.take_offline("juliet").await.wait().await.unwrap();
    assert_eq!(found, [waiting[0].id]);
    assert!(store.find_offline("juliet", "romeo", "2".to_owned()).await.wait().await.unwrap().is_empty());
    assert!(store.find_offline("nurse", "romeo", "1".to_owned()).await.wait().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_waits_too_long_is_erased() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    store.set_capacity(Capacity { days: 2, ..Capacity::default() });
    let day = time::Duration::DAY;
    store.keep_offline("juliet", "", marked(100), AT).await.wait().await.unwrap();
    store.keep_offline("juliet", "", "young".into(), AT + day).await.wait().await.unwrap();
    assert_eq!(store.expire_offline(AT + day * 3).await.unwrap(), 1);
    assert_eq!(store.expire_offline(AT + day * 3).await.unwrap(), 0);
    assert_eq!(store.take_offline("juliet").await.wait().await.unwrap().len(), 1);
    assert!(files_with(&folder, MARK).is_empty());
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
async fn what_cannot_be_wiped_is_done_and_wiped_later() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let log = folder.path().join("xmppd.sqlite-wal");
    // A log that cannot be opened for writing; the database itself goes on with the file that it holds.
    let aside = folder.path().join("aside");
    fs::rename(&log, &aside).unwrap();
    fs::create_dir(&log).unwrap();
    let mut juliet = account("juliet");
    juliet.enabled = false;
    let (updated, added) = tokio::join!(store.update_account(juliet), store.add_account(account("romeo")));
    assert!(matches!(updated, Err(StoreError::NotWiped(_))), "{updated:?}");
    assert!(added.is_ok(), "{added:?}");
    assert!(!store.account("juliet").await.unwrap().enabled);

    fs::remove_dir(&log).unwrap();
    fs::rename(&aside, &log).unwrap();
    assert!(files_with(&folder, b"romeo").contains(&"xmppd.sqlite-wal".to_owned()), "this test would notice");
    store.accounts().await.unwrap();
    assert_eq!(files_with(&folder, b"romeo"), [FILE]);
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
async fn not_a_byte_stays_of_what_was_delivered() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    for length in [16, 300, 1000, 5000, 65_536] {
        store.keep_offline("juliet", "", marked(length), AT).await.wait().await.unwrap();
    }
    assert!(!files_with(&folder, MARK).is_empty(), "this test would notice");
    let ids = store.take_offline("juliet").await.wait().await.unwrap().iter().map(|kept| kept.id).collect();
    store.erase_offline("juliet", ids).await.unwrap();
    assert_eq!(files_with(&folder, MARK), [] as [&str; 0]);
}

/// Erasing here and there makes the tree balance in every way it can, and balancing is what leaves bytes behind.
#[tokio::test]
async fn not_a_byte_stays_however_the_tree_is_balanced() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), Capacity { messages: u32::MAX, ..Capacity::default() }).unwrap();
    let names = ["benvolio", "juliet", "mercutio", "romeo"];
    for name in names {
        store.add_account(account(name)).await.unwrap();
    }
    let mut state = 1_u32;
    let mut random = move |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    for _ in 0..25 {
        let keeping = (0..100).map(|number| {
            let length = random(500) as usize + 16;
            // Some messages stay for good, and with them the pages that others have passed through.
            let stanza = if random(4) == 0 { vec![b'x'; length].into() } else { marked(length) };
            store.keep_offline(names[number % names.len()], names[number / 25], stanza, AT)
        });
        futures::future::join_all(keeping).await;
        erase_marked(&store, &names, || random(3) > 0).await;
    }
    erase_marked(&store, &names, || true).await;
    assert_eq!(files_with(&folder, MARK), [] as [&str; 0]);
}

async fn erase_marked(store: &Store, names: &[&str], mut chosen: impl FnMut() -> bool) {
    for name in names {
        let waiting = store.take_offline(name).await.wait().await.unwrap();
        let marked = waiting.iter().filter(|kept| kept.stanza.starts_with(MARK));
        let ids = marked.map(|kept| kept.id).filter(|_| chosen()).collect();
        store.erase_offline(name, ids).await.unwrap();
    }
}

#[tokio::test]
async fn a_removed_account_takes_everything_along() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    for number in 0..50 {
        store.add_account(account(&format!("pupil-{number}"))).await.unwrap();
    }
    store.keep_offline("juliet", "", marked(500), AT).await.wait().await.unwrap();
    store.remove_account("juliet").await.unwrap();
    assert_eq!(files_with(&folder, MARK), [] as [&str; 0]);
    assert_eq!(store.removed().await.unwrap(), ["juliet"]);
    answered(store.record(vec![Record::of_server(Shelf::Removed, "juliet", None)])).await.unwrap();
    answered(store.wipe()).await.unwrap();
    assert_eq!(
        files_with(&folder, b"juliet"),
        [] as [&str; 0],
        "nor its name, once the others have forgotten it"
    );
    assert_eq!(files_with(&folder, b"pupil-49"), [FILE]);
}

#[tokio::test]
async fn what_a_removed_account_still_sends_is_not_kept() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let kept = answered(store.keep_offline("juliet", "tybalt", marked(500), AT)).await.unwrap();
    assert_eq!(kept, Keeping::SenderGone);
    assert_eq!(answered(store.keep_offline("juliet", "", marked(500), AT)).await.unwrap(), Keeping::Kept);
}

#[tokio::test]
async fn it_is_on_record_whom_others_still_have_to_forget() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    store.remove_account("juliet").await.unwrap();
    store.add_account(account("juliet")).await.unwrap();
    store.close().await;
    let store = Store::open(folder.path(), Capacity::default()).unwrap();
    assert_eq!(store.removed().await.unwrap(), ["juliet"]);
    answered(store.record(vec![Record::of_server(Shelf::Removed, "juliet", None)])).await.unwrap();
    assert_eq!(store.removed().await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn the_tokens_of_who_is_disabled_end_on_disk() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let token = Record::of_account(&"juliet".into(), Shelf::Token, "phone", Some("canary".into()));
    answered(store.record(vec![token.clone(), fact("juliet", "a", Some("1"))])).await.unwrap();
    store.update_account(account("juliet")).await.unwrap();
    assert_eq!(store.records().await.unwrap(), [fact("juliet", "a", Some("1")), token]);
    store.update_account(Account { enabled: false, ..account("juliet") }).await.unwrap();
    store.update_account(account("juliet")).await.unwrap();
    assert_eq!(store.records().await.unwrap(), [fact("juliet", "a", Some("1"))]);
    assert_eq!(files_with(&folder, MARK), [""; 0]);
}

#[tokio::test]
async fn what_a_crash_left_in_the_log_is_wiped_at_the_next_start() {
    let (crashed, folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let store = store(&crashed).await;
    store.keep_offline("juliet", "", marked(500), AT).await.wait().await.unwrap();
    for file in [FILE, "xmppd.sqlite-wal"] {
        fs::copy(crashed.path().join(file), folder.path().join(file)).unwrap();
    }
    assert_eq!(files_with(&folder, MARK), ["xmppd.sqlite-wal"]);
    let store = Store::open(folder.path(), Capacity::default()).unwrap();
    assert_eq!(files_with(&folder, MARK), [FILE]);
    assert_eq!(store.take_offline("juliet").await.wait().await.unwrap().len(), 1);
}

fn fact(owner: &str, key: &str, value: Option<&'static str>) -> Record {
    Record::of_account(&owner.into(), Shelf::PrivateXml, key, value.map(Bytes::from))
}

#[tokio::test]
async fn records_come_back_until_they_end() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let of_server = Record::of_server(Shelf::MessageOfTheDay, "", Some("hello".into()));
    let written = vec![fact("juliet", "a", Some("1")), fact("juliet", "b", Some("2")), of_server.clone()];
    answered(store.record(written)).await.unwrap();
    answered(store.record(vec![fact("juliet", "a", Some("3")), fact("juliet", "b", None)])).await.unwrap();
    store.close().await;
    let store = Store::open(folder.path(), Capacity::default()).unwrap();
    assert_eq!(store.records().await.unwrap(), [of_server, fact("juliet", "a", Some("3"))]);
}

#[tokio::test]
async fn records_are_written_all_or_none() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let written =
        answered(store.record(vec![fact("juliet", "a", Some("1")), fact("nobody", "a", Some("1"))]));
    assert!(matches!(written.await, Err(StoreError::NoSuchAccount(name)) if name == "nobody"));
    assert_eq!(store.records().await.unwrap(), []);
}

#[tokio::test]
async fn what_an_account_recorded_ends_with_it() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    answered(store.record(vec![fact("juliet", "a", Some("canary-of-a-record"))])).await.unwrap();
    assert_ne!(files_with(&folder, MARK), [""; 0]);
    store.remove_account("juliet").await.unwrap();
    assert_eq!(store.records().await.unwrap(), []);
    assert_eq!(files_with(&folder, MARK), [""; 0]);
}

/// A store of what a snapshot holds.
fn restored(snapshot: &Snapshot) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(FILE), &*snapshot.bytes).unwrap();
    folder
}

#[tokio::test]
async fn a_snapshot_holds_all_but_what_was_said() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    for length in [16, 5000, 100_000] {
        let kept = answered(store.keep_offline("juliet", "juliet", marked(length), AT)).await.unwrap();
        assert_eq!(kept, Keeping::Kept);
    }
    let juliet = "juliet".into();
    let record =
        |shelf, value: &'static str| Record::of_account(&juliet, shelf, "key", Some(Bytes::from(value)));
    let records = Shelf::ALL
        .iter()
        .map(|shelf| if shelf.is_backed_up() { record(*shelf, "stays") } else { record(*shelf, "canary") });
    answered(store.record(records.collect())).await.unwrap();

    let snapshot = store.snapshot().await.unwrap();
    assert_eq!(snapshot.schema, SCHEMA);
    assert!(memchr::memmem::find(&snapshot.bytes, MARK).is_none(), "what was said is in it");
    let copy = restored(&snapshot);
    let migration = Store::migrate(copy.path()).unwrap_err();
    assert!(
        matches!(migration, StoreError::Unreadable(_)),
        "the records of this test mean nothing: {migration}"
    );
    let copy = Store::open(copy.path(), Capacity::default()).unwrap();
    assert_eq!(copy.accounts().await.unwrap().len(), 1);
    assert_eq!(copy.removed().await.unwrap(), ["key"], "for whoever restores it to forget");
    let shelves: Vec<_> = copy.records().await.unwrap().iter().map(|record| record.shelf).collect();
    let wanted: Vec<_> =
        Shelf::ALL.iter().copied().filter(|shelf| shelf.is_backed_up() && *shelf != Shelf::Removed).collect();
    assert_eq!(shelves.len(), wanted.len());
    assert!(wanted.iter().all(|shelf| shelves.contains(shelf)), "{shelves:?}");
    assert!(answered(copy.take_offline("juliet")).await.unwrap().is_empty());
    assert_eq!(
        answered(store.take_offline("juliet")).await.unwrap().len(),
        3,
        "the store itself is as it was"
    );
}

#[tokio::test]
async fn a_snapshot_is_of_one_moment_between_two_commits() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let juliet: std::sync::Arc<str> = "juliet".into();
    // Two records that always say the same.
    let pair = |turn: u32| {
        let one =
            |key: &str| Record::of_account(&juliet, Shelf::PrivateXml, key, Some(turn.to_string().into()));
        vec![one("a"), one("b")]
    };
    let mut pending = Vec::new();
    for turn in 0..300 {
        pending.push(store.record(pair(turn)).await);
        if turn % 60 == 0 {
            let copy = restored(&store.snapshot().await.unwrap());
            let copy = Store::open(copy.path(), Capacity::default()).unwrap();
            let values: Vec<_> =
                copy.records().await.unwrap().into_iter().map(|record| record.value).collect();
            assert!(values.len() == 2 && values[0] == values[1], "turn {turn}");
        }
    }
    for one in pending {
        one.wait().await.unwrap();
    }
}

#[tokio::test]
async fn the_last_backup_is_remembered_and_is_no_feature_s_record() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    assert_eq!(store.last_backup().await.unwrap(), None);
    store.backed_up(AT).await.unwrap();
    store.backed_up(AT + time::Duration::hours(1)).await.unwrap();
    store.close().await;
    assert_eq!(Store::migrate(folder.path()).unwrap().accounts, 1);
    let store = Store::open(folder.path(), Capacity::default()).unwrap();
    assert_eq!(store.last_backup().await.unwrap(), Some(AT + time::Duration::hours(1)));
    assert!(store.records().await.unwrap().is_empty());
    let copy = restored(&store.snapshot().await.unwrap());
    let copy = Store::open(copy.path(), Capacity::default()).unwrap();
    assert_eq!(copy.last_backup().await.unwrap(), None);
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

#[tokio::test]
async fn who_writes_hardly_waits_for_a_snapshot_of_a_whole_school() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let juliet: std::sync::Arc<str> = "juliet".into();
    // As many avatars as accounts of a school, of twenty kilobytes each.
    let avatar = Bytes::from(vec![b'a'; 20_000]);
    let avatars = (0..1000)
        .map(|turn: u32| Record::of_account(&juliet, Shelf::Item, turn.to_string(), Some(avatar.clone())));
    answered(store.record(avatars.collect())).await.unwrap();
    let (begun, copying) = (std::time::Instant::now(), store.snapshot());
    let (snapshot, waited) = tokio::join!(copying, async {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        answered(store.record(Vec::new())).await.unwrap();
        begun.elapsed()
    });
    assert!(snapshot.unwrap().bytes.len() > 20_000_000);
    assert!(waited < std::time::Duration::from_secs(1), "{waited:?}");
    println!("waited {waited:?} of {:?}", begun.elapsed());
}

#[tokio::test]
async fn what_administrators_did_is_forgotten_after_two_school_years() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let deed = |at, about: &str| crate::administration::Deed {
        at,
        who: "anna".to_owned(),
        act: "enable-user".into(),
        about: about.to_owned(),
        outcome: "done".into(),
    };
    let many = (0..1000).map(|turn| deed(AT, &format!("canary-{turn}")));
    let begun = std::time::Instant::now();
    store.administer(Vec::new(), many.collect()).await.unwrap();
    store.administer(Vec::new(), vec![deed(AT + time::Duration::days(1), "romeo")]).await.unwrap();
    println!("{:?} for a thousand lines", begun.elapsed());
    assert_eq!(store.deeds(None, 2000).await.unwrap().len(), 1001);
    assert_eq!(store.deeds(Some("canary-7".to_owned()), 2000).await.unwrap().len(), 1);

    let two_years = time::Duration::days(2 * 366);
    assert_eq!(store.expire_deeds(AT + two_years).await.unwrap(), 0);
    assert_eq!(store.expire_deeds(AT + two_years + time::Duration::hours(1)).await.unwrap(), 1000);
    assert_eq!(store.deeds(None, 2000).await.unwrap().len(), 1);
    assert!(files_with(&folder, MARK).is_empty(), "nothing of it is left on the disk");
}
