//! XEP-0484: logging in by a token, as far as the stream sees it. The tokens themselves are the server's.

use super::{Context, Host, inline::Wishes, sasl};
use crate::{
    account::Account,
    auth::{ChannelBindings, TokenMechanism},
    ns,
    xml::Node,
};

/// `<fast/>` of a login by a token.
pub(super) struct Fast {
    /// How often the client has used the token so far, if it counts.
    pub(super) count: Option<u64>,
    /// Whether this is to be the last time.
    invalidates: bool,
}

impl Fast {
    /// The error is a condition of RFC 6120 §6.5.
    pub(super) fn parse(node: &Node) -> Result<Self, &'static str> {
        let count = node.attribute("count").map(str::parse).transpose();
        let invalidates = matches!(node.attribute("invalidate"), Some("1" | "true"));
        Ok(Self { count: count.map_err(|_| "malformed-request")?, invalidates })
    }
}

/// `<fast/>` of the stream features (§3.1). Without early data, which this server does not take: it could be
/// replayed.
pub(super) fn feature(bindings: &ChannelBindings, host: &dyn Host) -> String {
    if !host.takes_tokens() {
        return String::new();
    }
    let mechanisms = sasl::mechanisms(TokenMechanism::offered(bindings).map(TokenMechanism::name));
    format!("<fast xmlns='{}'>{mechanisms}</fast>", ns::FAST)
}

/// What has to be said about tokens to somebody who has just logged in, maybe by one that is due to be replaced: a
/// new one (§3.3, §3.5), or nothing. Ends the one that was used where the client wants that (§3.6).
pub(super) fn token(
    account: &Account,
    wishes: &Wishes,
    due: Option<TokenMechanism>,
    bindings: &ChannelBindings,
    host: &mut dyn Host,
    cx: &mut Context<'_>,
) -> String {
    let Some(agent) = wishes.agent.filter(|_| host.takes_tokens()) else { return String::new() };
    let is_last = wishes.fast.as_ref().is_some_and(|fast| fast.invalidates);
    if is_last {
        host.invalidate_tokens(account, agent, cx);
    }
    let wanted = wishes.token.filter(|wanted| TokenMechanism::offered(bindings).any(|one| one == *wanted));
    match wanted.or(due.filter(|_| !is_last)) {
        Some(mechanism) => host.issue_token(account, agent, mechanism, cx),
        None => String::new(),
    }
}
