//! One client: its end of a stream, and what it has received.

use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
    num::NonZeroU32,
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::BytesMut;
use ring::{digest, hmac, pbkdf2};
use xmppd::{
    auth::ChannelBindings,
    stream::{ConnectionId, Stream},
    xml::{Frame, Framer, Limits, Node},
};

/// Everybody's password, unless a transcript says otherwise.
pub(super) const PASSWORD: &str = "wherefore art thou";

/// What a client sees.
#[derive(Clone, Eq, PartialEq)]
pub(super) enum Seen {
    Element(Node),
    End,
    Header,
}

pub(super) struct Client {
    /// The server's end.
    pub(super) stream: Stream,
    /// Bytes that the server has not digested yet.
    pub(super) sent: BytesMut,
    pub(super) inbox: VecDeque<Seen>,
    pub(super) is_cut_off: bool,
    framer: Framer,
    received: BytesMut,
}

impl Client {
    /// With TLS from the first byte, if there are its bindings.
    pub(super) fn new(id: ConnectionId, secured: Option<ChannelBindings>) -> Self {
        let peer = [127, 0, 0, 1].into();
        let stream = match secured {
            Some(bindings) => Stream::direct(id, peer, bindings),
            None => Stream::plain(id, peer),
        };
        Self {
            stream,
            sent: BytesMut::new(),
            inbox: VecDeque::new(),
            is_cut_off: false,
            framer: Framer::new(Limits::of_bytes(1 << 20)),
            received: BytesMut::new(),
        }
    }

    /// A packet of the server arrives: one element, since each is a message of its own on a WebSocket.
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        let seen = self.inbox.len();
        // A header of its own, for a restarted stream, comes as its first bytes.
        if bytes.starts_with(b"<?xml") {
            self.framer = Framer::new(Limits::of_bytes(1 << 20));
        }
        self.received.extend_from_slice(bytes);
        while let Some(frame) = self.framer.next(&mut self.received).expect("the server sends good XML") {
            self.inbox.push_back(match frame {
                Frame::Element(element) => Seen::Element(Node::from(&element)),
                Frame::End => Seen::End,
                Frame::Header(_) => Seen::Header,
            });
        }
        let is_one = self.inbox.len() == seen + 1 && self.received.is_empty();
        assert!(is_one, "not one element in one packet: {}", String::from_utf8_lossy(bytes));
    }
}

/// The header that a good client sends.
pub(super) fn header() -> &'static str {
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' \
     to='school.test' version='1.0'>"
}

/// The client's first message of SCRAM (RFC 5802 §5.1).
pub(super) fn client_first(name: &str) -> String {
    BASE64.encode(format!("n,,n={name},r=clientnonce"))
}

/// RFC 5802 §3, derived once for all who have the same password and salt.
fn salted(password: &str, salt: &[u8], iterations: NonZeroU32) -> [u8; 32] {
    type Derived = HashMap<(String, Vec<u8>, NonZeroU32), [u8; 32]>;
    thread_local! {
        static DERIVED: RefCell<Derived> = RefCell::default();
    }
    let derive = || {
        let mut salted = [0; 32];
        let algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
        pbkdf2::derive(algorithm, iterations, salt, password.as_bytes(), &mut salted);
        salted
    };
    let key = (password.to_owned(), salt.to_vec(), iterations);
    DERIVED.with_borrow_mut(|derived| *derived.entry(key).or_insert_with(derive))
}

/// The only message of HT-SHA-256-NONE.
pub(super) fn hashed_token(name: &str, token: &str) -> String {
    let digest = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes()), b"Initiator");
    BASE64.encode([name.as_bytes(), b"\0", digest.as_ref()].concat())
}

/// The client's last message of SCRAM-SHA-256, for the server's first.
pub(super) fn client_final(name: &str, password: &str, challenge: &str) -> String {
    let challenge = String::from_utf8(BASE64.decode(challenge).unwrap()).unwrap();
    let part = |key: &str| challenge.split(',').find_map(|part| part.strip_prefix(key)).unwrap();
    let salt = BASE64.decode(part("s=")).unwrap();
    let salted = salted(password, &salt, part("i=").parse().unwrap());
    let without_proof = format!("c=biws,r={}", part("r="));
    let message = format!("n={name},r=clientnonce,{challenge},{without_proof}");
    let mac = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text);
    let client_key = mac(&salted, b"Client Key");
    let stored_key = digest::digest(&digest::SHA256, client_key.as_ref());
    let signature = mac(stored_key.as_ref(), message.as_bytes());
    let proof: Vec<u8> = client_key.as_ref().iter().zip(signature.as_ref()).map(|(a, b)| a ^ b).collect();
    BASE64.encode(format!("{without_proof},p={}", BASE64.encode(proof)))
}
