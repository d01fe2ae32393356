#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use tempfile::TempDir;
use time::macros::datetime;
use xmppd_control::{Day, Kind};

use super::*;
use crate::{
    account::Account,
    auth::{Keys, Password},
    store::{Capacity, Store},
};

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc().replace_nanosecond(0).unwrap()
}

fn open() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), Capacity::default()).unwrap();
    (folder, store)
}

fn account(name: &str) -> Arc<Account> {
    Arc::new(Account {
        name: name.to_owned(),
        display_name: name.to_owned(),
        kind: Kind::Child,
        groups: vec!["4b".to_owned()],
        enabled: true,
        keys: Keys::derive_with(&Password::prepare("pencil").unwrap(), [[1; 16], [2; 16]]),
    })
}

fn deed(about: &str, at: OffsetDateTime) -> Deed {
    Deed {
        at,
        who: "anna".to_owned(),
        act: "add-user".into(),
        about: about.to_owned(),
        outcome: "done".into(),
    }
}

fn recorded() -> Recorded {
    Recorded {
        signed: Day::of(datetime!(2026-09-01 12:00 UTC)),
        slip: "slip-mark".parse().unwrap(),
        by: "anna".to_owned(),
        at: now(),
        withdrawn: None,
    }
}

async fn names(store: &Store) -> Vec<String> {
    store.accounts().await.unwrap().into_iter().map(|account| account.name).collect()
}

#[tokio::test]
async fn a_list_is_written_as_a_whole_or_not_at_all() {
    let (_folder, store) = open();
    let writes = vec![Write::Add(account("juliet")), Write::Add(account("juliet"))];
    let refused = store.administer(writes, vec![deed("juliet", now())]).await;
    assert!(matches!(refused, Err(StoreError::AlreadyExists(name)) if name == "juliet"));
    assert!(names(&store).await.is_empty() && store.deeds(None, 10).await.unwrap().is_empty());
    let writes = vec![Write::Add(account("juliet")), Write::Add(account("romeo"))];
    store.administer(writes, vec![deed("juliet", now()), deed("romeo", now())]).await.unwrap();
    assert_eq!(names(&store).await, ["juliet", "romeo"]);
    assert_eq!(store.deeds(None, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn consents_are_replaced_and_forgotten_to_the_last_byte() {
    let (folder, store) = open();
    let consent = |recorded| vec![Write::Consent("juliet".to_owned(), recorded)];
    store.administer(consent(recorded()), Vec::new()).await.unwrap();
    let withdrawn = Recorded { withdrawn: Some(now()), ..recorded() };
    store.administer(consent(withdrawn.clone()), Vec::new()).await.unwrap();
    assert_eq!(store.consents().await.unwrap(), [("juliet".to_owned(), withdrawn)]);
    store.administer(vec![Write::ForgetConsent("juliet".to_owned())], Vec::new()).await.unwrap();
    assert!(store.consents().await.unwrap().is_empty());
    store.wipe().await.wait().await.unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        assert!(memchr::memmem::find(&bytes, b"slip-mark").is_none());
    }
}

#[tokio::test]
async fn deeds_are_found_by_whom_they_concern_the_newest_last() {
    let (_folder, store) = open();
    let deeds = ["juliet", "romeo", "juliet"].map(|about| deed(about, now()));
    store.administer(Vec::new(), deeds.to_vec()).await.unwrap();
    let about_juliet = store.deeds(Some("juliet".to_owned()), 10).await.unwrap();
    assert_eq!(about_juliet, [deeds[0].clone(), deeds[2].clone()]);
    let last = store.deeds(None, 2).await.unwrap();
    assert_eq!(last, [deeds[1].clone(), deeds[2].clone()]);
}

#[tokio::test]
async fn what_somebody_has_sent_goes_with_them() {
    let (_folder, store) = open();
    let writes = ["juliet", "romeo", "tybalt"].map(|name| Write::Add(account(name)));
    store.administer(writes.to_vec(), Vec::new()).await.unwrap();
    for sender in ["tybalt", "romeo"] {
        store.keep_offline("juliet", sender, "<message/>".into(), now()).await.wait().await.unwrap();
    }
    store.administer(vec![Write::Remove("tybalt".to_owned())], Vec::new()).await.unwrap();
    assert_eq!(store.take_offline("juliet").await.wait().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_ends_of_school_years_are_among_the_deeds() {
    let (_folder, store) = open();
    let at = now().replace_nanosecond(7_000_000).unwrap();
    let end = |list, outcome: &'static str| Deed {
        act: "end-year".into(),
        outcome: outcome.into(),
        ..deed(list, at)
    };
    let deeds = vec![end("3f2a", "done"), deed("juliet", at), end("77c0", "refused")];
    store.administer(Vec::new(), deeds).await.unwrap();
    let ended = YearEnd { list: "3f2a".to_owned(), at, who: "anna".to_owned() };
    assert_eq!(store.year_ends().await.unwrap(), [ended]);
}
