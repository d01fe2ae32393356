//! A small XMPP client that does only what it is told, right or wrong, and waits for nothing without a deadline.
//!
//! Synchronous, because a probe does one thing at a time; built on `rustls`, `rxml` and `sasl`, none of whose XMPP or
//! SCRAM code the daemon shares.

pub mod http;
mod session;
mod stream;
mod tls;
mod transport;
mod xml;

pub use self::{
    session::{Login, Session, bare, extensible_mechanisms, mechanisms},
    stream::{ANSWER, Answer, Stream},
    tls::Trust,
    transport::{Input, Transport},
    xml::{Element, Frame, Frames, escape},
};

/// Namespaces that the probes speak.
pub mod ns {
    /// RFC 6120 §4.8.2, of what clients send.
    pub const CLIENT: &str = "jabber:client";
    /// RFC 6120 §4.8.2, of what servers send each other.
    pub const SERVER: &str = "jabber:server";
    /// RFC 6120 §4.8.1.
    pub const STREAM: &str = "http://etherx.jabber.org/streams";
    /// RFC 6120 §4.9.
    pub const STREAM_ERROR: &str = "urn:ietf:params:xml:ns:xmpp-streams";
    /// RFC 6120 §8.3.
    pub const STANZA_ERROR: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";
    /// RFC 6120 §5.
    pub const STARTTLS: &str = "urn:ietf:params:xml:ns:xmpp-tls";
    /// RFC 6120 §6.
    pub const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
    /// RFC 6120 §7.
    pub const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";
    /// XEP-0077, as a stream feature.
    pub const REGISTER_FEATURE: &str = "http://jabber.org/features/iq-register";
    /// XEP-0077.
    pub const REGISTER: &str = "jabber:iq:register";
    /// XEP-0078, as a stream feature.
    pub const LEGACY_LOGIN_FEATURE: &str = "http://jabber.org/features/iq-auth";
    /// XEP-0078.
    pub const LEGACY_LOGIN: &str = "jabber:iq:auth";
    /// XEP-0220, as a stream feature.
    pub const DIALBACK_FEATURE: &str = "urn:xmpp:features:dialback";
    /// XEP-0220.
    pub const DIALBACK: &str = "jabber:server:dialback";
    /// XEP-0388, SASL2.
    pub const SASL2: &str = "urn:xmpp:sasl:2";
    /// XEP-0484, tokens.
    pub const FAST: &str = "urn:xmpp:fast:0";
}

/// Why a conversation could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No TCP connection, or it broke.
    #[error("{0}")]
    Connection(String),
    /// The TLS handshake failed.
    #[error("TLS: {0}")]
    Tls(rustls::Error),
    /// What came is not XML, or not of an XMPP stream.
    #[error("the stream is broken: {0}")]
    Garbled(String),
    /// Something else was answered than was needed to go on.
    #[error("{0}")]
    Unexpected(String),
    /// The account was not let in; the condition of RFC 6120 §6.5.
    #[error("the login was refused with `{0}`")]
    LoginRefused(String),
}
