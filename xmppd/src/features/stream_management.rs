//! XEP-0198: stream management. Stanzas are counted both ways, and none is lost with a connection.
//!
//! | file | what it holds |
//! |---|---|
//! | `management` | one session's counts, and when to ask for an acknowledgement |
//! | `unacknowledged` | what a client has been sent and has not acknowledged |
//! | `resumption` | a session without a connection, and with a new one |
//! | `rest` | what becomes of that which a session ends without having had |
//!
//! Its words are in [`crate::stream::management`].

mod management;
mod rest;
mod resumption;
mod unacknowledged;

pub(crate) use management::Management;
pub(crate) use resumption::Former;

use std::sync::Arc;

use super::{Feature, Inline};
use crate::{
    ns,
    router::Router,
    stanza::StanzaError,
    stream::{
        Action, ConnectionId, Context, SessionId, StreamError,
        management::{Enable, Enabled, Failed, Resumption},
    },
    xml::{Element, Node},
};

/// A stream feature; not advertised otherwise.
pub const FEATURE: Feature = Feature {
    stream: |_| format!("<sm xmlns='{}'/>", ns::STREAM_MANAGEMENT),
    inline: Some(Inline { namespace: ns::STREAM_MANAGEMENT, grant }),
    ..Feature::DEFAULT
};

/// Asks a client what it has had.
pub(crate) const REQUEST: &str = "<r xmlns='urn:xmpp:sm:3'/>";

/// Manages a stream from the moment at which it is bound.
fn grant(router: &mut Router, session: SessionId, wish: &Node, cx: &mut Context<'_>) -> String {
    if wish.name != "enable" {
        return Failed::from(StanzaError::UnexpectedRequest).to_string();
    }
    let enabled = router.enable_management(session, Enable::read(wish), cx);
    enabled.map_or_else(|failed| failed.to_string(), |enabled| enabled.to_string())
}

impl Router {
    /// Takes what a client says about its stream once it is bound.
    pub(crate) fn manage(
        &mut self,
        session: SessionId,
        element: &Element,
        cx: &mut Context<'_>,
    ) -> Result<(), StreamError> {
        let answer = match element.name() {
            "a" => return self.acknowledged(session, element, cx),
            "enable" => self
                .enable_management(session, Enable::read(&Node::from(element)), cx)
                .map(|yes| yes.to_string()),
            "r" => self.handled(session),
            "resume" => Err(StanzaError::UnexpectedRequest.into()),
            _ => return Err(StreamError::UnsupportedStanzaType),
        };
        let answer = answer.unwrap_or_else(|failed| failed.to_string());
        if let Some(session) = self.sessions.get(&session) {
            session.outlet.borrow().utter(answer, cx);
        }
        Ok(())
    }

    /// Manages a session's stream from now on (XEP-0198 §3). The answer has to be sent before anything else.
    pub(crate) fn enable_management(
        &mut self,
        session: SessionId,
        wish: Enable,
        cx: &mut Context<'_>,
    ) -> Result<Enabled, Failed> {
        let seconds = wish.seconds.unwrap_or(u32::MAX).min(self.settings.resumption_seconds);
        let session = self.sessions.get_mut(&session).ok_or(StanzaError::UnexpectedRequest)?;
        let outlet = session.outlet.get_mut();
        if outlet.management.is_some() {
            return Err(StanzaError::UnexpectedRequest.into());
        }
        let resumption = (wish.resumes && seconds > 0).then(|| Resumption { id: cx.token(), seconds });
        outlet.management = Some(Box::new(Management::new(resumption.clone())));
        Ok(Enabled { resumption })
    }

    /// Counts a stanza from a client; `false` if its session goes on over another connection, or is over.
    pub(crate) fn count(&mut self, session: SessionId, connection: ConnectionId) -> bool {
        let Some(session) = self.sessions.get_mut(&session) else { return false };
        let outlet = session.outlet.get_mut();
        let is_current = outlet.connection == Some(connection);
        if let Some(management) = outlet.management.as_mut().filter(|_| is_current) {
            management.handled = management.handled.wrapping_add(1);
        }
        is_current
    }

    /// Looks after managed streams; to be called every second or so. Asks for acknowledgements, gives up who owes
    /// one for too long, and ends sessions that nobody has come back for.
    pub fn tick(&mut self, cx: &mut Context<'_>) {
        let mut over = Vec::new();
        for session in self.sessions.values_mut() {
            let outlet = session.outlet.get_mut();
            let Some(management) = &mut outlet.management else { continue };
            management.unacknowledged.detach();
            match outlet.connection {
                Some(connection) if management.is_mute(cx.instant, self.settings.patience) => {
                    let error = StreamError::ConnectionTimeout;
                    cx.outbox.push(Action::Close { connection, error });
                }
                Some(_) => outlet.ask(cx),
                None if management.is_over(cx.instant) => over.push(session.id),
                None => {}
            }
        }
        for session in over {
            self.end_session(session, cx);
        }
    }

    fn acknowledged(
        &mut self,
        session: SessionId,
        element: &Element,
        cx: &mut Context<'_>,
    ) -> Result<(), StreamError> {
        let Some(session) = self.sessions.get_mut(&session) else { return Ok(()) };
        let outlet = session.outlet.get_mut();
        let Some(management) = &mut outlet.management else { return Ok(()) };
        let handled = element.attribute("h").and_then(|handled| handled.parse().ok());
        let ids = management.acknowledge(handled.ok_or(StreamError::BadFormat)?, cx.instant)?;
        outlet.ask(cx);
        if !ids.is_empty() {
            cx.outbox.push(Action::EraseOffline { account: Arc::clone(&session.account), ids });
        }
        Ok(())
    }

    /// The answer to `<r/>`.
    fn handled(&self, session: SessionId) -> Result<String, Failed> {
        let session = self.sessions.get(&session).ok_or(StanzaError::UnexpectedRequest)?;
        let outlet = session.outlet.borrow();
        let management = outlet.management.as_ref().ok_or(StanzaError::UnexpectedRequest)?;
        Ok(format!("<a xmlns='{}' h='{}'/>", ns::STREAM_MANAGEMENT, management.handled))
    }

    /// Whether that is the connection over which a session goes on.
    pub(crate) fn is_current(&self, session: SessionId, connection: ConnectionId) -> bool {
        let session = self.sessions.get(&session);
        session.is_some_and(|session| session.outlet.borrow().connection == Some(connection))
    }
}

#[cfg(test)]
mod tests;
