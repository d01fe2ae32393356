//! XEP-0388: what follows a login of the extensible profile, all in one answer, without a new stream.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use super::{Context, Host, Stream, binding, fast, inline, state::State, turn::Login};
use crate::{
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
    ) {
        let Login { success: Success { account, server_final }, wishes, due } = login;
        self.framer.set_limits(Limits::of_bytes(host.stanza_bytes()));
        let bound = self.bind_inline(&account, &wishes, host, cx);
        let token = fast::token(&account, &wishes, due, bindings, host, cx);
        let data = server_final.map_or_else(String::new, |data| {
            format!("<additional-data>{}</additional-data>", BASE64.encode(data))
        });
        let (identity, answer, next) = if let Some(bound) = bound {
            self.state = State::Bound(bound.session);
            (bound.jid, bound.answer, "")
        } else {
            let own = Jid::of_account(&account.name, host.domain());
            self.state = State::Binding(account);
            (own, String::new(), binding::FEATURES)
        };
        let features = host.features();
        self.send(
            format!(
                "<success xmlns='{}'>{data}<authorization-identifier>{}</authorization-identifier>\
                 {answer}{token}</success><stream:features>{next}{features}</stream:features>",
                ns::SASL2,
                Escaped(identity.as_str())
            ),
            cx,
        );
    }
}
