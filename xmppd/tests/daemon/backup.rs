//! A copy of a running server put in the place of its data: all is there again but what was said.

use std::{fs, path::Path};

use nix::sys::signal::Signal;
use tokio_xmpp::{Stanza, jid::Jid, minidom::Element, parsers::iq::Iq};
use xmppd::control::{Act, Answer, Changes, Client as Administrator, Consent, Request, SOCKET};

use crate::{
    client::{Client, Login},
    server::Server,
};

const CANARY: &str = "canary-0d9b4c77";
const ROOM: &str = "balcony@rooms.school.test";

/// Sends a request, and answers with what the result holds.
async fn ask(client: &mut Client, to: &str, sets: bool, payload: &str) -> String {
    let payload: Element = payload.parse().unwrap();
    let (to, id) = (Some(Jid::new(to).unwrap()), "asked".to_owned());
    let request =
        if sets { Iq::Set { from: None, to, id, payload } } else { Iq::Get { from: None, to, id, payload } };
    client.send(request).await;
    client
        .until(|stanza| match stanza {
            Stanza::Iq(Iq::Result { id, payload, .. }) if id == "asked" => {
                Some(payload.map(|payload| String::from(&payload)).unwrap_or_default())
            }
            Stanza::Iq(Iq::Error { id, error, .. }) if id == "asked" => panic!("{error:?}"),
            _ => None,
        })
        .await
}

fn administrator(folder: &Path) -> Administrator {
    Administrator::connect(&folder.join("data").join(SOCKET), None).unwrap().unwrap()
}

const MADE: [(&str, &str); 5] = [
    (
        "juliet@school.test",
        "<query xmlns='jabber:iq:roster'><item jid='romeo@school.test' name='Montague'/></query>",
    ),
    (
        "juliet@school.test",
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='urn:xmpp:avatar:data'><item id='0e66b49d04a43c19bcb2e13a53aff5d174f610fc'>\
         <data xmlns='urn:xmpp:avatar:data'>cGljdHVyZQ==</data></item></publish></pubsub>",
    ),
    (
        "juliet@school.test",
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='urn:xmpp:bookmarks:1'><item id='balcony@rooms.school.test'>\
         <conference xmlns='urn:xmpp:bookmarks:1' name='The Balcony'/></item></publish></pubsub>",
    ),
    ("juliet@school.test", "<query xmlns='jabber:iq:private'><notes xmlns='urn:notes'>mine</notes></query>"),
    (
        ROOM,
        "<query xmlns='http://jabber.org/protocol/muc#admin'><item jid='tybalt@school.test' affiliation='outcast'/></query>",
    ),
];

const FOUND: [(&str, &str, &str); 5] = [
    ("juliet@school.test", "<query xmlns='jabber:iq:roster'/>", "Montague"),
    (
        "juliet@school.test",
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:data'/></pubsub>",
        "cGljdHVyZQ==",
    ),
    (
        "juliet@school.test",
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'/></pubsub>",
        "The Balcony",
    ),
    ("juliet@school.test", "<query xmlns='jabber:iq:private'><notes xmlns='urn:notes'/></query>", "mine"),
    (
        ROOM,
        "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='outcast'/></query>",
        "tybalt@school.test",
    ),
];

#[tokio::test]
async fn all_comes_back_but_what_was_said() {
    let room = "[[room]]\nname = \"balcony\"\ntitle = \"Verona\"\nowners = [\"juliet\"]\n";
    let mut server = Server::start_with(&["juliet", "romeo", "tybalt"], room);
    let consent = Act::RecordConsent {
        name: "mercutio".parse().unwrap(),
        consent: Consent { signed: "2026-09-01".parse().unwrap(), slip: "1".parse().unwrap() },
    };
    administrator(server.folder.path()).change(Changes::from(consent)).unwrap();
    let mut juliet = Client::online(&server, "juliet").await;
    for (to, payload) in MADE {
        ask(&mut juliet, to, true, payload).await;
    }
    juliet.say(&Jid::new("romeo@school.test").unwrap(), CANARY).await;
    // A request and its answer behind it: by then the message is on the disk.
    ask(&mut juliet, "juliet@school.test", true, MADE[3].1).await;
    assert!(!server.files_with(CANARY).is_empty(), "it waits");

    let mut anna = administrator(server.folder.path());
    let (_, copy) = anna.back_up().unwrap();
    anna.ask(Request::BackedUp).unwrap();
    assert!(memchr::memmem::find(&copy, CANARY.as_bytes()).is_none(), "a message that waits is in the copy");
    assert!(memchr::memmem::find(&copy, b"cGljdHVyZQ==").is_some());

    // What is changed afterwards is not so any more.
    server.user(&["remove", "romeo"]);
    drop(juliet);
    server.signal(Signal::SIGTERM);
    server.ended();
    let data = server.folder.path().join("data");
    fs::remove_dir_all(&data).unwrap();
    fs::create_dir(&data).unwrap();
    fs::write(data.join("xmppd.sqlite"), &copy[..]).unwrap();
    let migrated = server.run("migrate", &["--json"], "");
    let said = String::from_utf8(migrated.stdout).unwrap();
    assert!(said.contains("\"accounts\":3,\"messages\":0"), "{said}");
    server.start_again();

    let mut juliet = Client::online(&server, "juliet").await;
    for (to, payload, holds) in FOUND {
        let found = ask(&mut juliet, to, false, payload).await;
        assert!(found.contains(holds), "{payload}: {found}");
    }
    let mut romeo = Login::new(&server, "romeo").run().await.unwrap();
    assert_eq!(romeo.roster().await.len(), 2);
    let mut anna = administrator(server.folder.path());
    let Answer::Consents(consents) = anna.ask(Request::ListConsents).unwrap() else { panic!("no consents") };
    assert_eq!(consents.len(), 1);
    assert!(server.files_with(CANARY).is_empty());
}
