//! XEP-0386: a resource, and what belongs to it, in the same breath as the login.

use super::{Context, Host, SessionId, Stream, host::BindRequest, inline::Wishes};
use crate::{
    account::Account,
    jid::{Jid, Resource},
    ns,
    xml::Node,
};

/// A resource that has been bound.
pub(super) struct Bound {
    pub(super) session: SessionId,
    pub(super) jid: Jid,
    /// `<bound/>` with what the features say that have come with it.
    pub(super) answer: String,
}

/// `<bind/>` of the stream features (§3.1).
pub(super) fn feature(host: &dyn Host) -> String {
    let features: Vec<_> =
        host.inline_features().map(|namespace| format!("<feature var='{namespace}'/>")).collect();
    if features.is_empty() {
        return format!("<bind xmlns='{}'/>", ns::BIND2);
    }
    format!("<bind xmlns='{}'><inline>{}</inline></bind>", ns::BIND2, features.concat())
}

impl Stream {
    /// Binds a resource, if the client asks for one (§3.2). If there is none to be had, it is left without one: it may
    /// ask again as RFC 6120 §7 has it, and hears why.
    ///
    /// What waits for the account is not cleared as the XEP says: that is for servers which keep an archive.
    pub(super) fn bind_inline(
        &self,
        account: &Account,
        wishes: &Wishes,
        host: &mut dyn Host,
        cx: &mut Context<'_>,
    ) -> Option<Bound> {
        let bind = wishes.bind.as_ref()?;
        let identifier = match &wishes.agent {
            Some(agent) => host.authenticator().pseudonym(&account.name, agent),
            None => cx.token(),
        };
        let request = BindRequest {
            connection: self.connection,
            account,
            resource: Some(resource(bind, &identifier)),
            agent: wishes.agent,
            language: self.language.clone(),
        };
        let (session, jid) = host.bind(request, cx).ok()?;
        let granted: String = bind.children.iter().map(|wish| host.grant(session, wish, cx)).collect();
        let answer = format!("<bound xmlns='{}'>{granted}</bound>", ns::BIND2);
        Some(Bound { session, jid, answer })
    }
}

/// §3.2.1: the client's tag, if it can be part of a resource, and an identifier of ours.
fn resource(bind: &Node, identifier: &str) -> Resource {
    let tag = bind.child("tag", ns::BIND2).map(|tag| tag.text.trim()).filter(|tag| !tag.is_empty());
    let tagged = tag.and_then(|tag| Resource::parse(&format!("{tag}/{identifier}")).ok());
    tagged.unwrap_or_else(|| Resource::parse(identifier).expect("letters and digits are a resource"))
}
