//! What service discovery says of commands (XEP-0050 §2): to administrators, and to nobody else.

use std::fmt::Write;

use super::{all, is_administrator};
use crate::{
    features::{Request, Target},
    ns,
    router::Router,
    stanza::{Refusal, StanzaError},
    xml::Escaped,
};

/// The items of the node that lists commands; `None` if another node is asked for.
pub(crate) fn items(router: &Router, request: &Request<'_>) -> Option<Result<String, Refusal>> {
    let node = request.payload.attribute("node")?;
    if request.target != Target::Server || node != ns::COMMANDS {
        return None;
    }
    if !is_administrator(router, request.session) {
        return Some(Err(StanzaError::Forbidden.into()));
    }
    let mut query = format!("<query xmlns='{}' node='{}'>", ns::DISCO_ITEMS, ns::COMMANDS);
    for command in all() {
        write!(
            query,
            "<item jid='{}' node='{}' name='{}'/>",
            Escaped(&router.settings.domain),
            command.node,
            Escaped(command.name)
        )
        .expect("a string takes everything");
    }
    query.push_str("</query>");
    Some(Ok(query))
}

/// What the node of a command, or of their list, is; `None` if another node is asked for.
pub(crate) fn info(router: &Router, request: &Request<'_>) -> Option<Result<String, Refusal>> {
    let node = request.payload.attribute("node").filter(|_| request.target == Target::Server)?;
    let command = all().find(|command| command.node == node);
    let (kind, name) = match command {
        Some(command) => ("command-node", command.name),
        None if node == ns::COMMANDS => ("command-list", "Administration"),
        None => return None,
    };
    if !is_administrator(router, request.session) {
        return Some(Err(StanzaError::Forbidden.into()));
    }
    Some(Ok(format!(
        "<query xmlns='{}' node='{}'><identity category='automation' type='{kind}' name='{}'/>\
         <feature var='{}'/><feature var='{}'/></query>",
        ns::DISCO_INFO,
        Escaped(node),
        Escaped(name),
        ns::COMMANDS,
        ns::DATA_FORMS
    )))
}
