//! XEP-0199: ping, both ways. Peers that are silent are asked whether they are still there.

use super::{Answer, Feature, Reply, Request, disco::is_query};
use crate::{
    ns,
    router::Router,
    stream::{Context, SessionId},
    xml::Escaped,
};

/// Answered for the server and for accounts.
pub const FEATURE: Feature =
    Feature { namespace: ns::PING, advertised: &[ns::PING], answer, ..Feature::DEFAULT };

fn answer(_: &mut Router, request: &Request<'_>, _: &mut Context<'_>) -> Answer {
    is_query(request, "ping")?;
    Ok(Reply::Payload(String::new()))
}

impl Router {
    /// Asks a client that has been silent for a sign of life (XEP-0199 §4.2). Whatever it answers will do. One whose
    /// stream is managed answers for less.
    pub fn ping(&self, session: SessionId, cx: &mut Context<'_>) {
        let Some(session) = self.sessions.get(&session) else { return };
        if session.outlet.borrow_mut().ask_at_once(cx) {
            return;
        }
        let ping = format!(
            "<iq type='get' id='{}' from='{}' to='{}'><ping xmlns='{}'/></iq>",
            cx.token(),
            Escaped(&self.settings.domain),
            Escaped(session.jid.as_str()),
            ns::PING
        );
        session.say(ping, cx);
    }
}
