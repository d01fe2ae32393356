//! What the server can do beside carrying stanzas: one XEP or RFC chapter a file.
//!
//! A feature is one entry in [`ALL`]: the namespace of the requests that it answers, what it tells service
//! discovery, and the function that answers. Nothing is advertised that has no entry, and nothing without one
//! is answered.

pub mod caps;
pub mod delay;
pub mod disco;
pub mod last;
pub mod offline;
pub mod ping;
pub mod roster;
pub mod session;
pub mod time;
pub mod version;

use crate::{
    router::{Router, Settings},
    stanza::StanzaError,
    stream::{Context, SessionId},
    xml::{Element, Node},
};

/// Every feature. Service discovery sorts what they advertise; stream features keep this order.
pub const ALL: [&Feature; 10] = [
    &disco::INFO,
    &disco::ITEMS,
    &last::FEATURE,
    &offline::FEATURE,
    &ping::FEATURE,
    &roster::FEATURE,
    &session::FEATURE,
    &time::FEATURE,
    &version::FEATURE,
    &caps::FEATURE,
];

/// One thing that the server can do.
pub struct Feature {
    /// The namespace of the requests that [`Feature::answer`] gets; empty for none.
    pub namespace: &'static str,
    /// What service discovery says about the server because of it.
    pub advertised: &'static [&'static str],
    /// Whether the site wants it.
    pub enabled: fn(&Settings) -> bool,
    /// What the stream features of someone who has logged in say because of it; empty for nothing.
    pub stream: fn(&Settings) -> String,
    /// Answers a request.
    pub answer: fn(&mut Router, &Request<'_>, &mut Context<'_>) -> Answer,
}

/// A request that the server answers itself.
pub struct Request<'a> {
    /// Who asks.
    pub session: SessionId,
    /// Whom.
    pub target: Target,
    /// Whether it is a `set`, not a `get`.
    pub is_set: bool,
    /// The whole stanza.
    pub element: &'a Element,
    /// What it holds.
    pub payload: &'a Node,
}

/// Whom a request asks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    /// Somebody else's account.
    Account(String),
    /// The account of the one who asks.
    Own,
    /// The server.
    Server,
}

/// What became of a request.
pub type Answer = Result<Reply, StanzaError>;

/// How a request was answered.
pub enum Reply {
    /// By a result that holds this; it may be empty.
    Payload(String),
    /// By what the feature has put into the outbox itself.
    Sent,
}

impl Feature {
    /// What most features share.
    const DEFAULT: Self = Self {
        namespace: "",
        advertised: &[],
        enabled: |_| true,
        stream: |_| String::new(),
        answer: |_, _, _| Err(StanzaError::ServiceUnavailable),
    };
}

/// Has the feature answer whose namespace the payload has. RFC 6120 §8.4: `service-unavailable` where there
/// is none.
pub fn answer(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    let feature = enabled(&router.settings).find(|feature| feature.namespace == request.payload.namespace);
    match feature {
        Some(feature) => (feature.answer)(router, request, cx),
        None => Err(StanzaError::ServiceUnavailable),
    }
}

/// The stream features of someone who has logged in.
pub fn of_stream(settings: &Settings) -> String {
    enabled(settings).map(|feature| (feature.stream)(settings)).collect()
}

/// The features that the site wants.
pub fn enabled(settings: &Settings) -> impl Iterator<Item = &'static Feature> {
    ALL.into_iter().filter(|feature| (feature.enabled)(settings))
}
