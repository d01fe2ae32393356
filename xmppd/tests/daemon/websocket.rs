//! RFC 7395 and XEP-0156 from outside: what browsers do, and what they must not get.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::tungstenite::{
    Message,
    http::StatusCode,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};
use tokio_xmpp::minidom::Element;

use crate::{
    client::{Client, address, body},
    server::{DOMAIN, LIMIT, Server},
    web::{OPEN, Socket, get, request, secure},
};

const XMPP: (&str, &str) = ("sec-websocket-protocol", "xmpp");

fn text_of(message: &Element) -> String {
    message.get_child("body", "jabber:client").expect("a body in its namespace").text()
}

/// The condition of the stream error among what was said last.
fn condition(said: &[Element]) -> String {
    let error =
        said.iter().find(|one| one.is("error", "http://etherx.jabber.org/streams")).expect("an error");
    error.children().next().unwrap().name().to_owned()
}

#[tokio::test]
async fn those_on_the_web_and_the_others_write_to_each_other() {
    let server = Server::start_web(&["juliet", "romeo"], "");
    let mut juliet = Socket::online(&server, "juliet").await;
    let mut romeo = Client::online(&server, "romeo").await;
    romeo.say(&address("juliet"), "by a name I know not how to tell thee who I am, & <so>").await;
    let message = juliet.stanza("message").await;
    assert_eq!(text_of(&message), "by a name I know not how to tell thee who I am, & <so>");
    assert_eq!(message.attr("from"), Some(romeo.jid.as_str()));
    juliet
        .send(
            "<message xmlns='jabber:client' type='chat' to='romeo@school.test'><body>Art thou not Romeo? 🌹</body>\
             </message>",
        )
        .await;
    assert_eq!(body(&romeo.message().await), "Art thou not Romeo? 🌹");
}

#[tokio::test]
async fn two_on_the_web_write_to_each_other() {
    let server = Server::start_web(&["juliet", "romeo"], "");
    let mut juliet = Socket::online(&server, "juliet").await;
    juliet
        .send("<message xmlns='jabber:client' type='chat' to='romeo@school.test'><body>one</body></message>")
        .await;
    juliet
        .send(
            "<c:message xmlns:c='jabber:client' xmlns='urn:x' type='chat' to='romeo@school.test'>\
             <c:body>two</c:body><x/></c:message>",
        )
        .await;
    let mut romeo = Socket::online(&server, "romeo").await;
    assert_eq!(text_of(&romeo.stanza("message").await), "one", "which waited");
    let second = romeo.stanza("message").await;
    assert_eq!(text_of(&second), "two");
    assert!(second.has_child("x", "urn:x"));
    let roster = "<iq xmlns='jabber:client' type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>";
    romeo.send(roster).await;
    let roster = romeo.stanza("iq").await;
    let query = roster.get_child("query", "jabber:iq:roster").unwrap();
    assert!(query.has_child("item", "jabber:iq:roster"), "{query:?}");
}

/// RFC 7395 §3.10: stream management knows no difference; its words are messages, too.
#[tokio::test]
async fn streams_are_managed_on_the_web_as_well() {
    const MANAGEMENT: &str = "urn:xmpp:sm:3";
    let server = Server::start_web(&["juliet"], "");
    let mut juliet = Socket::online(&server, "juliet").await;
    juliet.stanza("presence").await;
    juliet.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>").await;
    let enabled = juliet.next().await;
    assert!(enabled.is("enabled", MANAGEMENT) && enabled.attr("id").is_some(), "{enabled:?}");
    juliet
        .send("<message xmlns='jabber:client' to='juliet@school.test'><body>to myself</body></message>")
        .await;
    assert_eq!(text_of(&juliet.stanza("message").await), "to myself");
    juliet.send("<r xmlns='urn:xmpp:sm:3'/>").await;
    let answer = loop {
        let next = juliet.next().await;
        if next.is("a", MANAGEMENT) {
            break next;
        }
    };
    assert_eq!(answer.attr("h"), Some("1"));
}

#[tokio::test]
async fn a_message_may_come_in_fragments_with_pings_between() {
    let server = Server::start_web(&["juliet", "romeo"], "");
    let mut juliet = Socket::online(&server, "juliet").await;
    let mut romeo = Client::online(&server, "romeo").await;
    let parts = [
        "<message xmlns='jabber:client' type='chat' to='romeo@school.test'><bo",
        "dy>parting is such sweet</bod",
        "y></message>",
    ];
    for (index, part) in parts.into_iter().enumerate() {
        let opcode = OpCode::Data(if index == 0 { Data::Text } else { Data::Continue });
        juliet.send_frame(Message::Frame(Frame::message(part, opcode, index == 2))).await;
        juliet.send_frame(Message::Ping("are you there".into())).await;
    }
    assert_eq!(body(&romeo.message().await), "parting is such sweet");
    let mut pongs = 0;
    while pongs < 3 {
        match juliet.next_frame().await {
            Message::Pong(payload) => {
                assert_eq!(payload, "are you there");
                pongs += 1;
            }
            Message::Text(_) => {}
            other => panic!("neither pong nor presence: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_closed_well_is_closed_well() {
    let server = Server::start_web(&["juliet"], "");
    let mut juliet = Socket::online(&server, "juliet").await;
    juliet.stanza("presence").await;
    juliet.send("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>").await;
    let (said, code) = juliet.closed().await;
    assert!(said.last().unwrap().is("close", "urn:ietf:params:xml:ns:xmpp-framing"));
    assert_eq!(code, 1000);
}

#[tokio::test]
async fn what_is_no_stanza_in_a_message_of_text_ends_it() {
    let server = Server::start_web(&["juliet"], "");
    let stanza = "<presence xmlns='jabber:client'/>";
    let long = format!("<presence xmlns='jabber:client'><status>{}</status></presence>", "x".repeat(70_000));
    let cases = [
        (Message::binary(stanza), "bad-format", 1003),
        (Message::text(long), "policy-violation", 1009),
        (Message::text(stanza.repeat(2)), "not-well-formed", 1000),
        (Message::text("<presence xmlns='jabber:client'>"), "not-well-formed", 1000),
        (Message::text(OPEN), "bad-format", 1000),
        (Message::text("<presence/>"), "unsupported-stanza-type", 1000),
    ];
    for (message, expected, code) in cases {
        let mut juliet = Socket::online(&server, "juliet").await;
        juliet.send_frame(message).await;
        let (said, closed) = juliet.closed().await;
        assert_eq!((condition(&said).as_str(), closed), (expected, code));
        assert!(said.last().unwrap().is("close", "urn:ietf:params:xml:ns:xmpp-framing"));
    }
}

#[tokio::test]
async fn nobody_sends_more_than_a_stanza_before_logging_in() {
    let server = Server::start_web(&[], "");
    let mut socket = Socket::open(&server).await;
    socket
        .send(&format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{}</auth>", "x".repeat(11_000)))
        .await;
    let (said, code) = socket.closed().await;
    assert_eq!((condition(&said).as_str(), code), ("policy-violation", 1009));
}

#[tokio::test]
async fn a_stream_begins_with_open() {
    let server = Server::start_web(&[], "");
    for (first, expected) in [
        ("<presence xmlns='jabber:client'/>", "bad-format"),
        (
            "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='school.test' \
             version='1.0'/>",
            "bad-format",
        ),
        (
            "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='elsewhere.test' version='1.0'/>",
            "host-unknown",
        ),
        ("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='school.test'/>", "unsupported-version"),
    ] {
        let mut socket = Socket::connect(&server, &[XMPP]).await.unwrap();
        socket.send(first).await;
        let (said, _) = socket.closed().await;
        assert_eq!(said[0].name(), "open", "before the error (RFC 7395 §3.5)");
        assert_eq!(condition(&said), expected);
    }
}

#[tokio::test]
async fn who_does_not_log_in_is_cut_off() {
    // Long enough for TLS, the upgrade and the features on a busy machine.
    let server = Server::start_web(&[], "[limits]\nunauthenticated-seconds = 5\n");
    let mut socket = Socket::open(&server).await;
    assert_eq!(condition(&socket.closed().await.0), "connection-timeout");
}

#[tokio::test]
async fn only_our_own_pages_and_clients_get_a_websocket() {
    let server = Server::start_web(&[], "");
    let own = format!("https://{DOMAIN}:{}", server.web.port());
    assert!(Socket::connect(&server, &[XMPP]).await.is_ok(), "a client that is no browser");
    assert!(Socket::connect(&server, &[XMPP, ("origin", &own)]).await.is_ok());
    for foreign in ["https://evil.test", "null", "http://school.test:5443"] {
        let refused = Socket::connect(&server, &[XMPP, ("origin", foreign)]).await.err();
        assert_eq!(refused, Some(StatusCode::FORBIDDEN), "{foreign}");
    }
    assert_eq!(Socket::connect(&server, &[]).await.err(), Some(StatusCode::BAD_REQUEST));
    let other = ("sec-websocket-protocol", "mqtt");
    assert_eq!(Socket::connect(&server, &[other]).await.err(), Some(StatusCode::BAD_REQUEST));
}

#[tokio::test]
async fn the_way_to_the_websocket_is_told_to_everybody() {
    let server = Server::start_web(&[], "addresses = [\"192.168.1.5\"]\n");
    let url = format!("wss://{DOMAIN}:{}/xmpp-websocket", server.web.port());
    let xml = get(&server, "/.well-known/host-meta").await;
    assert_eq!(xml.status, 200);
    assert!(xml.head.contains("access-control-allow-origin: *"), "{}", xml.head);
    assert!(xml.head.contains("content-type: application/xrd+xml"), "{}", xml.head);
    let links = std::str::from_utf8(&xml.body).unwrap();
    assert!(links.contains(&format!("rel='urn:xmpp:alt-connections:websocket' href='{url}'")), "{links}");
    let json = get(&server, "/.well-known/host-meta.json").await;
    assert!(json.head.contains("access-control-allow-origin: *"), "{}", json.head);
    let json: serde_json::Value = serde_json::from_slice(&json.body).unwrap();
    assert_eq!(json["links"][0]["href"], url);
    assert_eq!(json["links"][1]["port"], server.direct_tls.port());
}

#[tokio::test]
async fn there_is_nothing_else_and_nothing_runs() {
    let server = Server::start_web(&[], "");
    for path in [
        "/",
        "/index.html",
        "/upload/",
        "/uploads/",
        "/upload/../xmppd.sqlite",
        "/.well-known/",
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
    ] {
        let answer = get(&server, path).await;
        assert_eq!((answer.status, answer.body.len()), (404, 0), "{path}");
        assert!(answer.head.contains("content-security-policy: default-src 'none'"), "{}", answer.head);
        assert!(answer.head.contains("x-content-type-options: nosniff"), "{}", answer.head);
    }
    assert_eq!(request(&server, "DELETE /.well-known/host-meta HTTP/1.1\r\n", b"").await.status, 405);
    assert_eq!(get(&server, "/xmpp-websocket").await.status, 426);
}

#[tokio::test]
async fn in_the_clear_there_is_nothing() {
    let server = Server::start_web(&[], "");
    let mut tcp = TcpStream::connect(server.web).await.unwrap();
    tcp.write_all(b"GET /.well-known/host-meta HTTP/1.1\r\nHost: school.test\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(LIMIT, tcp.read_to_end(&mut answer)).await.expect("closed");
    assert!(!answer.windows(5).any(|bytes| bytes == b"HTTP/"), "{answer:?}");
}

#[tokio::test]
async fn a_head_without_end_is_not_kept() {
    let server = Server::start_web(&[], "");
    let mut tls = secure(&server).await;
    tls.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let mut answer = Vec::new();
    let flood = async {
        while tls.write_all(&[b'x'; 4096]).await.is_ok() {}
        let _ = tls.read_to_end(&mut answer).await;
    };
    timeout(LIMIT, flood).await.expect("it is ended after some 16 KB");
}

#[tokio::test]
async fn the_gate_counts_those_on_the_web_too() {
    let server = Server::start_web(&[], "[limits]\nconnections-per-address = 1\n");
    let _first = Socket::open(&server).await;
    let mut second = TcpStream::connect(server.web).await.unwrap();
    let mut nothing = Vec::new();
    let closed = timeout(LIMIT, second.read_to_end(&mut nothing)).await.expect("closed at once");
    assert!(closed.is_err() || nothing.is_empty());
}

#[tokio::test]
async fn browsers_hear_of_a_shutdown_and_of_a_reload_nothing() {
    use nix::sys::signal::Signal;
    let mut server = Server::start_web(&["juliet"], "");
    let mut juliet = Socket::online(&server, "juliet").await;
    let renewed = server.renew();
    server.signal(Signal::SIGHUP);
    loop {
        let tls = secure(&server).await;
        if tls.get_ref().1.peer_certificates().unwrap()[0] == renewed {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut waiting = secure(&server).await;
    server.signal(Signal::SIGTERM);
    assert_eq!(condition(&juliet.closed().await.0), "system-shutdown");
    let ended = timeout(LIMIT, waiting.read_to_end(&mut Vec::new())).await;
    assert!(ended.is_ok(), "one that has asked for nothing yet is not waited for");
    drop(juliet);
    assert!(server.ended().success());
}
