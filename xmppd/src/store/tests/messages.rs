//! Messages that wait for somebody who is offline.

use super::*;

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
async fn what_a_removed_account_still_sends_is_not_kept() {
    let folder = TempDir::new().unwrap();
    let store = store(&folder).await;
    let kept = answered(store.keep_offline("juliet", "tybalt", marked(500), AT)).await.unwrap();
    assert_eq!(kept, Keeping::SenderGone);
    assert_eq!(answered(store.keep_offline("juliet", "", marked(500), AT)).await.unwrap(), Keeping::Kept);
}
