//! XEP-0352: a client says whether somebody looks at it. While nobody does, presence and chat states wait.
//!
//! A message or an answer goes out at once, and before it only what is held from the same account or room: that
//! keeps the order from each sender, and a phone that is woken up for a message does not hear of the whole school.

mod held;

pub(crate) use held::Held;

use super::{Feature, Inline};
use crate::{
    ns,
    router::Router,
    stream::{Context, SessionId, StreamError},
    xml::{Element, Node},
};

/// A stream feature; not advertised otherwise.
pub const FEATURE: Feature = Feature {
    stream: |_| format!("<csi xmlns='{}'/>", ns::CLIENT_STATE),
    inline: Some(Inline { namespace: ns::CLIENT_STATE, grant }),
    ..Feature::DEFAULT
};

/// Begins in the state that the client says (XEP-0386 §3.2).
fn grant(router: &mut Router, session: SessionId, wish: &Node, cx: &mut Context<'_>) -> String {
    match wish.name.as_str() {
        "active" => router.activate(session, cx),
        "inactive" => router.inactivate(session),
        _ => {}
    }
    String::new()
}

impl Router {
    /// Takes what a client says about itself, `<active/>` or `<inactive/>`; nothing is answered.
    pub(crate) fn client_state(
        &mut self,
        session: SessionId,
        element: &Element,
        cx: &mut Context<'_>,
    ) -> Result<(), StreamError> {
        match element.name() {
            "active" => self.activate(session, cx),
            "inactive" => self.inactivate(session),
            _ => return Err(StreamError::UnsupportedStanzaType),
        }
        Ok(())
    }

    /// Somebody looks: all that was held back goes out, before anything else.
    pub(crate) fn activate(&mut self, session: SessionId, cx: &mut Context<'_>) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.outlet.get_mut().release(cx);
        }
    }

    /// Nobody looks.
    pub(crate) fn inactivate(&mut self, session: SessionId) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.outlet.get_mut().hold();
        }
    }
}
