//! What people show of themselves: an independent client publishes, others are told, and it is still there after a
//! restart.

use std::collections::BTreeSet;

use nix::sys::signal::Signal;
use tokio_xmpp::{
    Stanza,
    jid::Jid,
    minidom::Element,
    parsers::{
        avatar,
        bookmarks2::Conference,
        caps::{Caps, compute_disco, hash_caps},
        data_forms::{DataForm, DataFormType, Field},
        disco::{DiscoInfoQuery, DiscoInfoResult, Identity},
        hashes::{Algo, Sha1HexAttribute},
        iq::Iq,
        ns,
        presence::Presence,
        pubsub::{
            Event, ItemId, NodeName, PubSub,
            event::Payload,
            pubsub::{Item, Items, Publish, PublishOptions},
        },
    },
};

use crate::{
    client::{Client, Login, address},
    server::{DOMAIN, Server},
};

const PICTURE: &[u8] = b"abc";
const HASH: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";

/// What a client says about itself that wants to hear of avatars.
fn abilities() -> DiscoInfoResult {
    DiscoInfoResult {
        node: None,
        identities: vec![Identity::new("client", "pc", "en", "Test")],
        features: BTreeSet::from([ns::DISCO_INFO.to_owned(), format!("{}+notify", ns::AVATAR_METADATA)]),
        extensions: Vec::new(),
    }
}

/// Comes online, and says what it can do when the server asks.
async fn interested(server: &Server, name: &str) -> Client {
    let mut client = Login::new(server, name).run().await.unwrap();
    let hash = hash_caps(&compute_disco(&abilities()), Algo::Sha_1).unwrap();
    client.send(Presence::available().with_payload(Caps::new("urn:client", hash))).await;
    let (question, query) = client
        .until(|stanza| match stanza {
            Stanza::Iq(Iq::Get { id, payload, .. }) => Some((id, DiscoInfoQuery::try_from(payload).unwrap())),
            _ => None,
        })
        .await;
    let answer = DiscoInfoResult { node: query.node, ..abilities() };
    client.send(Iq::from_result(question, Some(answer)).with_to(Jid::new(DOMAIN).unwrap())).await;
    client
}

async fn publish(
    client: &mut Client,
    node: &str,
    id: &str,
    payload: impl Into<Element>,
    options: &[(&str, &str)],
) {
    let item = Item { id: Some(ItemId(id.to_owned())), publisher: None, payload: Some(payload.into()) };
    let publish = Publish { node: NodeName(node.to_owned()), items: vec![item] };
    let fields = options.iter().map(|(name, value)| Field::text_single(&format!("pubsub#{name}"), value));
    let form = DataForm::new(
        DataFormType::Submit,
        "http://jabber.org/protocol/pubsub#publish-options",
        fields.collect(),
    );
    let publish_options = Some(PublishOptions { form: Some(form) });
    client.send(Iq::from_set(node, PubSub::Publish { publish, publish_options })).await;
    client
        .until(|stanza| match stanza {
            Stanza::Iq(Iq::Result { id, .. }) if id == node => Some(()),
            Stanza::Iq(Iq::Error { error, .. }) => panic!("not published: {error:?}"),
            _ => None,
        })
        .await;
}

/// The items of somebody's node.
async fn items(client: &mut Client, owner: &str, node: &str) -> Vec<Item> {
    client.send(Iq::from_get("items", PubSub::Items(Items::new(node))).with_to(address(owner))).await;
    client
        .until(|stanza| match stanza {
            Stanza::Iq(Iq::Result { id, payload, .. }) if id == "items" => {
                match PubSub::try_from(payload.unwrap()).unwrap() {
                    PubSub::Items(items) => Some(items.items),
                    other => panic!("no items: {other:?}"),
                }
            }
            Stanza::Iq(Iq::Error { error, .. }) => panic!("no items: {error:?}"),
            _ => None,
        })
        .await
}

/// The id of the next item that it is told of.
async fn told(client: &mut Client) -> (String, String) {
    client
        .until(|stanza| match stanza {
            Stanza::Message(mut message) => {
                let event = message.payloads.pop().and_then(|payload| Event::try_from(payload).ok())?;
                let Payload::Items { node, mut published, .. } = event.payload else { return None };
                assert_eq!(message.from.unwrap(), address("juliet"));
                Some((node.0, published.pop()?.id?.0))
            }
            _ => None,
        })
        .await
}

#[tokio::test]
async fn an_avatar_is_told_of_and_lasts() {
    let mut server = Server::start(&["juliet", "romeo"]);
    let mut juliet = Client::online(&server, "juliet").await;
    let mut romeo = interested(&server, "romeo").await;
    let info = avatar::Info {
        bytes: 3,
        width: None,
        height: None,
        id: HASH.parse::<Sha1HexAttribute>().unwrap(),
        type_: "image/png".to_owned(),
        url: None,
    };
    publish(&mut juliet, ns::AVATAR_DATA, HASH, avatar::Data { data: PICTURE.to_vec() }, &[]).await;
    publish(&mut juliet, ns::AVATAR_METADATA, HASH, avatar::Metadata { infos: vec![info] }, &[]).await;
    let expected = (ns::AVATAR_METADATA.to_owned(), HASH.to_owned());
    assert_eq!(told(&mut romeo).await, expected);

    server.signal(Signal::SIGTERM);
    server.restart();
    let mut romeo = interested(&server, "romeo").await;
    assert_eq!(told(&mut romeo).await, expected);
    let mut found = items(&mut romeo, "juliet", ns::AVATAR_DATA).await;
    let data = avatar::Data::try_from(found.pop().unwrap().payload.unwrap()).unwrap();
    assert_eq!(data.data, PICTURE);
}

#[tokio::test]
async fn bookmarks_last() {
    let mut server = Server::start(&["juliet"]);
    let mut juliet = Client::online(&server, "juliet").await;
    let conference = Conference { autojoin: true, name: Some("4a".to_owned()), ..Conference::new() };
    let private = [
        ("persist_items", "true"),
        ("max_items", "max"),
        ("send_last_published_item", "never"),
        ("access_model", "whitelist"),
    ];
    for _ in 0..2 {
        publish(&mut juliet, ns::BOOKMARKS2, "4a@rooms.school.test", conference.clone(), &private).await;
    }
    server.signal(Signal::SIGTERM);
    server.restart();
    let mut juliet = Client::online(&server, "juliet").await;
    let found = items(&mut juliet, "juliet", ns::BOOKMARKS2).await;
    let bookmarks: Vec<_> =
        found.into_iter().map(|item| Conference::try_from(item.payload.unwrap()).unwrap()).collect();
    assert_eq!(bookmarks.len(), 1);
    assert_eq!(bookmarks[0].name.as_deref(), Some("4a"));
}
