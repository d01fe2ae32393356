//! What must not work, tried from outside.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_xmpp::{
    Stanza,
    jid::Jid,
    parsers::{
        iq::Iq,
        message::{Lang, Message, MessageType},
        ns::REGISTER,
        stanza_error::{DefinedCondition, StanzaError},
        stream_error,
    },
};

use crate::{
    client::{Client, address},
    server::{DOMAIN, LIMIT, Server},
};

const END: &str = "</stream:stream>";

/// Says something in the clear, and reads until the server says this, or closes.
async fn answer(server: &Server, words: &str, until: &str) -> String {
    let mut tcp = TcpStream::connect(server.starttls).await.unwrap();
    tcp.write_all(words.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&answer).contains(until)
            && tcp.read_buf(&mut answer).await.unwrap_or(0) > 0
        {}
    };
    timeout(LIMIT, reading).await.expect("an answer takes too long");
    String::from_utf8(answer).unwrap()
}

fn header(namespace: &str, to: &str) -> String {
    format!(
        "<?xml version='1.0'?><stream:stream xmlns='{namespace}' \
         xmlns:stream='http://etherx.jabber.org/streams' to='{to}' version='1.0'>"
    )
}

#[tokio::test]
async fn before_tls_there_is_nothing_but_starttls() {
    let server = Server::start(&["juliet"]);
    let hello = header("jabber:client", DOMAIN);
    let features = answer(&server, &hello, "</stream:features>").await;
    assert!(
        features.contains("<required/>") && features.contains("urn:ietf:params:xml:ns:xmpp-tls"),
        "{features}"
    );
    assert!(!features.contains("mechanism") && !features.contains("register"), "{features}");
    let login =
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>biwsbj1qdWxpZXQscj14</auth>";
    let registration = "<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq>";
    // RFC 6120 §6.5.4.
    let refused = answer(&server, &(hello.clone() + login), "</failure>").await;
    assert!(refused.contains("<encryption-required/>") && !refused.contains("challenge"), "{refused}");
    let refused = answer(&server, &(hello + registration), END).await;
    assert!(refused.contains("<stream:error>"), "{refused}");
}

#[tokio::test]
async fn other_domains_and_other_servers_are_sent_away() {
    let server = Server::start(&[]);
    let elsewhere = answer(&server, &header("jabber:client", "elsewhere.test"), END).await;
    assert!(elsewhere.contains("<host-unknown"), "{elsewhere}");
    let dialback = answer(&server, &header("jabber:server", DOMAIN), END).await;
    assert!(dialback.contains("<invalid-namespace") && !dialback.contains("features"), "{dialback}");
}

#[tokio::test]
async fn who_does_not_log_in_is_cut_off() {
    let server = Server::start_with(&[], "[limits]\nunauthenticated-seconds = 1\n");
    let mut tcp = TcpStream::connect(server.starttls).await.unwrap();
    tcp.write_all(header("jabber:client", DOMAIN).as_bytes()).await.unwrap();
    let mut words = String::new();
    timeout(LIMIT, tcp.read_to_string(&mut words)).await.expect("cut off").unwrap();
    assert!(words.contains("<connection-timeout") && words.ends_with(END), "{words}");
}

#[tokio::test]
async fn one_address_gets_so_many_connections_and_no_more() {
    let server = Server::start_with(&[], "[limits]\nconnections-per-address = 2\n");
    let hello = header("jabber:client", DOMAIN);
    let mut kept = Vec::new();
    for _ in 0..2 {
        let mut tcp = TcpStream::connect(server.starttls).await.unwrap();
        tcp.write_all(hello.as_bytes()).await.unwrap();
        assert!(timeout(LIMIT, tcp.read_u8()).await.unwrap().is_ok());
        kept.push(tcp);
    }
    let mut third = TcpStream::connect(server.starttls).await.unwrap();
    let mut words = Vec::new();
    let closed = timeout(LIMIT, third.read_to_end(&mut words)).await.expect("closed at once");
    assert!(closed.is_err() || words.is_empty());
}

#[tokio::test]
async fn nothing_goes_to_another_domain() {
    let server = Server::start(&["juliet"]);
    let mut juliet = Client::online(&server, "juliet").await;
    juliet.say(&Jid::new("mallory@elsewhere.test").unwrap(), "let me out").await;
    let refused = juliet
        .until(|stanza| match stanza {
            Stanza::Message(message) => (message.type_ == MessageType::Error).then_some(message),
            _ => None,
        })
        .await;
    let error = refused.payloads.into_iter().find_map(|payload| StanzaError::try_from(payload).ok()).unwrap();
    assert_eq!(error.defined_condition, DefinedCondition::RemoteServerNotFound);
}

#[tokio::test]
async fn nobody_speaks_in_the_name_of_another() {
    let server = Server::start(&["juliet", "tybalt"]);
    let mut tybalt = Client::online(&server, "tybalt").await;
    let mut forged =
        Message::chat(address("juliet")).with_body(Lang::new(), "it was the nightingale".to_owned());
    forged.from = Some(address("romeo"));
    tybalt.send(forged).await;
    assert_eq!(tybalt.ended().await, Some(stream_error::DefinedCondition::InvalidFrom));
}

#[tokio::test]
async fn nobody_registers_in_band() {
    let server = Server::start(&["juliet"]);
    let mut juliet = Client::online(&server, "juliet").await;
    let query = format!("<query xmlns='{REGISTER}'/>").parse().unwrap();
    juliet.send(Iq::Get { from: None, to: None, id: "register".to_owned(), payload: query }).await;
    let condition = juliet
        .until(|stanza| match stanza {
            Stanza::Iq(Iq::Error { id, error, .. }) if id == "register" => Some(error.defined_condition),
            _ => None,
        })
        .await;
    assert_eq!(condition, DefinedCondition::ServiceUnavailable);
}

#[tokio::test]
async fn a_stanza_beyond_the_limit_ends_the_stream() {
    let server = Server::start_with(&["juliet", "romeo"], "[limits]\nstanza-bytes = 10000\n");
    let mut juliet = Client::online(&server, "juliet").await;
    juliet.say(&address("romeo"), &"x".repeat(9000)).await;
    juliet.roster().await;
    juliet.say(&address("romeo"), &"x".repeat(10_001)).await;
    assert_eq!(juliet.ended().await, Some(stream_error::DefinedCondition::PolicyViolation));
}
