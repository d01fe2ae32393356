//! The states of a stream, each with what it knows, and what it does with an element.

use std::sync::Arc;

use super::{
    Context, Host, SessionId, Step, Stream, StreamError, binding, header,
    profile::Profile,
    sasl::{self, Authenticating},
};
use crate::{
    account::Account,
    auth::ChannelBindings,
    jid::Jid,
    ns,
    stanza::{self, Malformed, Stanza},
    xml::{Element, Limits},
};

/// Where a stream is between its first byte and its last.
pub(super) enum State {
    /// TLS and a proof are done; a resource is next.
    Binding(Arc<Account>),
    /// All is done; stanzas flow.
    Bound(SessionId),
    /// Nothing is read any more.
    Ended,
    /// The header is next, and then this.
    Opening(Stage),
    /// Plain TCP: STARTTLS is next, and nothing else.
    Plain,
    /// TLS is there; a proof is next.
    Sasl(Authenticating),
}

/// What a new header opens.
pub(super) enum Stage {
    /// Somebody has proved to be this account.
    Authenticated(Arc<Account>),
    /// Nothing has happened yet.
    Plain,
    /// TLS is there.
    Secured(ChannelBindings),
}

impl State {
    pub(super) fn plain() -> Self {
        Self::Opening(Stage::Plain)
    }

    pub(super) fn secured(bindings: ChannelBindings) -> Self {
        Self::Opening(Stage::Secured(bindings))
    }

    pub(super) fn session(&self) -> Option<SessionId> {
        match self {
            Self::Bound(session) => Some(*session),
            _ => None,
        }
    }
}

impl Stream {
    /// Answers a header with ours and the features of what is next (RFC 6120 §4.3.2).
    pub(super) fn open(
        &mut self,
        theirs: &Element,
        host: &dyn Host,
        cx: &mut Context<'_>,
    ) -> Result<(), StreamError> {
        let State::Opening(stage) = std::mem::replace(&mut self.state, State::Plain) else {
            unreachable!("the framer gives one header, and is made anew with the state")
        };
        let header = header::check(theirs, self.framing, host.domain())?;
        let answer = self.framing.header(host.domain(), header.from.as_ref(), cx);
        self.language = header.language;
        self.from = header.from;
        let features = match stage {
            Stage::Plain => {
                self.state = State::Plain;
                format!("<starttls xmlns='{}'><required/></starttls>", ns::TLS)
            }
            Stage::Secured(bindings) => {
                let features = sasl::features(&bindings, host);
                self.state = State::Sasl(Authenticating::new(bindings));
                features
            }
            Stage::Authenticated(account) => {
                let is_own =
                    |from: &Jid| from.local() == Some(&account.name) && from.domain() == host.domain();
                if !self.from.as_ref().is_none_or(is_own) {
                    return Err(StreamError::InvalidFrom);
                }
                self.framer.set_limits(Limits::of_bytes(host.stanza_bytes()));
                self.state = State::Binding(account);
                format!("{}{}", binding::FEATURES, host.features())
            }
        };
        self.header_sent = true;
        self.send(answer, cx);
        self.send(format!("<stream:features>{features}</stream:features>"), cx);
        Ok(())
    }

    /// Hands an element to the state that the stream is in.
    pub(super) fn element(
        &mut self,
        element: &Element,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Result<Step, StreamError> {
        match std::mem::replace(&mut self.state, State::Plain) {
            State::Bound(session) => {
                self.state = State::Bound(session); // stanzas go to [`Stream::stanza`]
                host.nonza(session, self.connection, element, cx).map(|()| Step::Continue)
            }
            State::Binding(account) if element.namespace() == ns::STREAM_MANAGEMENT => {
                self.manage(account, element, host, cx)
            }
            State::Binding(account) => self.bind(account, element, host, cx),
            State::Sasl(authenticating) => self.authenticate(authenticating, element, host, cx),
            State::Plain => self.before_tls(element, cx),
            State::Opening(_) => Err(StreamError::BadFormat), // RFC 7395 §3.4: no `<open/>`
            State::Ended => unreachable!("no element comes after the end"),
        }
    }

    /// What opens and closes a stream that comes in messages (RFC 7395 §3.3.2).
    pub(super) fn end_of_stream(
        &mut self,
        element: &Element,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Result<Step, StreamError> {
        match element.name() {
            "open" if matches!(self.state, State::Opening(_)) => {
                self.open(element, host, cx).map(|()| Step::Continue)
            }
            "close" => Ok(self.close(host, cx)),
            _ => Err(StreamError::BadFormat),
        }
    }

    /// Hands a stanza to the server.
    pub(super) fn stanza(
        &self,
        stanza: Result<Stanza, Box<Malformed>>,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Result<Step, StreamError> {
        let State::Bound(session) = self.state else {
            unreachable!("only what is bound reads stanzas, and it stays so until its end")
        };
        host.receive(session, self.connection, stanza, cx).map(|()| Step::Continue)
    }

    /// RFC 6120 §5.3.1: nothing is accepted before TLS but the wish for it.
    fn before_tls(&mut self, element: &Element, cx: &mut Context<'_>) -> Result<Step, StreamError> {
        if element.is("starttls", ns::TLS) {
            self.send(format!("<proceed xmlns='{}'/>", ns::TLS), cx);
            return Ok(Step::StartTls);
        }
        if let Some(profile) = Profile::of(element).filter(|profile| element.name() == profile.beginning()) {
            self.send(profile.failure("encryption-required"), cx); // RFC 6120 §6.5.4
            return Ok(Step::Continue);
        }
        Err(too_early(element))
    }
}

/// What to say to an element that has no place yet: a stanza needs a login (RFC 6120 §4.9.3.12), anything
/// else, dialback included, is not understood.
pub(super) fn too_early(element: &Element) -> StreamError {
    if stanza::is_stanza(element) { StreamError::NotAuthorized } else { StreamError::UnsupportedStanzaType }
}
