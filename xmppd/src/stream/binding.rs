//! A resource for the one who has proved who they are (RFC 6120 §7).

use std::sync::Arc;

use super::{
    Context, Host, SessionId, Step, Stream, StreamError,
    host::BindRequest,
    state::{self, State},
};
use crate::{
    account::Account,
    jid::{Jid, Resource},
    ns,
    stanza::{self, IqType, Kind, StanzaError, reply},
    xml::{Element, Escaped, Node},
};

/// Binding, and the session of RFC 3921 that old clients ask for and new ones may skip.
pub(super) const FEATURES: &str = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>\
    <session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>";

impl Stream {
    /// RFC 6120 §7.1: no stanza but the request to bind is taken before it is granted.
    pub(super) fn bind(
        &mut self,
        account: Arc<Account>,
        element: &Element,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Result<Step, StreamError> {
        let asks = stanza::is_stanza(element) && element.has_child("bind", ns::BIND);
        if !asks {
            return Err(state::too_early(element));
        }
        let answer = match self.bound(&account, element, host, cx) {
            Ok((session, jid)) => {
                self.state = State::Bound(session);
                let payload =
                    format!("<bind xmlns='{}'><jid>{}</jid></bind>", ns::BIND, Escaped(jid.as_str()));
                reply::result(element, jid.as_str(), &payload)
            }
            Err(error) => {
                let own = Jid::of_account(&account.name, host.domain());
                self.state = State::Binding(account);
                reply::error(element, own.as_str(), error)
            }
        };
        self.send(answer, cx);
        Ok(Step::Continue)
    }

    fn bound(
        &self,
        account: &Account,
        element: &Element,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Result<(SessionId, Jid), StanzaError> {
        if Kind::of(element)? != Kind::Iq(IqType::Set) {
            return Err(StanzaError::BadRequest);
        }
        let (resource, language) = (wish(element)?, self.language.clone());
        host.bind(BindRequest { connection: self.connection, account, resource, agent: None, language }, cx)
    }
}

/// The resource that the client would like (RFC 6120 §7.7).
fn wish(request: &Element) -> Result<Option<Resource>, StanzaError> {
    let node = Node::from(request);
    let wish = node.child("bind", ns::BIND).and_then(|bind| bind.child("resource", ns::BIND));
    match wish.map(|resource| resource.text.trim()) {
        None | Some("") => Ok(None),
        Some(text) => Resource::parse(text).map(Some).map_err(|_| StanzaError::BadRequest),
    }
}
