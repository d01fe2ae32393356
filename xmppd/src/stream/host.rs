//! What a stream asks of the server behind it.

use std::{net::IpAddr, sync::Arc};

use super::{
    ConnectionId, Context, SessionId, StreamError,
    management::{Resume, Resumed, Unresumed},
};
use crate::{
    account::Account,
    auth::{Agent, AuthError, Authenticator, Redeemed, TokenMechanism, TokenProof, Verdict},
    jid::{Jid, Resource},
    stanza::{Malformed, Stanza, StanzaError},
    xml::{Element, Node},
};

/// The one domain that is served, its accounts and their sessions.
pub trait Host {
    /// The domain, prepared.
    fn domain(&self) -> &str;

    /// The stream features of one who has logged in, beside binding (RFC 6120 §4.3.2).
    fn features(&self) -> String;

    /// How many bytes a stanza may have.
    fn stanza_bytes(&self) -> usize;

    /// What checks proofs.
    fn authenticator(&self) -> &Authenticator;

    /// The account of that prepared name, enabled or not.
    fn account(&self, name: &str) -> Option<Arc<Account>>;

    /// Whether there is still such an account, and may log in with the same password.
    fn still_admits(&self, account: &Account) -> bool;

    /// Whether a proof for this name from there may be looked at.
    fn attempt(&mut self, peer: IpAddr, account: &str, cx: &mut Context<'_>) -> Verdict;

    /// That proof was right.
    fn succeeded(&mut self, peer: IpAddr, account: &str, cx: &mut Context<'_>);

    /// A login has failed, whatever the reason.
    fn refused(&mut self);

    /// Whether somebody may log in by a token (XEP-0484).
    fn takes_tokens(&self) -> bool;

    /// Checks a token.
    fn redeem_token(&mut self, proof: &TokenProof<'_>, cx: &mut Context<'_>) -> Result<Redeemed, AuthError>;

    /// Makes a token for somebody who has logged in; answers with `<token/>`.
    fn issue_token(
        &mut self,
        account: &Account,
        agent: Agent,
        mechanism: TokenMechanism,
        cx: &mut Context<'_>,
    ) -> String;

    /// Ends the tokens of one client.
    fn invalidate_tokens(&mut self, account: &Account, agent: Agent, cx: &mut Context<'_>);

    /// The namespaces of what can be had in the same breath as a resource (XEP-0386).
    fn inline_features(&self) -> Box<dyn Iterator<Item = &'static str> + '_>;

    /// Does what was asked for in the same breath as this resource, if it can be had; answers with what `<bound/>` has
    /// to say about it, which has to be sent before anything else.
    fn grant(&mut self, session: SessionId, wish: &Node, cx: &mut Context<'_>) -> String;

    /// Makes a session (RFC 6120 §7); an older one of the same resource, or of the same agent, ends with `conflict`.
    fn bind(
        &mut self,
        request: BindRequest<'_>,
        cx: &mut Context<'_>,
    ) -> Result<(SessionId, Jid), StanzaError>;

    /// Lets a session go on over another connection (XEP-0198 §5); the old one, if it is still there, ends with
    /// `conflict`. The answer has to be sent next, and then [`Host::retransmit`] called.
    fn resume(&mut self, request: ResumeRequest<'_>, cx: &mut Context<'_>) -> Result<Resumed, Unresumed>;

    /// Sends again what a resumed session has not had, then what came meanwhile.
    fn retransmit(&mut self, session: SessionId, cx: &mut Context<'_>);

    /// Takes a stanza from a session. Nothing happens if the session goes on over another connection.
    fn receive(
        &mut self,
        session: SessionId,
        connection: ConnectionId,
        stanza: Result<Stanza, Box<Malformed>>,
        cx: &mut Context<'_>,
    ) -> Result<(), StreamError>;

    /// Takes an element that is no stanza from a session, likewise.
    fn nonza(
        &mut self,
        session: SessionId,
        connection: ConnectionId,
        element: &Element,
        cx: &mut Context<'_>,
    ) -> Result<(), StreamError>;

    /// The session is over. Nothing happens if it is over already, or goes on over another connection.
    fn end(&mut self, session: SessionId, connection: ConnectionId, cx: &mut Context<'_>);

    /// The session has lost its connection: it is over, likewise, unless it may be resumed.
    fn lost(&mut self, session: SessionId, connection: ConnectionId, cx: &mut Context<'_>);
}

/// Who wants to be bound, and to what.
pub struct BindRequest<'a> {
    /// Over which connection.
    pub connection: ConnectionId,
    /// The account, as it was when its password was proved.
    pub account: &'a Account,
    /// The resource, if the client has a wish.
    pub resource: Option<Resource>,
    /// Which of the person's clients it is, if it says so (XEP-0388).
    pub agent: Option<Agent>,
    /// The `xml:lang` of the client's stream.
    pub language: Option<String>,
}

/// Who wants to resume what.
pub struct ResumeRequest<'a> {
    /// Over which connection.
    pub connection: ConnectionId,
    /// The account, as it was when its password was proved.
    pub account: &'a Account,
    /// The `xml:lang` of the client's new stream.
    pub language: Option<String>,
    /// What the client says about the old one.
    pub resume: Resume,
}
