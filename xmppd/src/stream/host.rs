//! What a stream asks of the server behind it.

use std::{net::IpAddr, sync::Arc};

use super::{ConnectionId, Context, SessionId, StreamError};
use crate::{
    account::Account,
    auth::{Authenticator, Verdict},
    jid::{Jid, Resource},
    stanza::{Malformed, Stanza, StanzaError},
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

    /// Whether a proof for this name from there may be looked at.
    fn attempt(&mut self, peer: IpAddr, account: &str, cx: &mut Context<'_>) -> Verdict;

    /// That proof was right.
    fn succeeded(&mut self, peer: IpAddr, account: &str, cx: &mut Context<'_>);

    /// Makes a session (RFC 6120 §7); an older one of the same resource ends with `conflict`.
    fn bind(
        &mut self,
        request: BindRequest<'_>,
        cx: &mut Context<'_>,
    ) -> Result<(SessionId, Jid), StanzaError>;

    /// Takes a stanza from a session.
    fn receive(
        &mut self,
        session: SessionId,
        stanza: Result<Stanza, Box<Malformed>>,
        cx: &mut Context<'_>,
    ) -> Result<(), StreamError>;

    /// The session is over. Nothing happens if it is over already.
    fn end(&mut self, session: SessionId, cx: &mut Context<'_>);
}

/// Who wants to be bound, and to what.
pub struct BindRequest<'a> {
    /// Over which connection.
    pub connection: ConnectionId,
    /// The account, as it was when its password was proved.
    pub account: &'a Account,
    /// The resource, if the client has a wish.
    pub resource: Option<Resource>,
    /// The `xml:lang` of the client's stream.
    pub language: Option<String>,
}
