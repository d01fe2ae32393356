//! RFC 6120 §7: binding, for those who have a resource already. The stream itself does it for those who have none.

use super::{Answer, Feature, Request};
use crate::{ns, router::Router, stanza::StanzaError, stream::Context};

/// A stream has one resource; there is no changing it.
pub const FEATURE: Feature = Feature { namespace: ns::BIND, answer, ..Feature::DEFAULT };

fn answer(_: &mut Router, _: &Request<'_>, _: &mut Context<'_>) -> Answer {
    Err(StanzaError::NotAllowed.into())
}
