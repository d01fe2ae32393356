//! Stanza errors (RFC 6120 §8.3).

/// A condition of RFC 6120 §8.3.3 that this server gives.
#[expect(missing_docs, reason = "the words of the RFC")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StanzaError {
    BadRequest,
    ItemNotFound,
    JidMalformed,
    NotAllowed,
    PolicyViolation,
    RemoteServerNotFound,
    ResourceConstraint,
    ServiceUnavailable,
}

impl StanzaError {
    /// The element that names it.
    pub fn condition(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::ItemNotFound => "item-not-found",
            Self::JidMalformed => "jid-malformed",
            Self::NotAllowed => "not-allowed",
            Self::PolicyViolation => "policy-violation",
            Self::RemoteServerNotFound => "remote-server-not-found",
            Self::ResourceConstraint => "resource-constraint",
            Self::ServiceUnavailable => "service-unavailable",
        }
    }

    /// What its sender can do about it (RFC 6120 §8.3.2), as §8.3.3 pairs them.
    pub fn kind(self) -> &'static str {
        match self {
            Self::BadRequest | Self::JidMalformed | Self::PolicyViolation => "modify",
            Self::ItemNotFound | Self::NotAllowed | Self::RemoteServerNotFound | Self::ServiceUnavailable => {
                "cancel"
            }
            Self::ResourceConstraint => "wait",
        }
    }
}
