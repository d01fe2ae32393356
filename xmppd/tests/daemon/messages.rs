//! What people do all day: see each other, and write.

use nix::sys::signal::Signal;
use tokio_xmpp::{
    Stanza,
    jid::Jid,
    minidom::Element,
    parsers::{
        blocking, carbons,
        delay::Delay,
        forwarding::Forwarded,
        iq::Iq,
        message::{Message, MessageType},
        presence,
    },
};

use crate::{
    client::{Client, Login, address, body},
    server::{Server, eventually},
};

#[tokio::test]
async fn everybody_has_everybody_in_the_roster() {
    let server = Server::start(&["juliet", "romeo", "tybalt"]);
    assert!(server.user(&["groups", "romeo", "--group", "Montague"]).status.success());
    assert!(server.user(&["rename", "romeo", "--display-name", "Romeo M."]).status.success());
    let roster = Login::new(&server, "juliet").run().await.unwrap().roster().await;
    let mut seen: Vec<_> = roster.iter().map(|item| item.jid.to_string()).collect();
    seen.sort();
    assert_eq!(seen, ["romeo@school.test", "tybalt@school.test"]);
    let romeo = roster.iter().find(|item| item.jid == address("romeo").to_bare()).unwrap();
    assert_eq!(romeo.name.as_deref(), Some("Romeo M."));
    assert_eq!(romeo.groups.iter().map(|group| group.0.as_str()).collect::<Vec<_>>(), ["Montague"]);
}

#[tokio::test]
async fn messages_go_both_ways() {
    let server = Server::start(&["juliet", "romeo"]);
    let mut juliet = Client::online(&server, "juliet").await;
    let mut romeo = Client::online(&server, "romeo").await;
    let arrived = juliet
        .until(|stanza| match stanza {
            Stanza::Presence(presence) => presence.from.filter(|from| from.to_bare() == romeo.bare()),
            _ => None,
        })
        .await;
    assert_eq!(arrived, Jid::from(romeo.jid.clone()));

    juliet.say(&address("romeo"), "Art thou not Romeo, & a <Montague>?").await;
    let message = romeo.message().await;
    assert_eq!(body(&message), "Art thou not Romeo, & a <Montague>?");
    assert_eq!(message.from, Some(juliet.jid.clone().into()));

    romeo.say(&juliet.jid.clone().into(), "Neither, fair maid, if either thee dislike. 🌹").await;
    assert_eq!(body(&juliet.message().await), "Neither, fair maid, if either thee dislike. 🌹");
}

#[tokio::test]
async fn who_leaves_is_seen_leaving() {
    let server = Server::start(&["juliet", "romeo"]);
    let mut juliet = Client::online(&server, "juliet").await;
    drop(Client::online(&server, "romeo").await);
    juliet
        .until(|stanza| match stanza {
            Stanza::Presence(presence) => (presence.type_ == presence::Type::Unavailable).then_some(()),
            _ => None,
        })
        .await;
}

#[tokio::test]
async fn what_was_written_to_somebody_offline_waits_and_leaves_no_trace() {
    const MARK: &str = "canary-b1946ac92492d234";
    let mut server = Server::start(&["juliet", "romeo"]);
    let mut juliet = Client::online(&server, "juliet").await;
    for number in 0..20 {
        juliet.say(&address("romeo"), &format!("{MARK} number {number} {}", "x".repeat(number * 100))).await;
    }
    juliet.roster().await; // answered after all of them were taken
    eventually(|| !server.files_with(MARK).is_empty(), "the messages wait on disk").await;

    let mut romeo = Client::online(&server, "romeo").await;
    for number in 0..20 {
        let mut message = romeo.message().await;
        assert!(body(&message).starts_with(&format!("{MARK} number {number} ")), "in order");
        assert!(message.extract_payload::<Delay>().unwrap().is_some(), "XEP-0203");
    }
    eventually(|| server.files_with(MARK).is_empty(), "not a byte of them stays on disk").await;

    // Those who are both online never touch the disk.
    juliet.say(&romeo.jid.clone().into(), MARK).await;
    assert_eq!(body(&romeo.message().await), MARK);
    assert!(server.files_with(MARK).is_empty());
    server.signal(Signal::SIGTERM);
    server.ended();
    assert!(server.files_with(MARK).is_empty());
    assert!(!server.log().contains(MARK), "the log holds content");
}

#[tokio::test]
async fn what_waits_survives_the_death_of_the_server() {
    const MARK: &str = "canary-5d41402abc4b2a76";
    let mut server = Server::start(&["juliet", "romeo"]);
    Client::online(&server, "juliet").await.say(&address("romeo"), MARK).await;
    eventually(|| !server.files_with(MARK).is_empty(), "the message waits on disk").await;
    server.signal(Signal::SIGKILL);
    server.restart();
    let mut romeo = Client::online(&server, "romeo").await;
    assert_eq!(body(&romeo.message().await), MARK);
    eventually(|| server.files_with(MARK).is_empty(), "not a byte of it stays on disk").await;
}

#[tokio::test]
async fn what_was_accepted_before_the_server_stopped_is_kept() {
    let mut server = Server::start(&["juliet", "romeo"]);
    let mut juliet = Client::online(&server, "juliet").await;
    for _ in 0..50 {
        juliet.say(&address("romeo"), "good night, good night").await;
    }
    juliet.roster().await; // answered after all of them were taken; as many as one sender may have waiting
    server.signal(Signal::SIGTERM);
    server.restart();
    let mut romeo = Client::online(&server, "romeo").await;
    for _ in 0..50 {
        romeo.message().await;
    }
}

/// RFC 6121 §8.5.2.2.1: the sender is told. A quarter of the room is for one sender.
#[tokio::test]
async fn what_cannot_wait_comes_back() {
    let server = Server::start_with(&["juliet", "romeo"], "[limits]\noffline-messages = 8\n");
    let mut juliet = Client::online(&server, "juliet").await;
    for text in ["one", "two", "three"] {
        juliet.say(&address("romeo"), text).await;
    }
    let refused = juliet
        .until(|stanza| match stanza {
            Stanza::Message(message) => (message.type_ == MessageType::Error).then_some(message),
            _ => None,
        })
        .await;
    assert_eq!(refused.from, Some(address("romeo")));
    let mut romeo = Client::online(&server, "romeo").await;
    assert_eq!([body(&romeo.message().await), body(&romeo.message().await)], ["one", "two"]);
}

/// XEP-0280: whatever one's other devices send and receive.
#[tokio::test]
async fn other_devices_get_copies() {
    let server = Server::start(&["juliet", "romeo"]);
    let mut juliet = Client::online(&server, "juliet").await;
    let mut phone = Client::online(&server, "romeo").await;
    let mut laptop = Client::online(&server, "romeo").await;
    laptop.send(Iq::from_set("copies", carbons::Enable)).await;
    laptop.granted("copies").await;

    juliet.say(&phone.jid.clone().into(), "What man art thou?").await;
    assert_eq!(body(&phone.message().await), "What man art thou?");
    let copy = laptop.until(|stanza| copied::<carbons::Received>(stanza, |copy| copy.forwarded)).await;
    assert_eq!((copy.from, copy.to), (Some(juliet.jid.clone().into()), Some(phone.jid.clone().into())));

    phone.say(&juliet.jid.clone().into(), "Neither, fair saint").await;
    assert_eq!(body(&juliet.message().await), "Neither, fair saint");
    let copy = laptop.until(|stanza| copied::<carbons::Sent>(stanza, |copy| copy.forwarded)).await;
    assert_eq!(copy.from, Some(phone.jid.clone().into()));
    assert_eq!(body(&copy), "Neither, fair saint");
}

/// The message within a copy, which comes from one's own account.
fn copied<T: TryFrom<Element>>(stanza: Stanza, forwarded: impl Fn(T) -> Forwarded) -> Option<Message> {
    let Stanza::Message(message) = stanza else { return None };
    let copy = message.payloads.into_iter().find_map(|payload| T::try_from(payload).ok())?;
    assert_eq!(message.from, Some(address("romeo")));
    Some(forwarded(copy).message)
}

/// XEP-0191: also when everybody has been away.
#[tokio::test]
async fn who_is_blocked_stays_blocked() {
    let mut server = Server::start(&["juliet", "romeo"]);
    let mut juliet = Client::online(&server, "juliet").await;
    juliet.send(Iq::from_set("block", blocking::Block { items: vec![address("romeo")] })).await;
    juliet.granted("block").await;
    drop(juliet);
    server.signal(Signal::SIGKILL);
    server.restart();

    let mut juliet = Client::online(&server, "juliet").await;
    let mut romeo = Client::online(&server, "romeo").await;
    romeo.say(&juliet.jid.clone().into(), "hello?").await;
    romeo
        .until(|stanza| match stanza {
            Stanza::Message(message) => (message.type_ == MessageType::Error).then_some(()),
            _ => None,
        })
        .await;
    juliet.send(Iq::from_set("unblock", blocking::Unblock { items: Vec::new() })).await;
    juliet.granted("unblock").await;
    romeo.say(&juliet.jid.clone().into(), "at last").await;
    assert_eq!(body(&juliet.message().await), "at last");
}
