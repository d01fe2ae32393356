//! What a client cannot say, because it is for the server to say: it is taken out before a message goes on.

use bytes::Bytes;

use super::Router;
use crate::{
    jid::Jid,
    ns,
    xml::{Element, Node},
};

impl Router {
    /// The content of a message to `to` without what its sender may not claim: ids that this server or the recipient's
    /// account would have given (XEP-0359 §4), delays that this server would have caused (XEP-0203 §5), copies of
    /// messages, and the wish for none, which has been heard (XEP-0280 §9).
    pub(super) fn without_claims(&self, message: &Element, to: &Jid) -> Bytes {
        let is_ours = |child: &Node, attribute| {
            let by = child.attribute(attribute).and_then(|by| Jid::parse(by).ok());
            by.is_some_and(|by| by == self.domain || by.as_str() == to.bare())
        };
        message.tail_without(|child| match child.namespace.as_str() {
            ns::CARBONS => true,
            ns::DELAY => is_ours(child, "from"),
            ns::STANZA_IDS => child.name == "stanza-id" && is_ours(child, "by"),
            _ => false,
        })
    }
}
