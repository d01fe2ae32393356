//! XEP-0060 §5 to §7: what entities, subscribers and publishers ask.

use std::{collections::BTreeSet, fmt::Write, sync::Arc};

use super::{
    Asked, Changes,
    access::Affiliation,
    configuration::Configuration,
    leaf::{Item, Leaf},
    no_such_node,
    refusal::{refusal, unsupported},
};
use crate::{
    features::{Answer, Reply, Request, avatar, form::Submission},
    ns,
    router::Router,
    stanza::{Refusal, StanzaError},
    stream::Context,
    xml::{Escaped, Excerpt, Node},
};

/// Answers what has the namespace of everybody.
pub(super) fn answer(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    let asked = Asked::new(router, request)?;
    if asked.asker == asked.owner {
        router.offer_rooms(&asked.owner, cx);
    }
    match (asked.is_set, asked.action.name.as_str()) {
        (true, "create") => create(router, &asked, cx),
        (true, "publish") => publish(router, &asked, cx),
        (true, "retract") => retract(router, &asked, cx),
        (true, "subscribe" | "unsubscribe") => Err(unsupported("subscribe")),
        (_, "options") => Err(unsupported("subscription-options")),
        (false, "affiliations") => Ok(affiliations(router, &asked)),
        (false, "default") => Err(unsupported("retrieve-default-sub")),
        (false, "items") => items(router, &asked),
        (false, "subscriptions") => Err(unsupported("retrieve-subscriptions")),
        _ => Err(StanzaError::BadRequest.into()),
    }
}

/// §8.1, with the configuration of §8.1.3.
fn create(router: &mut Router, asked: &Asked<'_>, cx: &mut Context<'_>) -> Answer {
    asked.by_owner()?;
    let given = asked.action.attribute("node").filter(|node| !node.is_empty());
    let node = given.map_or_else(|| cx.token(), str::to_owned);
    let mut configuration = Configuration::of_new(&node);
    let configure = asked.request.payload.child("configure", ns::PUBSUB);
    if let Some(form) = configure.and_then(Submission::within) {
        configuration.apply(&form).map_err(|unacceptable| unacceptable.refusal())?;
    }
    let mut changes = Changes::default();
    router.personal_of(&asked.owner).create(&node, configuration, &mut changes)?;
    let payload = match given {
        Some(_) => String::new(),
        None => format!("<pubsub xmlns='{}'><create node='{node}'/></pubsub>", ns::PUBSUB),
    };
    Ok(asked.done(router, changes, payload, cx))
}

/// §7.1.
fn publish(router: &mut Router, asked: &Asked<'_>, cx: &mut Context<'_>) -> Answer {
    asked.by_owner()?;
    let node = asked.node()?;
    let (place, item) = only_item(asked.action)?;
    let payload = match item.children.len() {
        1 => Excerpt::of(asked.request.element, &[0, asked.place, place, 0]),
        0 => return Err(refusal(StanzaError::BadRequest, "payload-required")),
        _ => None,
    };
    let invalid = || refusal(StanzaError::BadRequest, "invalid-payload");
    let payload = payload.ok_or_else(invalid)?.text();
    let id = item.attribute("id").filter(|id| !id.is_empty()).map_or_else(|| cx.token(), str::to_owned);
    if node == ns::AVATAR_DATA && !avatar::is_named_after_itself(&id, &item.children[0]) {
        return Err(invalid());
    }
    let options = asked.request.payload.child("publish-options", ns::PUBSUB).and_then(Submission::within);
    let personal = router.personal_of(&asked.owner);
    let configuration = agreed(personal.leaf(node), node, options.as_ref())?;
    let mut changes = Changes::default();
    personal.publish(node, configuration, (&id, &payload), &mut changes)?;
    let payload = format!(
        "<pubsub xmlns='{}'><publish node='{}'><item id='{}'/></publish></pubsub>",
        ns::PUBSUB,
        Escaped(node),
        Escaped(&id)
    );
    Ok(asked.done(router, changes, payload, cx))
}

/// The item that is published, and its place: one, since nobody sends several.
fn only_item(publish: &Node) -> Result<(usize, &Node), Refusal> {
    let mut items = publish.children.iter().enumerate().filter(|(_, child)| child.is("item", ns::PUBSUB));
    match (items.next(), items.next()) {
        (Some(item), None) => Ok(item),
        (None, _) => Err(refusal(StanzaError::BadRequest, "item-required")),
        (Some(_), Some(_)) => Err(StanzaError::BadRequest.into()),
    }
}

/// §7.1.5: a new node gets what the publisher asks for; one that there is must have it.
fn agreed(leaf: Option<&Leaf>, node: &str, options: Option<&Submission>) -> Result<Configuration, Refusal> {
    let mut configuration =
        leaf.map_or_else(|| Configuration::of_new(node), |leaf| leaf.configuration.clone());
    let Some(options) = options else { return Ok(configuration) };
    let is_agreed = match leaf {
        Some(leaf) => leaf.configuration.meets(options),
        None => configuration.apply(options).is_ok(),
    };
    if is_agreed { Ok(configuration) } else { Err(refusal(StanzaError::Conflict, "precondition-not-met")) }
}

/// §7.2.
fn retract(router: &mut Router, asked: &Asked<'_>, cx: &mut Context<'_>) -> Answer {
    asked.by_owner()?;
    let node = asked.node()?;
    let items = asked.action.children.iter().filter(|child| child.is("item", ns::PUBSUB));
    let ids: Option<BTreeSet<&str>> = items.map(|item| item.attribute("id")).collect();
    let ids = ids.filter(|ids| !ids.is_empty());
    let ids = ids.ok_or_else(|| refusal(StanzaError::BadRequest, "item-required"))?;
    let is_told = matches!(asked.action.attribute("notify"), Some("1" | "true"));
    let mut changes = Changes::default();
    router.personal_of(&asked.owner).retract(node, &ids, is_told, &mut changes)?;
    Ok(asked.done(router, changes, String::new(), cx))
}

/// §6.5: all items, those of these ids, or the last few.
fn items(router: &Router, asked: &Asked<'_>) -> Answer {
    let node = asked.node()?;
    let leaf = readable(router, &asked.owner, &asked.asker, node)?;
    let wanted: BTreeSet<&str> =
        asked.action.children.iter().filter_map(|item| item.attribute("id")).collect();
    let most = match asked.action.attribute("max_items") {
        None => leaf.items.len(),
        Some(number) => number.parse().map_err(|_| StanzaError::BadRequest)?,
    };
    let is_wanted = |item: &&Item| wanted.is_empty() || wanted.contains(item.id.as_str());
    let found: Vec<_> = leaf.items.iter().filter(is_wanted).collect();
    let mut payload = format!("<pubsub xmlns='{}'><items node='{}'>", ns::PUBSUB, Escaped(node));
    for item in &found[found.len().saturating_sub(most)..] {
        write!(payload, "<item id='{}'>{}</item>", Escaped(&item.id), item.payload())
            .expect("a string takes everything");
    }
    payload.push_str("</items></pubsub>");
    Ok(Reply::Payload(payload))
}

/// A node that its asker may see.
pub(super) fn readable<'a>(
    router: &'a Router,
    owner: &Arc<str>,
    asker: &str,
    node: &str,
) -> Result<&'a Leaf, Refusal> {
    let leaf =
        router.personal.get(owner).and_then(|personal| personal.leaf(node)).ok_or_else(no_such_node)?;
    router.admits(owner, &leaf.door(), asker).map(|()| leaf)
}

/// §5.7: what the asker is to the nodes of the account.
fn affiliations(router: &Router, asked: &Asked<'_>) -> Reply {
    let mut payload = format!("<pubsub xmlns='{}'><affiliations>", ns::PUBSUB);
    let leaves = router.personal.get(&asked.owner).into_iter().flat_map(|personal| &personal.leaves);
    for (node, leaf) in leaves.filter(|(node, _)| asked.node().is_err() || asked.node() == Ok(node)) {
        let name = match leaf.affiliations.get(&*asked.asker) {
            _ if asked.asker == asked.owner => "owner",
            Some(affiliation @ Affiliation::Member) => affiliation.name(),
            Some(Affiliation::Outcast) | None => continue,
        };
        write!(payload, "<affiliation node='{}' affiliation='{name}'/>", Escaped(node))
            .expect("a string takes everything");
    }
    payload.push_str("</affiliations></pubsub>");
    Reply::Payload(payload)
}
