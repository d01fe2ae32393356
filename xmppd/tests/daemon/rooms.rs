//! A room, with an unrelated client: entering, talking, leaving, being put out.

use nix::sys::signal::Signal;
use tokio_xmpp::{
    Stanza,
    jid::Jid,
    minidom::Element,
    parsers::{
        iq::Iq,
        message::{Id, Lang, Message, MessageType},
        muc::{
            Muc, MucUser,
            user::{Affiliation, Role, Status},
        },
        presence::{Presence, Type},
        stanza_id::StanzaId,
    },
};

use crate::{
    client::{Client, Login, body},
    server::Server,
};

const ROOM: &str = "balcony@rooms.school.test";
const EVERYONE: &str = "[rooms]\ncreators = \"everyone\"\n";

fn at(nick: &str) -> Jid {
    Jid::new(&format!("{ROOM}/{nick}")).unwrap()
}

/// Enters, and reads up to the subject; answers with what the room said about the newcomer.
async fn enter(client: &mut Client, nick: &str) -> MucUser {
    client.send(Presence::available().with_to(at(nick)).with_payload(Muc::new())).await;
    let about = until_seen(client, nick).await.1;
    client
        .until(|stanza| match stanza {
            Stanza::Message(message) => (!message.subjects.is_empty()).then_some(()),
            _ => None,
        })
        .await;
    about
}

/// Reads on to presence of that nick, and what the room says about it.
async fn until_seen(client: &mut Client, nick: &str) -> (Type, MucUser) {
    client
        .until(|stanza| match stanza {
            Stanza::Presence(presence) if presence.from == Some(at(nick)) => {
                let about = presence.payloads.iter().find(|payload| payload.name() == "x").unwrap();
                Some((presence.type_, MucUser::try_from(about.clone()).unwrap()))
            }
            _ => None,
        })
        .await
}

async fn ask(client: &mut Client, id: &str, query: &str) {
    let query: Element = query.parse().unwrap();
    client
        .send(Iq::Set { from: None, to: Some(Jid::new(ROOM).unwrap()), id: id.to_owned(), payload: query })
        .await;
    client
        .until(|stanza| match stanza {
            Stanza::Iq(Iq::Result { id: answered, .. }) => (answered == id).then_some(()),
            _ => None,
        })
        .await;
}

async fn login(server: &Server, name: &str) -> Client {
    Login::new(server, name).run().await.unwrap()
}

/// With the room opened by Juliet.
async fn two_in_a_room(server: &Server) -> (Client, Client) {
    let mut juliet = login(server, "juliet").await;
    let about = enter(&mut juliet, "Jule").await;
    assert!(
        about.status.contains(&Status::SelfPresence) && about.status.contains(&Status::RoomHasBeenCreated)
    );
    let instant = "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>";
    ask(&mut juliet, "instant", instant).await;
    let mut romeo = login(server, "romeo").await;
    let about = enter(&mut romeo, "Romeo").await;
    assert!(about.status.contains(&Status::SelfPresence));
    assert_eq!(
        (about.items[0].affiliation.clone(), about.items[0].role.clone()),
        (Affiliation::None, Role::Participant)
    );
    assert_eq!(until_seen(&mut juliet, "Romeo").await.0, Type::None);
    (juliet, romeo)
}

#[tokio::test]
async fn people_meet_in_a_room_and_talk() {
    let server = Server::start_with(&["juliet", "romeo"], EVERYONE);
    let (mut juliet, mut romeo) = Box::pin(two_in_a_room(&server)).await;
    let mut said =
        Message::groupchat(Jid::new(ROOM).unwrap()).with_body(Lang::new(), "It is the east".to_owned());
    said.id = Some(Id("said-1".to_owned()));
    romeo.send(said).await;
    for client in [&mut juliet, &mut romeo] {
        let mut heard = client.message().await;
        assert_eq!((body(&heard), heard.type_.clone()), ("It is the east", MessageType::Groupchat));
        assert_eq!(
            (heard.from.clone(), heard.id.clone()),
            (Some(at("Romeo")), Some(Id("said-1".to_owned())))
        );
        let id = heard.extract_payload::<StanzaId>().unwrap().expect("XEP-0359");
        assert_eq!(id.by, Jid::new(ROOM).unwrap());
    }

    romeo.send(Presence::unavailable().with_to(at("Romeo"))).await;
    assert_eq!(until_seen(&mut romeo, "Romeo").await.0, Type::Unavailable);
    assert_eq!(until_seen(&mut juliet, "Romeo").await.0, Type::Unavailable);

    // Who comes back hears what was said.
    romeo.send(Presence::available().with_to(at("Romeo")).with_payload(Muc::new())).await;
    assert_eq!(body(&romeo.message().await), "It is the east");
}

#[tokio::test]
async fn who_is_put_out_is_told_so() {
    let server = Server::start_with(&["juliet", "romeo"], EVERYONE);
    let (mut juliet, mut romeo) = Box::pin(two_in_a_room(&server)).await;
    let kick = "<query xmlns='http://jabber.org/protocol/muc#admin'><item nick='Romeo' role='none'/></query>";
    ask(&mut juliet, "kick", kick).await;
    let (kind, about) = until_seen(&mut romeo, "Romeo").await;
    assert_eq!(kind, Type::Unavailable);
    assert!(about.status.contains(&Status::Kicked) && about.status.contains(&Status::SelfPresence));
}

#[tokio::test]
async fn a_broken_connection_leaves_the_room() {
    let server = Server::start_with(&["juliet", "romeo"], EVERYONE);
    let (mut juliet, romeo) = Box::pin(two_in_a_room(&server)).await;
    drop(romeo);
    assert_eq!(until_seen(&mut juliet, "Romeo").await.0, Type::Unavailable);
}

#[tokio::test]
async fn a_room_of_the_site_is_there_and_outlives_a_restart() {
    let room = "[[room]]\nname = \"balcony\"\ntitle = \"Verona\"\nowners = [\"juliet\"]\n";
    let mut server = Server::start_with(&["juliet", "romeo"], room);
    let mut juliet = login(&server, "juliet").await;
    let about = enter(&mut juliet, "Jule").await;
    assert_eq!(about.items[0].affiliation, Affiliation::Owner);
    let ban = "<query xmlns='http://jabber.org/protocol/muc#admin'><item jid='romeo@school.test' affiliation='outcast'/></query>";
    ask(&mut juliet, "ban", ban).await;
    server.signal(Signal::SIGTERM);
    let about = until_seen(&mut juliet, "Jule").await.1;
    assert!(about.status.contains(&Status::ServiceShutdown));
    server.restart();
    let mut romeo = login(&server, "romeo").await;
    romeo.send(Presence::available().with_to(at("Romeo")).with_payload(Muc::new())).await;
    let kind = romeo
        .until(|stanza| match stanza {
            Stanza::Presence(presence) => (presence.from == Some(at("Romeo"))).then_some(presence.type_),
            _ => None,
        })
        .await;
    assert_eq!(kind, Type::Error);
}
