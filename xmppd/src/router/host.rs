//! What streams ask of the router: logins, binding, stanzas.

use std::{net::IpAddr, sync::Arc};

use super::{Router, message, presence};
use crate::{
    account::Account,
    auth::{Agent, AuthError, Authenticator, Redeemed, TokenMechanism, TokenProof, Verdict},
    features::{self, blocking},
    jid::Jid,
    ns,
    stanza::{Kind, Malformed, Stanza, StanzaError},
    stream::{
        ConnectionId, Context, Host, SessionId, StreamError,
        host::{BindRequest, ResumeRequest},
        management::{Resumed, Unresumed},
    },
    xml::{Element, Node},
};

impl Host for Router {
    fn domain(&self) -> &str {
        &self.settings.domain
    }

    fn features(&self) -> String {
        self.stream_features.clone()
    }

    fn stanza_bytes(&self) -> usize {
        self.settings.stanza_bytes
    }

    fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    fn account(&self, name: &str) -> Option<Arc<Account>> {
        self.people.get(name).map(|person| Arc::clone(&person.account))
    }

    fn still_admits(&self, account: &Account) -> bool {
        self.person(&account.name).is_some_and(|person| person.account.keys.is_same(&account.keys))
    }

    fn attempt(&mut self, peer: IpAddr, account: &str, cx: &mut Context<'_>) -> Verdict {
        self.throttle.attempt(cx.instant, peer, account)
    }

    fn succeeded(&mut self, peer: IpAddr, account: &str, cx: &mut Context<'_>) {
        self.throttle.succeeded(cx.instant, peer, account);
        self.traffic.logins += 1;
    }

    fn refused(&mut self) {
        self.traffic.refused_logins += 1;
    }

    fn takes_tokens(&self) -> bool {
        (features::fast::FEATURE.enabled)(&self.settings)
    }

    fn redeem_token(&mut self, proof: &TokenProof<'_>, cx: &mut Context<'_>) -> Result<Redeemed, AuthError> {
        self.check_token(proof, cx)
    }

    fn issue_token(
        &mut self,
        account: &Account,
        agent: Agent,
        mechanism: TokenMechanism,
        cx: &mut Context<'_>,
    ) -> String {
        self.new_token(account, agent, mechanism, cx)
    }

    fn invalidate_tokens(&mut self, account: &Account, agent: Agent, cx: &mut Context<'_>) {
        self.end_tokens(account, agent, cx);
    }

    fn inline_features(&self) -> Box<dyn Iterator<Item = &'static str> + '_> {
        Box::new(features::inline(&self.settings).map(|inline| inline.namespace))
    }

    fn grant(&mut self, session: SessionId, wish: &Node, cx: &mut Context<'_>) -> String {
        features::grant(self, session, wish, cx)
    }

    fn bind(
        &mut self,
        request: BindRequest<'_>,
        cx: &mut Context<'_>,
    ) -> Result<(SessionId, Jid), StanzaError> {
        self.start_session(request, cx)
    }

    fn resume(&mut self, request: ResumeRequest<'_>, cx: &mut Context<'_>) -> Result<Resumed, Unresumed> {
        self.resume_session(request, cx)
    }

    fn retransmit(&mut self, session: SessionId, cx: &mut Context<'_>) {
        self.retransmit_to(session, cx);
    }

    fn receive(
        &mut self,
        session: SessionId,
        connection: ConnectionId,
        stanza: Result<Stanza, Box<Malformed>>,
        cx: &mut Context<'_>,
    ) -> Result<(), StreamError> {
        if !self.count(session, connection) {
            return Ok(());
        }
        let stanza = match stanza {
            Ok(stanza) => stanza,
            Err(malformed) => {
                self.refuse(session, &malformed.element, malformed.error, cx);
                return Ok(());
            }
        };
        let Some(sender) = self.sessions.get(&session) else { return Ok(()) };
        // RFC 6120 §8.1.2.1: a `from` that is not one's own ends the stream.
        let is_own = |from: &Jid| *from == sender.jid || from.as_str() == sender.jid.bare();
        if !stanza.from.as_ref().is_none_or(is_own) {
            return Err(StreamError::InvalidFrom);
        }
        self.traffic.stanzas += 1;
        self.dispatch(session, &stanza, cx);
        Ok(())
    }

    fn nonza(
        &mut self,
        session: SessionId,
        connection: ConnectionId,
        element: &Element,
        cx: &mut Context<'_>,
    ) -> Result<(), StreamError> {
        if !self.is_current(session, connection) {
            return Ok(());
        }
        match &*element.namespace() {
            ns::CLIENT_STATE => self.client_state(session, element, cx),
            ns::STREAM_MANAGEMENT => self.manage(session, element, cx),
            _ => Err(StreamError::UnsupportedStanzaType),
        }
    }

    fn end(&mut self, session: SessionId, connection: ConnectionId, cx: &mut Context<'_>) {
        if self.is_current(session, connection) {
            self.end_session(session, cx);
        }
    }

    fn lost(&mut self, session: SessionId, connection: ConnectionId, cx: &mut Context<'_>) {
        self.lose(session, connection, cx);
    }
}

impl Router {
    fn dispatch(&mut self, session: SessionId, stanza: &Stanza, cx: &mut Context<'_>) {
        if let Some(to) = &stanza.to
            && to.domain() == self.rooms.domain()
        {
            return self.stanza_to_rooms(session, to, stanza, cx);
        }
        let is_foreign = stanza.to.as_ref().is_some_and(|to| to.domain() != self.settings.domain);
        if is_foreign {
            // There is no way out of this server, by design.
            return self.refuse(session, &stanza.element, StanzaError::RemoteServerNotFound, cx);
        }
        let Some(sender) = self.sessions.get(&session) else { return };
        // XEP-0191 §3.3: nothing goes out to who is blocked.
        if stanza.to.as_ref().is_some_and(|to| self.is_blocked(to, &sender.account)) {
            return self.refuse(session, &stanza.element, blocking::outgoing_refusal(), cx);
        }
        match stanza.kind {
            Kind::Iq(kind) => self.iq(session, kind, stanza, cx),
            Kind::Message(kind) => message::Message::new(sender, kind, stanza).route(self, cx),
            Kind::Presence(kind) => presence::Presence { session, kind, stanza }.route(self, cx),
        }
    }
}
