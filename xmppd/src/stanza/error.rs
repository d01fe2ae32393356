//! Stanza errors (RFC 6120 §8.3).

use std::borrow::Cow;

/// Why a stanza is refused: a condition, and what an extension has to say about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The condition that every client knows.
    pub error: StanzaError,
    /// What its sender can do about it (RFC 6120 §8.3.2).
    pub kind: &'static str,
    /// An application-specific condition (RFC 6120 §8.3.4) as XML, or a `text`; empty for none.
    pub detail: Cow<'static, str>,
}

/// Declares the conditions: name, element, type.
macro_rules! conditions {
    ($($condition:ident = $element:literal $kind:literal,)*) => {
        /// A condition of RFC 6120 §8.3.3.
        #[expect(missing_docs, reason = "the words of the RFC")]
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum StanzaError {
            $($condition,)*
        }

        impl StanzaError {
            /// The element that names it.
            pub fn condition(self) -> &'static str {
                match self {
                    $(Self::$condition => $element,)*
                }
            }

            /// What its sender can do about it (RFC 6120 §8.3.2), as §8.3.3 pairs them.
            pub fn kind(self) -> &'static str {
                match self {
                    $(Self::$condition => $kind,)*
                }
            }
        }
    };
}

conditions! {
    BadRequest = "bad-request" "modify",
    Conflict = "conflict" "cancel",
    FeatureNotImplemented = "feature-not-implemented" "cancel",
    Forbidden = "forbidden" "auth",
    InternalServerError = "internal-server-error" "cancel",
    ItemNotFound = "item-not-found" "cancel",
    JidMalformed = "jid-malformed" "modify",
    NotAcceptable = "not-acceptable" "modify",
    NotAllowed = "not-allowed" "cancel",
    NotAuthorized = "not-authorized" "auth",
    PolicyViolation = "policy-violation" "modify",
    RecipientUnavailable = "recipient-unavailable" "wait",
    RegistrationRequired = "registration-required" "auth",
    RemoteServerNotFound = "remote-server-not-found" "cancel",
    ResourceConstraint = "resource-constraint" "wait",
    ServiceUnavailable = "service-unavailable" "cancel",
    SubscriptionRequired = "subscription-required" "auth",
    UndefinedCondition = "undefined-condition" "cancel",
    UnexpectedRequest = "unexpected-request" "wait",
}

impl StanzaError {
    /// With what an extension has to say about it.
    pub fn with(self, detail: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal { error: self, kind: self.kind(), detail: detail.into() }
    }
}

impl Refusal {
    /// The same, with nothing that its sender could do about it.
    #[must_use]
    pub fn for_good(self) -> Self {
        Self { kind: "cancel", ..self }
    }
}

impl From<StanzaError> for Refusal {
    fn from(error: StanzaError) -> Self {
        error.with("")
    }
}
