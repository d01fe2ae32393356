//! XEP-0030: service discovery. Says what every feature has entered, and nothing else.

use std::fmt::Write;

use super::{Answer, Feature, Reply, Request, Target, caps, commands, enabled, pubsub};
use crate::{
    ns,
    router::{Router, Settings},
    stanza::{Refusal, StanzaError},
    stream::Context,
    xml::Escaped,
};

/// What something is, and can do.
pub const INFO: Feature = Feature {
    namespace: ns::DISCO_INFO,
    advertised: &[ns::DISCO_INFO],
    of_account: &[ns::DISCO_INFO],
    answer: info,
    ..Feature::DEFAULT
};

/// What belongs to something.
pub const ITEMS: Feature = Feature {
    namespace: ns::DISCO_ITEMS,
    advertised: &[ns::DISCO_ITEMS],
    of_account: &[ns::DISCO_ITEMS],
    answer: items,
    ..Feature::DEFAULT
};

/// The language of the server's identity, and of its streams. It is said, since XEP-0390 §4.1 counts it even where it
/// is not, and not every client does.
pub(super) const LANGUAGE: &str = "en";

/// The features of the server.
pub(super) fn advertised(settings: &Settings) -> Vec<&'static str> {
    sorted(enabled(settings).flat_map(|feature| feature.advertised))
}

/// The features of every account.
fn of_account(settings: &Settings) -> Vec<&'static str> {
    sorted(enabled(settings).flat_map(|feature| feature.of_account))
}

/// Each once.
fn sorted(vars: impl Iterator<Item = &'static &'static str>) -> Vec<&'static str> {
    let mut vars: Vec<_> = vars.copied().collect();
    vars.sort_unstable();
    vars.dedup();
    vars
}

fn info(router: &mut Router, request: &Request<'_>, _: &mut Context<'_>) -> Answer {
    is_query(request, "query")?;
    if let Some(answer) = commands::discovery::info(router, request) {
        return answer.map(Reply::Payload);
    }
    let settings = &router.settings;
    let node = request.payload.attribute("node");
    let (identity, vars) = match &request.target {
        Target::Server => {
            if node.is_some_and(|node| !caps::nodes_of(settings).iter().any(|known| known == node)) {
                return Err(StanzaError::ItemNotFound.into());
            }
            let name = Escaped(&settings.organisation);
            (
                format!("<identity category='server' type='im' xml:lang='{LANGUAGE}' name='{name}'/>"),
                advertised(settings),
            )
        }
        Target::Account(_) | Target::Own => match node {
            Some(node) => return pubsub::info(router, request, node).map(Reply::Payload),
            None => (
                format!("<identity category='account' type='registered'/>{}", pubsub::IDENTITY),
                of_account(settings),
            ),
        },
    };
    let mut query = format!("<query xmlns='{}'", ns::DISCO_INFO);
    if let Some(node) = node {
        write!(query, " node='{}'", Escaped(node)).expect("a string takes everything");
    }
    query.push('>');
    query.push_str(&identity);
    for var in vars {
        write!(query, "<feature var='{var}'/>").expect("a string takes everything");
    }
    query.push_str("</query>");
    Ok(Reply::Payload(query))
}

/// There is nothing beside the server and its accounts, and those are nobody's to list but the roster's. An
/// account has its nodes.
fn items(router: &mut Router, request: &Request<'_>, _: &mut Context<'_>) -> Answer {
    is_query(request, "query")?;
    let node = request.payload.attribute("node");
    if request.target != Target::Server {
        return pubsub::items(router, request, node).map(Reply::Payload);
    }
    if let Some(answer) = commands::discovery::items(router, request) {
        return answer.map(Reply::Payload);
    }
    match node {
        None => Ok(Reply::Payload(format!("<query xmlns='{}'/>", ns::DISCO_ITEMS))),
        Some(_) => Err(StanzaError::ItemNotFound.into()),
    }
}

/// Whether the request is a `get` of that element.
pub(super) fn is_query(request: &Request<'_>, name: &str) -> Result<(), Refusal> {
    if request.is_set || request.payload.name != name { Err(StanzaError::BadRequest.into()) } else { Ok(()) }
}
