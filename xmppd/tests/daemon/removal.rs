//! Removal erases everything of a user, and can prove it: something in every place, then a search of every byte.

use nix::sys::signal::Signal;
use tokio_xmpp::minidom::Element;

use crate::{
    server::{DOMAIN, PASSWORD, Server, eventually},
    web::{Socket, request},
};

/// Stands in all that the one who goes has said, shared and shown.
const CANARY: &str = "canary-8f3a61";
const ROOM: &str = "balcony@rooms.school.test";

fn start() -> Server {
    let settings = "[upload]\nenabled = true\n[rooms]\ncreators = \"everyone\"\n";
    let server = Server::start_web(&["juliet", "romeo"], settings);
    add_tybalt(&server, CANARY);
    server
}

fn add_tybalt(server: &Server, display_name: &str) {
    let words = ["add", "tybalt", "--display-name", display_name, "--group", "Cats"];
    let slip = format!("slip-of-{}", display_name.to_lowercase());
    let consent = ["--signed", "2026-09-01", "--slip", &slip, "--password-stdin"];
    let added = server.run("user", &[&words[..], &consent[..]].concat(), PASSWORD);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
}

/// A request and its answer, which is no error.
async fn asked(client: &mut Socket, kind: &str, to: &str, payload: &str) -> Element {
    let answer = answered(client, kind, to, payload).await;
    assert_eq!(answer.attr("type"), Some("result"), "{payload}: {answer:?}");
    answer
}

async fn answered(client: &mut Socket, kind: &str, to: &str, payload: &str) -> Element {
    let to = if to.is_empty() { String::new() } else { format!(" to='{to}'") };
    client.send(&format!("<iq xmlns='jabber:client' type='{kind}' id='ask'{to}>{payload}</iq>")).await;
    loop {
        let answer = client.stanza("iq").await;
        if answer.attr("id") == Some("ask") {
            return answer;
        }
    }
}

async fn publish(client: &mut Socket, node: &str, item: &str) {
    let payload = format!(
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='{node}'><item id='current'>{item}</item>\
         </publish></pubsub>"
    );
    asked(client, "set", "", &payload).await;
}

/// Keeps something in every place that one has for oneself.
async fn settle_in(tybalt: &mut Socket) {
    let card = format!("<vCard xmlns='vcard-temp'><FN>{CANARY}</FN></vCard>");
    asked(tybalt, "set", "", &card).await;
    let notes = format!("<query xmlns='jabber:iq:private'><notes xmlns='urn:notes'>{CANARY}</notes></query>");
    asked(tybalt, "set", "", &notes).await;
    let nick = format!("<nick xmlns='http://jabber.org/protocol/nick'>{CANARY}</nick>");
    publish(tybalt, "http://jabber.org/protocol/nick", &nick).await;
    let bookmark = format!("<conference xmlns='urn:xmpp:bookmarks:1' name='{CANARY}'/>");
    let publish_bookmark = format!(
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='urn:xmpp:bookmarks:1'><item id='{ROOM}'>\
         {bookmark}</item></publish></pubsub>"
    );
    asked(tybalt, "set", "", &publish_bookmark).await;
    let contact = format!(
        "<query xmlns='jabber:iq:roster'><item jid='juliet@{DOMAIN}' name='{CANARY}'><group>{CANARY}</group></item></query>"
    );
    asked(tybalt, "set", "", &contact).await;
    let blocked = format!("<block xmlns='urn:xmpp:blocking'><item jid='{CANARY}@elsewhere.test'/></block>");
    asked(tybalt, "set", "", &blocked).await;
}

/// Makes a room that stays, owns it, has a nick of one's own there, and says something.
async fn move_into_a_room(tybalt: &mut Socket) {
    let enter = format!(
        "<presence xmlns='jabber:client' to='{ROOM}/{CANARY}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
    );
    tybalt.send(&enter).await;
    tybalt.stanza("message").await; // the subject
    let form = "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>\
                <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>\
                <field var='muc#roomconfig_persistentroom'><value>1</value></field></x></query>";
    asked(tybalt, "set", ROOM, form).await;
    let nick = format!(
        "<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='submit'>\
         <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#register</value></field>\
         <field var='muc#register_roomnick'><value>{CANARY}</value></field></x></query>"
    );
    asked(tybalt, "set", ROOM, &nick).await;
    for said in [format!("<subject>{CANARY}</subject>"), format!("<body>{CANARY}</body>")] {
        tybalt
            .send(&format!("<message xmlns='jabber:client' type='groupchat' to='{ROOM}'>{said}</message>"))
            .await;
        tybalt.stanza("message").await;
    }
}

/// Shares a file, and asks for a slot that is never used; answers with the file's path.
async fn share(server: &Server, tybalt: &mut Socket) -> String {
    let wish = format!(
        "<request xmlns='urn:xmpp:http:upload:0' filename='{CANARY}.png' size='13' content-type='image/png'/>"
    );
    let mut paths = Vec::new();
    for _ in 0..2 {
        let answer = asked(tybalt, "get", DOMAIN, &wish).await;
        let slot = answer.children().next().unwrap();
        let put = slot.get_child("put", "urn:xmpp:http:upload:0").unwrap();
        let url = put.attr("url").unwrap().strip_prefix("https://").unwrap();
        paths.push((url[url.find('/').unwrap()..].to_owned(), put.children().next().unwrap().text()));
    }
    let (path, authorization) = paths.swap_remove(0);
    let head = format!(
        "PUT {path} HTTP/1.1\r\nAuthorization: {authorization}\r\nContent-Type: image/png\r\nContent-Length: 13\r\n"
    );
    assert_eq!(request(server, &head, CANARY.as_bytes()).await.status, 201);
    path
}

/// What others keep of one: a name for it, a place on a list, a letter that waits.
async fn be_known(juliet: &mut Socket, tybalt: &mut Socket) {
    let contact = format!(
        "<query xmlns='jabber:iq:roster'><item jid='tybalt@{DOMAIN}' name='Prince of Cats'/></query>"
    );
    asked(juliet, "set", "", &contact).await;
    let blocked = format!("<block xmlns='urn:xmpp:blocking'><item jid='tybalt@{DOMAIN}/street'/></block>");
    asked(juliet, "set", "", &blocked).await;
    write_to_romeo(tybalt, CANARY).await;
}

/// Sends a letter; when this is over, the server has taken it.
async fn write_to_romeo(tybalt: &mut Socket, text: &str) {
    let letter = format!(
        "<message xmlns='jabber:client' type='chat' to='romeo@{DOMAIN}'><body>{text}</body></message>"
    );
    tybalt.send(&letter).await;
    asked(tybalt, "get", DOMAIN, "<ping xmlns='urn:xmpp:ping'/>").await;
}

/// What names them, or is theirs.
fn traces(server: &Server) -> Vec<String> {
    ["tybalt@", CANARY, "Prince of Cats"].iter().flat_map(|mark| server.files_with(mark)).collect()
}

#[tokio::test]
async fn nothing_is_left_of_who_is_removed() {
    let mut server = start();
    let mut juliet = Socket::online(&server, "juliet").await;
    let mut tybalt = Socket::online(&server, "tybalt").await;
    settle_in(&mut tybalt).await;
    move_into_a_room(&mut tybalt).await;
    let file = share(&server, &mut tybalt).await;
    be_known(&mut juliet, &mut tybalt).await;
    eventually(|| traces(&server).len() >= 4, "all of it is on disk, the file and the database").await;
    assert_eq!(request(&server, &format!("GET {file} HTTP/1.1\r\n"), b"").await.status, 200);

    let removed = server.user(&["remove", "tybalt"]);
    assert!(removed.status.success(), "{}", String::from_utf8_lossy(&removed.stderr));
    assert_eq!(traces(&server), [""; 0], "every byte of it is erased when it is said to be");
    tybalt.closed().await;
    assert_eq!(request(&server, &format!("GET {file} HTTP/1.1\r\n"), b"").await.status, 404);

    // Nothing in memory is written down again when the server stops.
    server.signal(Signal::SIGTERM);
    server.restart();
    assert!(traces(&server).is_empty(), "{:?}", traces(&server));
    let log = server.log();
    assert!(!log.contains(CANARY) && !log.contains("tybalt@"), "{log}");

    add_tybalt(&server, "Another");
    whoever_has_the_name_now_is_somebody_else(&server).await;
}

#[tokio::test]
async fn nothing_is_left_of_who_is_removed_while_the_server_is_stopped() {
    let mut server = start();
    let mut juliet = Socket::online(&server, "juliet").await;
    let mut tybalt = Socket::online(&server, "tybalt").await;
    settle_in(&mut tybalt).await;
    move_into_a_room(&mut tybalt).await;
    share(&server, &mut tybalt).await;
    be_known(&mut juliet, &mut tybalt).await;
    eventually(|| traces(&server).len() >= 4, "all of it is on disk, the file and the database").await;
    server.signal(Signal::SIGTERM);
    server.ended();

    let removed = server.user(&["remove", "tybalt"]);
    let told = String::from_utf8_lossy(&removed.stderr);
    assert!(removed.status.success() && told.contains("once the server starts"), "{told}");
    assert_ne!(traces(&server), [""; 0], "what others keep is still there, as it says");
    // Neither who has the name by now nor where files are shared no more makes a difference.
    add_tybalt(&server, "Another");
    server.edit(|settings| settings.replace("[upload]\nenabled = true", "[upload]\nenabled = false"));
    server.start_again();
    assert_eq!(traces(&server), [""; 0], "all of it is erased before anybody is let in");
    whoever_has_the_name_now_is_somebody_else(&server).await;
}

#[tokio::test]
async fn the_files_of_who_is_disabled_outlive_a_restart() {
    let mut server = start();
    let mut tybalt = Socket::online(&server, "tybalt").await;
    let fetch = format!("GET {} HTTP/1.1\r\n", share(&server, &mut tybalt).await);
    assert!(server.user(&["disable", "tybalt"]).status.success());
    server.signal(Signal::SIGTERM);
    server.restart();
    assert_eq!(request(&server, &fetch, b"").await.status, 404);
    assert!(server.user(&["enable", "tybalt"]).status.success());
    assert_eq!(request(&server, &fetch, b"").await.status, 200);
}

async fn whoever_has_the_name_now_is_somebody_else(server: &Server) {
    let mut tybalt = Socket::online(server, "tybalt").await;
    let card = answered(&mut tybalt, "get", "", "<vCard xmlns='vcard-temp'/>").await;
    assert!(!String::from(&card).contains(CANARY), "{card:?}");
    let roster = asked(&mut tybalt, "get", "", "<query xmlns='jabber:iq:roster'/>").await;
    assert!(!String::from(&roster).contains(CANARY), "{roster:?}");
    let list = asked(&mut tybalt, "get", "", "<blocklist xmlns='urn:xmpp:blocking'/>").await;
    assert!(list.children().next().unwrap().children().next().is_none(), "{list:?}");
    let owner =
        answered(&mut tybalt, "get", ROOM, "<query xmlns='http://jabber.org/protocol/muc#owner'/>").await;
    assert_eq!(owner.attr("type"), Some("error"), "{owner:?}");
    write_to_romeo(&mut tybalt, "from another").await;
    let mut romeo = Socket::online(server, "romeo").await;
    let first = romeo.stanza("message").await;
    let text = first.get_child("body", "jabber:client").map(Element::text);
    assert_eq!(text.as_deref(), Some("from another"), "no letter comes before it that could be theirs");
}

#[tokio::test]
async fn who_is_disabled_is_out_on_the_web_too_and_so_are_their_files() {
    let server = start();
    let mut tybalt = Socket::online(&server, "tybalt").await;
    let file = share(&server, &mut tybalt).await;
    let wish =
        "<request xmlns='urn:xmpp:http:upload:0' filename='late.png' size='4' content-type='image/png'/>";
    let answer = asked(&mut tybalt, "get", DOMAIN, wish).await;
    let put = answer.children().next().unwrap().get_child("put", "urn:xmpp:http:upload:0").unwrap().clone();
    let url = put.attr("url").unwrap().strip_prefix("https://").unwrap().to_owned();
    let late = format!(
        "PUT {} HTTP/1.1\r\nAuthorization: {}\r\nContent-Type: image/png\r\nContent-Length: 4\r\n",
        &url[url.find('/').unwrap()..],
        put.children().next().unwrap().text()
    );
    let fetch = format!("GET {file} HTTP/1.1\r\n");

    assert!(server.user(&["disable", "tybalt"]).status.success());
    tybalt.closed().await;
    assert_eq!(request(&server, &late, b"late").await.status, 404);
    assert_eq!(request(&server, &fetch, b"").await.status, 404);

    assert!(server.user(&["enable", "tybalt"]).status.success());
    assert_eq!(request(&server, &fetch, b"").await.status, 200);
    assert_eq!(request(&server, &late, b"late").await.status, 201);
}
