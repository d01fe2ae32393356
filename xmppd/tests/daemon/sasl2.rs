//! SASL2, Bind 2 and tokens (XEP-0388, XEP-0386, XEP-0484), as xmpp-parsers writes and reads them.

use futures::{SinkExt, StreamExt};
use nix::sys::signal::Signal;
use ring::hmac;
use sasl::{
    client::{Mechanism, mechanisms::Scram},
    common::{ChannelBinding, scram::Sha256},
};
use tokio::{io::BufStream, net::TcpStream, time::timeout};
use tokio_rustls::client::TlsStream;
use tokio_xmpp::{
    jid::Jid,
    minidom::Element,
    parsers::{
        bind2::{BindQuery, Bound},
        caps::{self, Caps},
        disco::DiscoInfoResult,
        ecaps2::{self, ECaps2},
        fast::{FastQuery, RequestToken, Token},
        hashes::Algo,
        iq::Iq,
        ns,
        sasl2::{Authenticate, Challenge, Failure, Response, Success, UserAgent},
        stream_features::StreamFeatures,
    },
    xmlstream::{Timeouts, XmlStream, initiate_stream},
};

use crate::{
    client::{Login, exported, header},
    server::{DOMAIN, LIMIT, PASSWORD, Server},
};

/// A client that knows the newer ways in.
struct Modern {
    stream: XmlStream<BufStream<TlsStream<TcpStream>>, Element>,
    features: StreamFeatures,
    exported: Vec<u8>,
}

impl Modern {
    async fn connect(server: &Server) -> Self {
        let tls = Login::new(server, "juliet").direct().secure().await.unwrap();
        let exported = exported(&tls);
        let stream = initiate_stream(BufStream::new(tls), ns::JABBER_CLIENT, header(), Timeouts::tight());
        let (features, stream) = stream.await.unwrap().recv_features().await.unwrap();
        Self { stream, features, exported }
    }

    async fn send(&mut self, element: impl Into<Element>) {
        let element = element.into();
        timeout(LIMIT, self.stream.send(&element)).await.expect("sending takes too long").unwrap();
    }

    async fn receive(&mut self) -> Element {
        let next = timeout(LIMIT, self.stream.next()).await.expect("nothing comes");
        next.expect("the stream goes on").unwrap()
    }

    async fn authenticate(&mut self, mechanism: &str, response: Vec<u8>, payloads: Vec<Element>) {
        let id = "d4565fa7-4d72-4749-b3d3-740edbf87770".parse().unwrap();
        let user_agent = UserAgent { id, software: Some("Test".to_owned()), device: None };
        let (mechanism, initial_response) = (mechanism.to_owned(), Some(response));
        self.send(Authenticate { mechanism, initial_response, user_agent, payloads }).await;
    }

    /// Logs in with the password, binds, and asks for a token.
    async fn log_in(&mut self) -> Success {
        let binding = ChannelBinding::TlsExporter(self.exported.clone());
        let mut scram = Scram::<Sha256>::new("juliet", PASSWORD, binding).unwrap();
        let request = RequestToken { mechanism: "HT-SHA-256-EXPR".to_owned() };
        self.authenticate("SCRAM-SHA-256-PLUS", scram.initial(), vec![bind(), request.into()]).await;
        let challenge = Challenge::try_from(self.receive().await).unwrap();
        let sasl_data = scram.response(&challenge.sasl_data).unwrap();
        self.send(Response { sasl_data }).await;
        let success = Success::try_from(self.receive().await).unwrap();
        scram.success(success.additional_data.as_deref().unwrap()).expect("the server knows the password");
        success
    }

    /// Logs in by a token and binds, all in one go; `binding` is what the token is used for.
    async fn log_in_by(&mut self, token: &Token, binding: &[u8]) -> Result<Success, Failure> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, token.token.as_bytes());
        let digest = hmac::sign(&key, &[b"Initiator", binding].concat());
        let message = [b"juliet\0", digest.as_ref()].concat();
        let fast = Element::builder("fast", ns::FAST).build();
        self.authenticate("HT-SHA-256-EXPR", message, vec![bind(), fast]).await;
        let answer = self.receive().await;
        if answer.name() == "failure" {
            return Err(Failure::try_from(answer).unwrap());
        }
        let success = Success::try_from(answer).unwrap();
        let expected = hmac::sign(&key, &[b"Responder", binding].concat());
        assert_eq!(success.additional_data.as_deref().unwrap(), expected.as_ref());
        Ok(success)
    }
}

fn bind() -> Element {
    BindQuery { tag: Some("Test".to_owned()), payloads: Vec::new() }.into()
}

/// What a success holds of that type.
fn found<T: TryFrom<Element>>(success: &Success) -> Option<T> {
    success.payloads.iter().find_map(|payload| T::try_from(payload.clone()).ok())
}

#[tokio::test]
async fn a_token_opens_the_door_for_its_client_and_over_its_own_connection() {
    let mut server = Server::start(&["juliet"]);
    let mut first = Modern::connect(&server).await;
    let offer = first.features.sasl2.clone().unwrap();
    assert_eq!(
        offer.mechanisms.into_iter().collect::<std::collections::BTreeSet<_>>(),
        first.features.sasl_mechanisms
    );
    let inline = offer.inline.unwrap();
    assert!(inline.bind2.is_some());
    let fast = inline.payloads.into_iter().find_map(|payload| FastQuery::try_from(payload).ok()).unwrap();
    let names: Vec<_> = fast.mechanisms.iter().map(|mechanism| mechanism.0.as_str()).collect();
    assert_eq!(names, ["HT-SHA-256-EXPR", "HT-SHA-256-ENDP", "HT-SHA-256-NONE"]);
    assert!(!fast.tls_0rtt);

    let success = first.log_in().await;
    let address = success.authorization_identifier.clone();
    assert!(address.to_string().starts_with(&format!("juliet@{DOMAIN}/Test/")));
    let (_, token): (Bound, Token) = (found(&success).unwrap(), found(&success).unwrap());

    // The same client again: the same address, and no second session.
    let mut second = Modern::connect(&server).await;
    let binding = second.exported.clone();
    let success = second.log_in_by(&token, &binding).await.unwrap();
    assert_eq!(success.authorization_identifier, address);
    assert!(found::<Token>(&success).is_none(), "a token of today is good enough");
    assert!(first.receive().await.is("features", ns::STREAM));
    assert!(first.receive().await.has_child("conflict", ns::XMPP_STREAMS));

    // Somebody in between has seen the message, and says it over a connection of their own.
    let mut replay = Modern::connect(&server).await;
    replay.log_in_by(&token, &binding).await.unwrap_err();

    server.signal(Signal::SIGTERM);
    server.restart();
    let mut third = Modern::connect(&server).await;
    let binding = third.exported.clone();
    assert_eq!(third.log_in_by(&token, &binding).await.unwrap().authorization_identifier, address);

    assert!(server.user(&["disable", "juliet"]).status.success());
    assert!(server.user(&["enable", "juliet"]).status.success());
    let mut fourth = Modern::connect(&server).await;
    let binding = fourth.exported.clone();
    fourth.log_in_by(&token, &binding).await.unwrap_err();
}

#[tokio::test]
async fn the_capabilities_are_what_service_discovery_says() {
    let server = Server::start(&["juliet"]);
    let mut client = Modern::connect(&server).await;
    client.log_in().await;
    let features = StreamFeatures::try_from(client.receive().await).unwrap();
    let old = features.others.iter().find_map(|one| Caps::try_from(one.clone()).ok()).unwrap();
    let new = features.others.iter().find_map(|one| ECaps2::try_from(one.clone()).ok()).unwrap();

    let query = ecaps2::query_ecaps2(new.hashes[0].clone());
    client.send(Iq::from_get("disco", query).with_to(Jid::new(DOMAIN).unwrap())).await;
    let Ok(Iq::Result { payload, .. }) = Iq::try_from(client.receive().await) else { panic!("no result") };
    let disco = DiscoInfoResult::try_from(payload.unwrap()).unwrap();
    let expected = caps::hash_caps(&caps::compute_disco(&disco), Algo::Sha_1).unwrap();
    assert_eq!(old.ver, expected.hash);
    let expected = ecaps2::hash_ecaps2(&ecaps2::compute_disco(&disco).unwrap(), Algo::Sha_256).unwrap();
    assert_eq!(new.hashes, [expected]);
}
