//! RFC 3921 §3: the session that came after binding once. It does nothing, and old clients insist on it.

use super::{Answer, Feature, Reply, Request, Target};
use crate::{ns, router::Router, stanza::StanzaError, stream::Context};

/// Not advertised in service discovery; the stream features have it beside binding.
pub const FEATURE: Feature = Feature { namespace: ns::SESSION, answer, ..Feature::DEFAULT };

fn answer(_: &mut Router, request: &Request<'_>, _: &mut Context<'_>) -> Answer {
    let is_asked_well = request.is_set && request.payload.name == "session";
    match request.target {
        Target::Server | Target::Own if is_asked_well => Ok(Reply::Payload(String::new())),
        _ => Err(StanzaError::BadRequest.into()),
    }
}
