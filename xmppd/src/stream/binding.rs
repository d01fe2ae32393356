//! A resource for the one who has proved who they are (RFC 6120 §7).

use super::{
    Context, Host, Step, Stream, StreamError,
    host::BindRequest,
    state::{self, State},
};
use crate::{
    jid::{Jid, Resource},
    ns,
    stanza::{self, IqType, Kind, Stanza, StanzaError, reply},
    xml::{Element, Escaped, Node},
};

/// Binding, and the session of RFC 3921 that old clients ask for and new ones may skip.
pub(super) const FEATURES: &str = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>\
    <session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>";

impl Stream {
    /// RFC 6120 §7.1: no stanza but the request to bind is taken before it is granted.
    pub(super) fn bind(
        &mut self,
        account: String,
        element: Element,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Result<Step, StreamError> {
        let asks = stanza::is_stanza(&element) && element.has_child("bind", ns::BIND);
        if !asks {
            return Err(state::too_early(&element));
        }
        let own = Jid::of_account(&account, host.domain());
        let answer = match self.bound(&account, element, host, cx) {
            Ok((answer, session)) => {
                self.state = State::Bound(session);
                answer
            }
            Err((element, error)) => {
                self.state = State::Binding(account);
                reply::error(&element, own.as_str(), error)
            }
        };
        self.send(answer, cx);
        Ok(Step::Continue)
    }

    fn bound(
        &mut self,
        account: &str,
        element: Element,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Result<(String, super::SessionId), (Element, StanzaError)> {
        let request = Stanza::parse(element).map_err(|malformed| (malformed.element, malformed.error))?;
        if request.kind != Kind::Iq(IqType::Set) {
            return Err((request.element, StanzaError::BadRequest));
        }
        let wish = match wish(&request.element) {
            Ok(wish) => wish,
            Err(error) => return Err((request.element, error)),
        };
        let language = self.language.take();
        let asked = BindRequest { connection: self.connection, account, resource: wish, language };
        match host.bind(asked, cx) {
            Ok((session, jid)) => {
                let payload =
                    format!("<bind xmlns='{}'><jid>{}</jid></bind>", ns::BIND, Escaped(jid.as_str()));
                Ok((reply::result(&request.element, jid.as_str(), &payload), session))
            }
            Err(error) => Err((request.element, error)),
        }
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
