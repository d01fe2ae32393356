//! Copies of a store that goes on.

use super::*;

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
async fn who_writes_does_not_wait_until_a_snapshot_is_worked_on() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let juliet = "juliet".into();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel();
    let snapshot = store.snapshot_with_a_break(move || {
        begun.send(()).unwrap();
        may_go_on.recv().expect("what was written meanwhile is answered");
    });
    let writing = async {
        has_begun.await.unwrap();
        let late = Record::of_account(&juliet, Shelf::PrivateXml, "late", Some(Bytes::from("late")));
        let limit = std::time::Duration::from_secs(20);
        tokio::time::timeout(limit, answered(store.record(vec![late]))).await.unwrap().unwrap();
        go_on.send(()).unwrap();
    };
    let (snapshot, ()) = tokio::join!(snapshot, writing);
    let copy = Store::open(restored(&snapshot.unwrap()).path(), Capacity::default()).unwrap();
    assert!(copy.records().await.unwrap().is_empty(), "it is of the moment when it was copied");
}
