//! XEP-0060 §12: errors with the conditions of publish-subscribe.

use crate::{
    ns,
    stanza::{Refusal, StanzaError},
};

/// A condition of RFC 6120 with one of XEP-0060.
pub(crate) fn refusal(error: StanzaError, condition: &str) -> Refusal {
    error.with(format!("<{condition} xmlns='{}'/>", ns::PUBSUB_ERRORS))
}

/// What is not offered.
pub(super) fn unsupported(feature: &str) -> Refusal {
    let detail = format!("<unsupported xmlns='{}' feature='{feature}'/>", ns::PUBSUB_ERRORS);
    StanzaError::FeatureNotImplemented.with(detail)
}

/// The account has no such node, or none that its asker is to know of.
pub(super) fn no_such_node() -> Refusal {
    StanzaError::ItemNotFound.into()
}
