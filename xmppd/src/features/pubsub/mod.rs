//! XEP-0060 as XEP-0163 has it: every account is a publish-subscribe service of its own.
//!
//! | file | what it holds |
//! |---|---|
//! | `user`, `owner` | the requests of XEP-0060 §5 to §7, and of §8 |
//! | `service` | what becomes of an account's nodes |
//! | `leaf`, `configuration`, `access` | a node with its items, how it works, who may see it |
//! | `event` | who is told what |
//! | `discovery` | what service discovery says of nodes |
//! | `refusal` | the conditions of errors |

pub(crate) mod access;
pub(crate) mod configuration;
mod discovery;
mod event;
pub(crate) mod leaf;
mod owner;
pub(crate) mod refusal;
pub(crate) mod service;
mod user;

use std::sync::Arc;

pub(super) use discovery::{IDENTITY, info, items};
pub(crate) use service::Changes;

use super::{Feature, Reply, Request, Target, bookmarks, vcard};
use crate::{
    ns,
    router::Router,
    stanza::{Refusal, StanzaError},
    stream::Context,
    xml::Node,
};
use refusal::{no_such_node, refusal};

/// What everybody may ask; XEP-0163 §6 and XEP-0060 §10 say how to advertise what works.
pub const FEATURE: Feature = Feature {
    namespace: ns::PUBSUB,
    of_account: &[
        ns::PUBSUB,
        "http://jabber.org/protocol/pubsub#access-open",
        "http://jabber.org/protocol/pubsub#access-presence",
        "http://jabber.org/protocol/pubsub#access-whitelist",
        "http://jabber.org/protocol/pubsub#auto-create",
        "http://jabber.org/protocol/pubsub#auto-subscribe",
        "http://jabber.org/protocol/pubsub#config-node",
        "http://jabber.org/protocol/pubsub#config-node-max",
        "http://jabber.org/protocol/pubsub#create-and-configure",
        "http://jabber.org/protocol/pubsub#create-nodes",
        "http://jabber.org/protocol/pubsub#delete-items",
        "http://jabber.org/protocol/pubsub#delete-nodes",
        "http://jabber.org/protocol/pubsub#filtered-notifications",
        "http://jabber.org/protocol/pubsub#instant-nodes",
        "http://jabber.org/protocol/pubsub#item-ids",
        "http://jabber.org/protocol/pubsub#last-published",
        "http://jabber.org/protocol/pubsub#member-affiliation",
        "http://jabber.org/protocol/pubsub#meta-data",
        "http://jabber.org/protocol/pubsub#modify-affiliations",
        "http://jabber.org/protocol/pubsub#multi-items",
        "http://jabber.org/protocol/pubsub#outcast-affiliation",
        "http://jabber.org/protocol/pubsub#persistent-items",
        "http://jabber.org/protocol/pubsub#presence-notifications",
        "http://jabber.org/protocol/pubsub#presence-subscribe",
        "http://jabber.org/protocol/pubsub#publish",
        "http://jabber.org/protocol/pubsub#publish-options",
        "http://jabber.org/protocol/pubsub#purge-nodes",
        "http://jabber.org/protocol/pubsub#retract-items",
        "http://jabber.org/protocol/pubsub#retrieve-affiliations",
        "http://jabber.org/protocol/pubsub#retrieve-default",
        "http://jabber.org/protocol/pubsub#retrieve-items",
    ],
    answer: user::answer,
    ..Feature::DEFAULT
};

/// What only the owner may (XEP-0060 §8).
pub const OWNER: Feature = Feature { namespace: ns::PUBSUB_OWNER, answer: owner::answer, ..Feature::DEFAULT };

/// A request to an account's service.
struct Asked<'a> {
    /// Whose service.
    owner: Arc<str>,
    /// Whose request.
    asker: Arc<str>,
    is_set: bool,
    /// What is to be done, among the children of the payload.
    place: usize,
    action: &'a Node,
    request: &'a Request<'a>,
}

impl<'a> Asked<'a> {
    fn new(router: &Router, request: &'a Request<'a>) -> Result<Self, Refusal> {
        let (owner, asker) = parties(router, request)?;
        let payload = request.payload;
        let is_action = |node: &Node| !matches!(&*node.name, "configure" | "publish-options");
        // Whoever configures without anything else configures a node that there is.
        let place = payload.children.iter().position(is_action).unwrap_or(0);
        let action = payload.children.get(place).filter(|_| payload.name == "pubsub");
        let action = action.ok_or(StanzaError::BadRequest)?;
        Ok(Self { owner, asker, is_set: request.is_set, place, action, request })
    }

    /// The node that it is about.
    fn node(&self) -> Result<&'a str, Refusal> {
        let node = self.action.attribute("node").filter(|node| !node.is_empty());
        node.ok_or_else(|| refusal(StanzaError::BadRequest, "nodeid-required"))
    }

    /// Only the account itself may.
    fn by_owner(&self) -> Result<(), Refusal> {
        if self.asker == self.owner { Ok(()) } else { Err(StanzaError::Forbidden.into()) }
    }

    /// Brings what else the account keeps in step with that node, tells of all, and answers once it is written
    /// down.
    fn done(
        &self,
        router: &mut Router,
        mut changes: Changes,
        payload: String,
        cx: &mut Context<'_>,
    ) -> Reply {
        if let Ok(node) = self.node() {
            router.keep_in_step(&self.owner, node, &mut changes);
        }
        router.tell(&self.owner, &changes, cx);
        if self.node() == Ok(ns::AVATAR_METADATA) {
            router.announce_avatar(&self.owner, cx);
        }
        Reply::RecordedWith(changes.records, payload)
    }
}

/// Whose account is asked, and who asks; the server itself has nothing personal.
pub(super) fn parties(router: &Router, request: &Request<'_>) -> Result<(Arc<str>, Arc<str>), Refusal> {
    let asker = router.sessions.get(&request.session).map(|session| Arc::clone(&session.account));
    let asker = asker.ok_or(StanzaError::ServiceUnavailable)?;
    let owner = match &request.target {
        Target::Own => Some(Arc::clone(&asker)),
        Target::Account(name) => router.person(name).map(|person| Arc::clone(&person.name)),
        Target::Server => None,
    };
    Ok((owner.ok_or(StanzaError::ServiceUnavailable)?, asker))
}

impl Router {
    /// What else an account keeps follows what it has just published (XEP-0292, XEP-0402 §6).
    fn keep_in_step(&mut self, owner: &Arc<str>, node: &str, changes: &mut Changes) {
        let personal = self.personal_of(owner);
        match node {
            ns::BOOKMARKS => bookmarks::follow_items(personal, changes),
            ns::BOOKMARK_STORAGE => bookmarks::follow_storage(personal, changes),
            ns::VCARD4_NODE => vcard::follow_vcard4(personal, changes),
            _ => {}
        }
    }
}
