//! What a client of XEP-0388 asks for in the same breath as it logs in, and how that is announced.

use super::{
    Host, bind2,
    fast::{self, Fast},
};
use crate::{
    auth::{Agent, ChannelBindings, TokenMechanism},
    ns,
    xml::Node,
};

/// What is to be done once the login has succeeded.
#[derive(Default)]
pub(super) struct Wishes {
    /// Which of a person's clients it is.
    pub(super) agent: Option<Agent>,
    /// A resource (XEP-0386).
    pub(super) bind: Option<Node>,
    /// How a token is used (XEP-0484 §3.4).
    pub(super) fast: Option<Fast>,
    /// A session to go on with, instead of a new resource (XEP-0198).
    pub(super) resume: Option<Node>,
    /// A token for the next time (XEP-0484 §3.2).
    pub(super) token: Option<TokenMechanism>,
}

impl Wishes {
    /// Takes them out of an `<authenticate/>`; the error is a condition of RFC 6120 §6.5.
    pub(super) fn take(authenticate: &mut Node) -> Result<Self, &'static str> {
        let agent = authenticate.child("user-agent", ns::SASL2).and_then(|agent| agent.attribute("id"));
        let token =
            authenticate.child("request-token", ns::FAST).and_then(|token| token.attribute("mechanism"));
        Ok(Self {
            agent: agent.and_then(Agent::parse),
            token: token.and_then(TokenMechanism::from_name),
            fast: authenticate.child("fast", ns::FAST).map(Fast::parse).transpose()?,
            bind: authenticate.take_child("bind", ns::BIND2),
            resume: authenticate.take_child("resume", ns::STREAM_MANAGEMENT),
        })
    }
}

/// `<inline/>` of the stream features (XEP-0388).
pub(super) fn features(bindings: &ChannelBindings, host: &dyn Host) -> String {
    let (bind, fast) = (bind2::feature(host), fast::feature(bindings, host));
    format!("<inline>{bind}<sm xmlns='{}'/>{fast}</inline>", ns::STREAM_MANAGEMENT)
}
