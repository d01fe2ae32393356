//! What is replaced or removed is nowhere in the files.

use super::*;

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
    store.removed().await.unwrap(); // comes after the wipe that is tried again with that

    fs::remove_dir(&log).unwrap();
    fs::rename(&aside, &log).unwrap();
    assert!(files_with(&folder, b"romeo").contains(&"xmppd.sqlite-wal".to_owned()), "this test would notice");
    store.accounts().await.unwrap();
    store.removed().await.unwrap(); // likewise
    assert_eq!(files_with(&folder, b"romeo"), [FILE]);
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

/// Numbers below the one given, the same in each run.
fn random() -> impl FnMut(u32) -> u32 {
    let mut state = 1_u32;
    move |below| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    }
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
    let mut random = random();
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
    answered(store.wipe()).await.unwrap();
    store.removed_are_forgotten().await.unwrap();
    assert_eq!(
        files_with(&folder, b"juliet"),
        [] as [&str; 0],
        "nor its name, once the others have forgotten it"
    );
    assert_eq!(files_with(&folder, b"pupil-49"), [FILE]);
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
    answered(store.wipe()).await.unwrap();
    assert_eq!(
        store.removed().await.unwrap(),
        ["juliet"],
        "a wipe by itself does not know who has forgotten whom"
    );
    answered(store.record(vec![Record::forgotten("juliet")])).await.unwrap();
    assert_eq!(store.removed().await.unwrap(), [""; 0], "whoever has the name now keeps what is theirs");
    assert!(store.is_wipe_owed().await.unwrap());
    store.removed_are_forgotten().await.unwrap();
    assert!(!store.is_wipe_owed().await.unwrap());
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

/// Names that grow and shrink make the tree balance in every way it can; see above.
#[tokio::test]
async fn not_a_byte_stays_of_what_an_account_was_and_what_belongs_to_it_does() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let name = |number: usize| format!("pupil-{number}");
    for number in 0..200 {
        let groups = vec![format!("canary-class-{number}"); 1 + number % 3];
        store.add_account(Account { groups, ..account(&name(number)) }).await.unwrap();
    }
    answered(store.keep_offline("juliet", "", b"<message/>".as_slice().into(), AT)).await.unwrap();
    answered(store.record(vec![fact("pupil-0", "a", Some("1"))])).await.unwrap();
    let mut random = random();
    for _ in 0..40 {
        let chosen: Vec<_> = (0..200).filter(|_| random(3) == 0).collect();
        let grown = chosen.into_iter().map(|number| {
            let display_name = "canary-".repeat(random(60) as usize);
            let groups = (0..random(6)).map(|_| "canary-".repeat(1 + random(20) as usize)).collect();
            Write::Update(Account { display_name, groups, ..account(&name(number)) }.into())
        });
        store.administer(grown.collect(), Vec::new()).await.unwrap();
    }
    let plain = |number| Write::Update(account(&name(number)).into());
    store.administer((0..200).map(plain).collect(), Vec::new()).await.unwrap();
    // All that was replaced is zeroed, and the log is gone: what is left is what balancing has left behind.
    store.erase_offline("romeo", Vec::new()).await.unwrap();
    assert_eq!(files_with(&folder, MARK), [FILE], "this test would notice");
    store.wipe_replaced().await.unwrap();
    assert_eq!(files_with(&folder, MARK), [""; 0]);

    assert_eq!(store.accounts().await.unwrap().len(), 201);
    let kept = store.account("pupil-7").await.unwrap();
    let written = account("pupil-7");
    assert_eq!((kept.display_name, kept.groups), (written.display_name, written.groups));
    assert_eq!(kept.keys.to_text().as_bytes(), written.keys.to_text().as_bytes());
    assert_eq!(answered(store.take_offline("juliet")).await.unwrap().len(), 1);
    assert_eq!(store.records().await.unwrap(), [fact("pupil-0", "a", Some("1"))]);
    // And goes with it, as before.
    store.remove_account("pupil-0").await.unwrap();
    assert_eq!(store.records().await.unwrap(), []);
}
