//! What the server can do beside carrying stanzas: one XEP or RFC chapter a file.
//!
//! A feature is one entry in [`ALL`]: the namespace of the requests that it answers, what it tells service
//! discovery, and the function that answers. Nothing is advertised that has no entry, and nothing without one
//! is answered.

pub mod avatar;
pub mod bind;
pub mod blocking;
pub mod bookmarks;
pub mod caps;
pub mod carbons;
pub mod client_caps;
pub mod client_state;
pub mod commands;
pub mod delay;
pub mod disco;
pub mod fast;
pub mod form;
pub mod last;
pub mod offline;
pub mod personal;
pub mod ping;
pub mod private_xml;
pub mod pubsub;
pub mod retraction;
pub mod rooms;
pub mod roster;
pub mod session;
pub mod stream_management;
pub mod time;
pub mod upload;
pub mod vcard;
pub mod version;

use disco::Extension;

use crate::{
    ns,
    record::{Record, Shelf},
    router::{Router, Settings},
    stanza::{Refusal, StanzaError},
    stream::{Context, SessionId},
    xml::{Element, Node},
};

/// Every feature. Service discovery sorts what they advertise; stream features keep this order.
pub const ALL: &[&Feature] = &[
    &avatar::FEATURE,
    &bind::FEATURE,
    &blocking::FEATURE,
    &bookmarks::FEATURE,
    &carbons::FEATURE,
    &client_caps::FEATURE,
    &commands::FEATURE,
    &commands::announcements::FEATURE,
    &disco::INFO,
    &disco::ITEMS,
    &fast::FEATURE,
    &last::FEATURE,
    &offline::FEATURE,
    &personal::FEATURE,
    &ping::FEATURE,
    &private_xml::FEATURE,
    &pubsub::FEATURE,
    &pubsub::OWNER,
    &rooms::FEATURE,
    &roster::FEATURE,
    &session::FEATURE,
    &stream_management::FEATURE,
    &client_state::FEATURE,
    &time::FEATURE,
    &upload::FEATURE,
    &vcard::FEATURE,
    &version::FEATURE,
    &caps::FEATURE,
];

/// One thing that the server can do.
pub struct Feature {
    /// The namespace of the requests that [`Feature::answer`] gets; empty for none.
    pub namespace: &'static str,
    /// What service discovery says about the server because of it.
    pub advertised: &'static [&'static str],
    /// What service discovery says about every account because of it.
    pub of_account: &'static [&'static str],
    /// What service discovery says about the server because of it beside features (XEP-0128).
    pub extension: fn(&Settings) -> Option<Extension>,
    /// What belongs to the server because of it (XEP-0030 §4), as XML; empty for nothing.
    pub items: fn(&Settings) -> String,
    /// Whether the site wants it.
    pub enabled: fn(&Settings) -> bool,
    /// What the stream features of someone who has logged in say because of it; empty for nothing.
    pub stream: fn(&Settings) -> String,
    /// Answers a request.
    pub answer: fn(&mut Router, &Request<'_>, &mut Context<'_>) -> Answer,
    /// An available session has said this about itself to everybody.
    pub announced: fn(&mut Router, SessionId, &Element, &mut Context<'_>),
    /// Hears a client's answer to what the server has asked it, maybe for another feature: the id tells.
    pub answered: fn(&mut Router, SessionId, &Element, &mut Context<'_>),
    /// A session has become available.
    pub came: fn(&mut Router, SessionId, &mut Context<'_>),
    /// A session is not available any more, or is about to end.
    pub went: fn(&mut Router, SessionId, &mut Context<'_>),
    /// An account is new, or has another name, groups or rights, or is enabled or disabled.
    pub changed: fn(&mut Router, &str, &mut Context<'_>),
    /// There is no account of this name any more; its records end by themselves.
    pub forgot: fn(&mut Router, &str, &mut Context<'_>),
    /// The site has decided otherwise than in the settings given, which were in force.
    pub resettled: fn(&mut Router, &Settings, &mut Context<'_>),
    /// What a client can have of it in the same breath as a resource (XEP-0386).
    pub inline: Option<Inline>,
    /// What it records.
    pub shelves: &'static [Shelf],
    /// Takes in what it has recorded before the server started; `None` for what it cannot read, which it does without.
    pub restore: fn(&mut Router, &Record) -> Option<()>,
}

/// What can be had in the same breath as a resource.
pub struct Inline {
    /// By what it is announced, and the namespace of what asks for it.
    pub namespace: &'static str,
    /// Does it for a session that has just begun; answers with what `<bound/>` has to say about it.
    pub grant: fn(&mut Router, SessionId, &Node, &mut Context<'_>) -> String,
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
pub type Answer = Result<Reply, Refusal>;

/// How a request was answered.
pub enum Reply {
    /// By an empty result, once these are on disk.
    Recorded(Vec<Record>),
    /// By a result that holds this, once those are on disk.
    RecordedWith(Vec<Record>, String),
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
        of_account: &[],
        extension: |_| None,
        items: |_| String::new(),
        enabled: |_| true,
        stream: |_| String::new(),
        answer: |_, _, _| Err(StanzaError::ServiceUnavailable.into()),
        announced: |_, _, _, _| {},
        answered: |_, _, _, _| {},
        came: |_, _, _| {},
        went: |_, _, _| {},
        changed: |_, _, _| {},
        forgot: |_, _, _| {},
        resettled: |_, _, _| {},
        inline: None,
        shelves: &[],
        restore: |_, _| None,
    };
}

/// Has the feature answer whose namespace the payload has. RFC 6120 §8.4: `service-unavailable` where there
/// is none.
pub fn answer(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    let namespace = &request.payload.namespace;
    let feature = enabled(&router.settings).find(|feature| feature.namespace == *namespace);
    // What an account publishes for all is for all; but nobody finds accounts by asking (RFC 6121 §8.5.1).
    let is_hidden = *namespace != ns::PUBSUB && is_of_a_stranger(router, request);
    match feature.filter(|_| !is_hidden) {
        Some(feature) => (feature.answer)(router, request, cx),
        None => Err(StanzaError::ServiceUnavailable.into()),
    }
}

/// Whether the account that is asked is one that the asker may not see.
fn is_of_a_stranger(router: &Router, request: &Request<'_>) -> bool {
    let Target::Account(name) = &request.target else { return false };
    let asker = router.sessions.get(&request.session);
    asker.is_none_or(|asker| !router.is_seen_by(name, &asker.account))
}

/// Tells every feature what a session has said about itself to everybody.
pub fn announced(router: &mut Router, session: SessionId, presence: &Element, cx: &mut Context<'_>) {
    for feature in ALL {
        (feature.announced)(router, session, presence, cx);
    }
}

/// Tells every feature of a client's answer.
pub fn answered(router: &mut Router, session: SessionId, element: &Element, cx: &mut Context<'_>) {
    for feature in ALL {
        (feature.answered)(router, session, element, cx);
    }
}

/// Tells every feature that a session has become available.
pub fn came(router: &mut Router, session: SessionId, cx: &mut Context<'_>) {
    for feature in ALL {
        (feature.came)(router, session, cx);
    }
}

/// Tells every feature that a session is not available any more.
pub fn went(router: &mut Router, session: SessionId, cx: &mut Context<'_>) {
    for feature in ALL {
        (feature.went)(router, session, cx);
    }
}

/// Tells every feature that an account is not what it was.
pub fn changed(router: &mut Router, account: &str, cx: &mut Context<'_>) {
    for feature in ALL {
        (feature.changed)(router, account, cx);
    }
}

/// Tells every feature that an account is no more.
pub fn forgot(router: &mut Router, account: &str, cx: &mut Context<'_>) {
    for feature in ALL {
        (feature.forgot)(router, account, cx);
    }
}

/// Tells every feature that the settings are not those any more.
pub fn resettled(router: &mut Router, before: &Settings, cx: &mut Context<'_>) {
    for feature in ALL {
        (feature.resettled)(router, before, cx);
    }
}

/// What can be had in the same breath as a resource.
pub fn inline(settings: &Settings) -> impl Iterator<Item = &'static Inline> {
    enabled(settings).filter_map(|feature| feature.inline.as_ref())
}

/// Has the feature do what was asked for in the same breath as a resource. What nobody knows is ignored, as by
/// every server that does not know it.
pub fn grant(router: &mut Router, session: SessionId, wish: &Node, cx: &mut Context<'_>) -> String {
    let known = inline(&router.settings).find(|inline| inline.namespace == wish.namespace);
    known.map_or_else(String::new, |inline| (inline.grant)(router, session, wish, cx))
}

/// Hands a record to the feature that wrote it; `None` if it cannot be read.
pub fn restore(router: &mut Router, record: &Record) -> Option<()> {
    let feature = ALL.iter().find(|feature| feature.shelves.contains(&record.shelf))?;
    (feature.restore)(router, record)
}

/// The stream features of someone who has logged in.
pub fn of_stream(settings: &Settings) -> String {
    enabled(settings).map(|feature| (feature.stream)(settings)).collect()
}

/// The features that the site wants.
pub fn enabled(settings: &Settings) -> impl Iterator<Item = &'static Feature> {
    ALL.iter().copied().filter(|feature| (feature.enabled)(settings))
}
