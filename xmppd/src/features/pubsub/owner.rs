//! XEP-0060 §8: what only an owner may.

use std::fmt::Write;

use super::{
    Asked, Changes, access::Affiliation, configuration::Configuration, no_such_node, refusal::unsupported,
};
use crate::{
    features::{Answer, Reply, Request, form::Submission},
    jid::Jid,
    ns,
    router::Router,
    stanza::{Refusal, StanzaError},
    stream::Context,
    xml::{Escaped, Node},
};

/// Answers what has the namespace of owners.
pub(super) fn answer(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    let asked = Asked::new(router, request)?;
    asked.by_owner()?;
    let mut changes = Changes::default();
    match (asked.is_set, asked.action.name.as_str()) {
        (false, "affiliations") => return affiliations(router, &asked),
        (false, "configure") => return configuration(router, &asked),
        (false, "default") => return Ok(default(&Configuration::default())),
        (_, "subscriptions") => return Err(unsupported("manage-subscriptions")),
        (true, "affiliations") => affiliate(router, &asked, &mut changes)?,
        (true, "configure") => configure(router, &asked, &mut changes)?,
        (true, "delete") => router.personal_of(&asked.owner).delete(asked.node()?, &mut changes)?,
        (true, "purge") => router.personal_of(&asked.owner).purge(asked.node()?, &mut changes)?,
        _ => return Err(StanzaError::BadRequest.into()),
    }
    Ok(asked.done(router, changes, String::new(), cx))
}

/// §8.2.1.
fn configuration(router: &Router, asked: &Asked<'_>) -> Answer {
    let node = asked.node()?;
    let leaf = router.personal.get(&asked.owner).and_then(|personal| personal.leaf(node));
    let form = leaf.ok_or_else(no_such_node)?.configuration.form();
    let node = Escaped(node);
    Ok(Reply::Payload(format!(
        "<pubsub xmlns='{}'><configure node='{node}'>{form}</configure></pubsub>",
        ns::PUBSUB_OWNER
    )))
}

/// §8.3.
fn default(configuration: &Configuration) -> Reply {
    let form = configuration.form();
    Reply::Payload(format!("<pubsub xmlns='{}'><default>{form}</default></pubsub>", ns::PUBSUB_OWNER))
}

/// §8.2.4.
fn configure(router: &mut Router, asked: &Asked<'_>, changes: &mut Changes) -> Result<(), Refusal> {
    let node = asked.node()?;
    let form = Submission::within(asked.action).ok_or(StanzaError::BadRequest)?;
    let personal = router.personal_of(&asked.owner);
    let leaf = personal.leaf(node).ok_or_else(no_such_node)?;
    if form.is_cancelled {
        return Ok(());
    }
    let mut configuration = leaf.configuration.clone();
    configuration.apply(&form).map_err(|unacceptable| unacceptable.refusal())?;
    personal.configure(node, configuration, changes)
}

/// §8.9.1.
fn affiliations(router: &Router, asked: &Asked<'_>) -> Answer {
    let node = asked.node()?;
    let leaf = router.personal.get(&asked.owner).and_then(|personal| personal.leaf(node));
    let leaf = leaf.ok_or_else(no_such_node)?;
    let domain = Escaped(&router.settings.domain);
    let mut payload = format!(
        "<pubsub xmlns='{}'><affiliations node='{}'><affiliation jid='{}@{domain}' affiliation='owner'/>",
        ns::PUBSUB_OWNER,
        Escaped(node),
        Escaped(&asked.owner)
    );
    for (name, affiliation) in &leaf.affiliations {
        let (name, affiliation) = (Escaped(name), affiliation.name());
        write!(payload, "<affiliation jid='{name}@{domain}' affiliation='{affiliation}'/>")
            .expect("a string takes everything");
    }
    payload.push_str("</affiliations></pubsub>");
    Ok(Reply::Payload(payload))
}

/// §8.9.2.
fn affiliate(router: &mut Router, asked: &Asked<'_>, changes: &mut Changes) -> Result<(), Refusal> {
    let node = asked.node()?;
    let given = asked.action.children.iter().filter(|child| child.is("affiliation", ns::PUBSUB_OWNER));
    let given = given.map(|given| affiliation(router, asked, given));
    let given = given.collect::<Result<Vec<_>, Refusal>>()?;
    router.personal_of(&asked.owner).affiliate(node, given, changes)
}

/// Whose affiliation, and which; `None` to take it away. The owner stays the owner.
fn affiliation(
    router: &Router,
    asked: &Asked<'_>,
    given: &Node,
) -> Result<(String, Option<Affiliation>), Refusal> {
    let jid = given.attribute("jid").ok_or(StanzaError::BadRequest)?;
    let jid = Jid::parse(jid).map_err(|_| StanzaError::JidMalformed)?;
    let name = jid.local().filter(|_| jid.domain() == router.settings.domain);
    let name = name.ok_or(StanzaError::ItemNotFound)?;
    if name == &*asked.owner {
        return Err(StanzaError::NotAcceptable.into());
    }
    let affiliation = match given.attribute("affiliation") {
        Some("member") => Some(Affiliation::Member),
        Some("outcast") => Some(Affiliation::Outcast),
        Some("none") => None,
        _ => return Err(StanzaError::NotAcceptable.into()),
    };
    Ok((name.to_owned(), affiliation))
}
