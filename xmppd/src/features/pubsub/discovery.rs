//! XEP-0060 §5.2 to §5.5: which nodes an account has, what they are, and what they hold, for those who may see
//! them.

use super::{parties, user::readable};
use crate::{
    features::{
        Request,
        form::{Field, FieldType, Form},
    },
    ns,
    router::Router,
    stanza::Refusal,
    xml::Escaped,
};

/// What every account is (XEP-0163 §6).
pub(in crate::features) const IDENTITY: &str = "<identity category='pubsub' type='pep'/>";

/// What a node is (XEP-0060 §5.3, §5.4).
pub(in crate::features) fn info(
    router: &Router,
    request: &Request<'_>,
    node: &str,
) -> Result<String, Refusal> {
    let (owner, asker) = parties(router, request)?;
    let configuration = &readable(router, &owner, &asker, node)?.configuration;
    let address = format!("{owner}@{}", router.settings.domain);
    let form = Form::result(ns::PUBSUB_META_DATA)
        .field(&Field::new("pubsub#title", FieldType::TextSingle, "", &[&configuration.title]))
        .field(&Field::new("pubsub#type", FieldType::TextSingle, "", &[&configuration.kind]))
        .field(&Field::new("pubsub#owner", FieldType::JidMulti, "", &[&address]))
        .field(&Field::new("pubsub#access_model", FieldType::ListSingle, "", &[configuration.access.name()]));
    Ok(format!(
        "<query xmlns='{}' node='{}'><identity category='pubsub' type='leaf'/><feature var='{}'/>{form}</query>",
        ns::DISCO_INFO,
        Escaped(node),
        ns::PUBSUB
    ))
}

/// The nodes of an account, or the items of a node (XEP-0060 §5.2, §5.5).
pub(in crate::features) fn items(
    router: &Router,
    request: &Request<'_>,
    node: Option<&str>,
) -> Result<String, Refusal> {
    let (owner, asker) = parties(router, request)?;
    let address = format!("{owner}@{}", router.settings.domain);
    let mut query = format!("<query xmlns='{}'", ns::DISCO_ITEMS);
    let mut add = |text: String| query.push_str(&text);
    if let Some(node) = node {
        let leaf = readable(router, &owner, &asker, node)?;
        add(format!(" node='{}'>", Escaped(node)));
        for item in &leaf.items {
            add(format!("<item jid='{}' name='{}'/>", Escaped(&address), Escaped(&item.id)));
        }
    } else {
        add(">".to_owned());
        let leaves = router.personal.get(&owner).into_iter().flat_map(|personal| &personal.leaves);
        for (node, _) in leaves.filter(|(_, leaf)| router.admits(&owner, &leaf.door(), &asker).is_ok()) {
            add(format!("<item jid='{}' node='{}'/>", Escaped(&address), Escaped(node)));
        }
    }
    add("</query>".to_owned());
    Ok(query)
}
