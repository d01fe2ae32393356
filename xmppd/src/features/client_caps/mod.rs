//! XEP-0115: what clients can do, as far as the server needs to know: of which nodes they want to hear
//! (`+notify`, XEP-0163 §4.3.2).
//!
//! A client announces a hash with its presence, and is asked what that stands for. Once an answer has been
//! verified, all who announce the same hash share it, and nobody is asked again.

mod hash;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use super::Feature;
use crate::{
    ns,
    router::Router,
    stream::{Context, SessionId},
    xml::{Element, Escaped, Node},
};

/// Learns from presence, and from answers.
pub const FEATURE: Feature = Feature { announced, answered, went, ..Feature::DEFAULT };

/// How many hashes are remembered: far more than there are versions of clients in one school.
const MOST_KNOWN: usize = 256;
/// Of how many nodes one client may want to hear, and how long their names may be.
const MOST_INTERESTS: usize = 64;
const MOST_NAME_BYTES: usize = 256;

/// The hashes whose meaning is verified.
#[derive(Default)]
pub(crate) struct KnownCaps {
    known: HashMap<Claim, Arc<Interests>>,
    /// Oldest first.
    order: VecDeque<Claim>,
}

/// What is known of one session.
#[derive(Default)]
pub(crate) struct Capabilities {
    claim: Option<Claim>,
    /// The id of what it has been asked.
    question: Option<String>,
    interests: Option<Arc<Interests>>,
}

/// What a client announces: node, hash function and hash.
#[derive(Clone, Eq, Hash, PartialEq)]
struct Claim {
    node: String,
    algorithm: String,
    version: String,
}

/// The nodes of which a client wants to hear, sorted.
#[derive(Default)]
pub(crate) struct Interests(Vec<Box<str>>);

impl Interests {
    fn of(query: &Node) -> Self {
        let features = query.children.iter().filter(|child| child.is("feature", ns::DISCO_INFO));
        let nodes = features.filter_map(|feature| feature.attribute("var")?.strip_suffix("+notify"));
        let nodes = nodes.filter(|node| node.len() <= MOST_NAME_BYTES).take(MOST_INTERESTS);
        let mut nodes: Vec<Box<str>> = nodes.map(Into::into).collect();
        nodes.sort_unstable();
        Self(nodes)
    }

    /// Whether that node is among them.
    pub(crate) fn include(&self, node: &str) -> bool {
        self.0.binary_search_by(|known| (**known).cmp(node)).is_ok()
    }
}

impl Capabilities {
    /// Whether the client wants to hear of that node.
    pub(crate) fn want(&self, node: &str) -> bool {
        self.interests.as_ref().is_some_and(|interests| interests.include(node))
    }
}

impl KnownCaps {
    fn learn(&mut self, claim: Claim, interests: Arc<Interests>) {
        if self.known.insert(claim.clone(), interests).is_some() {
            return;
        }
        self.order.push_back(claim);
        if self.order.len() > MOST_KNOWN
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

/// Looks at what a client's presence announces, and asks what is not known yet.
fn announced(router: &mut Router, id: SessionId, presence: &Element, cx: &mut Context<'_>) {
    let claim = claim(presence);
    let Some(session) = router.sessions.get_mut(&id) else { return };
    if session.capabilities.claim == claim {
        return;
    }
    session.capabilities.claim.clone_from(&claim);
    session.capabilities.question = None;
    let Some(claim) = claim else { return router.is_interested(id, &Arc::default(), cx) };
    if let Some(known) = router.known_caps.known.get(&claim) {
        let known = Arc::clone(known);
        return router.is_interested(id, &known, cx);
    }
    let question = cx.token();
    let query = format!(
        "<iq type='get' id='{question}' from='{}' to='{}'><query xmlns='{}' node='{}#{}'/></iq>",
        Escaped(&router.settings.domain),
        Escaped(session.jid.as_str()),
        ns::DISCO_INFO,
        Escaped(&claim.node),
        Escaped(&claim.version)
    );
    session.say(query, cx);
    session.capabilities.question = Some(question);
}

fn claim(presence: &Element) -> Option<Claim> {
    if !presence.has_child("c", ns::CAPS) {
        return None;
    }
    let presence = Node::from(presence);
    let caps = presence.child("c", ns::CAPS)?;
    let read = |name| caps.attribute(name).unwrap_or_default().to_owned();
    Some(Claim { node: read("node"), algorithm: read("hash"), version: read("ver") })
}

/// XEP-0115 §5.4: what cannot be verified holds for that session alone.
fn answered(router: &mut Router, id: SessionId, answer: &Element, cx: &mut Context<'_>) {
    let Some(session) = router.sessions.get_mut(&id) else { return };
    let capabilities = &mut session.capabilities;
    if capabilities.question.is_none()
        || answer.attribute("id").as_deref() != capabilities.question.as_deref()
    {
        return;
    }
    capabilities.question = None;
    let Some(claim) = capabilities.claim.clone() else { return };
    let answer = Node::from(answer);
    let Some(query) = answer.child("query", ns::DISCO_INFO) else { return };
    let interests = Arc::new(Interests::of(query));
    if hash::is_verified(query, &claim.algorithm, &claim.version) {
        router.known_caps.learn(claim, Arc::clone(&interests));
    }
    router.is_interested(id, &interests, cx);
}

/// Who comes back is told the last items anew.
fn went(router: &mut Router, id: SessionId, _: &mut Context<'_>) {
    if let Some(session) = router.sessions.get_mut(&id) {
        session.capabilities = Capabilities::default();
    }
}

impl Router {
    /// Takes in of what a session wants to hear, and tells it what it has missed of that.
    fn is_interested(&mut self, id: SessionId, interests: &Arc<Interests>, cx: &mut Context<'_>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let before = session.capabilities.interests.replace(Arc::clone(interests)).unwrap_or_default();
        self.send_last_items(id, |node| interests.include(node) && !before.include(node), cx);
    }
}
