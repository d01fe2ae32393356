//! Records of the features.

use super::*;

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
