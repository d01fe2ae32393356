//! XEP-0388: what follows a login of the extensible profile, all in one answer, without a new stream.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use super::{
    Context, Host, SessionId, Stream, StreamError, binding, fast,
    inline::{self, Wishes},
    management::Unresumed,
    state::State,
    turn::Login,
};
use crate::{
    account::Account,
    auth::{ChannelBindings, Success},
    jid::Jid,
    ns,
    xml::{Escaped, Limits},
};

/// The mechanisms of this connection, and what may come with them (§2.1).
pub(super) fn feature(mechanisms: &str, bindings: &ChannelBindings, host: &dyn Host) -> String {
    let inline = inline::features(bindings, host);
    format!("<authentication xmlns='{}'>{mechanisms}{inline}</authentication>", ns::SASL2)
}

impl Stream {
    /// Tells somebody that they are in, with all that they have asked for, and what they can do next (§2.6.1).
    pub(super) fn welcome(
        &mut self,
        login: Login,
        bindings: &ChannelBindings,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Result<(), StreamError> {
        let Login { success: Success { account, server_final }, wishes, due } = login;
        self.framer.set_limits(Limits::of_bytes(host.stanza_bytes()));
        let place = self.place(&account, &wishes, host, cx)?;
        let token = fast::token(&account, &wishes, due, bindings, host, cx);
        let data = server_final.map_or_else(String::new, |data| {
            format!("<additional-data>{}</additional-data>", BASE64.encode(data))
        });
        let next = if place.session.is_some() { "" } else { binding::FEATURES };
        let features = host.features();
        self.state = place.session.map_or(State::Binding(account), State::Bound);
        self.send(
            format!(
                "<success xmlns='{}'>{data}<authorization-identifier>{}</authorization-identifier>\
                 {}{token}</success>",
                ns::SASL2,
                Escaped(place.identity.as_str()),
                place.answer
            ),
            cx,
        );
        self.send(format!("<stream:features>{next}{features}</stream:features>"), cx);
        if let Some(session) = place.session.filter(|_| place.is_resumed) {
            host.retransmit(session, cx);
        }
        Ok(())
    }

    /// Finds a place for somebody: a session to go on with, and if there is none, a new one. What a client has not asked
    /// for it does not get.
    fn place(
        &self,
        account: &Account,
        wishes: &Wishes,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Result<Place, StreamError> {
        let mut answer = String::new();
        if let Some(wish) = &wishes.resume {
            match self.resume(account, wish, host, cx) {
                Ok(resumed) => {
                    let (session, answer) = (Some(resumed.session), resumed.to_string());
                    return Ok(Place { session, identity: resumed.jid, answer, is_resumed: true });
                }
                Err(Unresumed::Failed(failed)) => answer = failed.to_string(),
                Err(Unresumed::Fault(error)) => return Err(error),
            }
        }
        let (session, identity) = match self.bind_inline(account, wishes, host, cx) {
            Some(bound) => {
                answer += &bound.answer;
                (Some(bound.session), bound.jid)
            }
            None => (None, Jid::of_account(&account.name, host.domain())),
        };
        Ok(Place { session, identity, answer, is_resumed: false })
    }
}

/// Where somebody is after a login.
struct Place {
    /// `None` if binding comes next.
    session: Option<SessionId>,
    /// With the resource, if there is a session.
    identity: Jid,
    /// What has to be said about it.
    answer: String,
    is_resumed: bool,
}
