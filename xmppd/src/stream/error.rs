//! Stream errors (RFC 6120 §4.9): nothing can be said on a stream after one of these.

use crate::{ns, xml::XmlError};

/// A condition of RFC 6120 §4.9.3 that this server gives.
#[expect(missing_docs, reason = "the words of the RFC")]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum StreamError {
    BadFormat,
    Conflict,
    ConnectionTimeout,
    /// XEP-0198 §4: an application-specific condition, since the client acknowledges what it was never sent.
    HandledCountTooHigh {
        handled: u32,
        sent: u32,
    },
    HostUnknown,
    ImproperAddressing,
    InvalidFrom,
    InvalidNamespace,
    NotAuthorized,
    NotWellFormed,
    PolicyViolation,
    Reset,
    RestrictedXml,
    SystemShutdown,
    UnsupportedEncoding,
    UnsupportedStanzaType,
    UnsupportedVersion,
}

impl StreamError {
    /// The element that names it.
    pub fn condition(self) -> &'static str {
        match self {
            Self::BadFormat => "bad-format",
            Self::Conflict => "conflict",
            Self::ConnectionTimeout => "connection-timeout",
            Self::HandledCountTooHigh { .. } => "undefined-condition",
            Self::HostUnknown => "host-unknown",
            Self::ImproperAddressing => "improper-addressing",
            Self::InvalidFrom => "invalid-from",
            Self::InvalidNamespace => "invalid-namespace",
            Self::NotAuthorized => "not-authorized",
            Self::NotWellFormed => "not-well-formed",
            Self::PolicyViolation => "policy-violation",
            Self::Reset => "reset",
            Self::RestrictedXml => "restricted-xml",
            Self::SystemShutdown => "system-shutdown",
            Self::UnsupportedEncoding => "unsupported-encoding",
            Self::UnsupportedStanzaType => "unsupported-stanza-type",
            Self::UnsupportedVersion => "unsupported-version",
        }
    }

    /// The error, behind which the stream ends (RFC 6120 §4.9.1.1).
    pub fn element(self) -> String {
        format!(
            "<stream:error><{} xmlns='{}'/>{}</stream:error>",
            self.condition(),
            ns::STREAM_ERRORS,
            self.detail()
        )
    }

    /// An application-specific condition (RFC 6120 §4.9.4), if there is one.
    fn detail(self) -> String {
        match self {
            Self::HandledCountTooHigh { handled, sent } => format!(
                "<handled-count-too-high xmlns='{}' h='{handled}' send-count='{sent}'/>",
                ns::STREAM_MANAGEMENT
            ),
            _ => String::new(),
        }
    }
}

impl From<XmlError> for StreamError {
    fn from(error: XmlError) -> Self {
        match error {
            XmlError::NotWellFormed => Self::NotWellFormed,
            XmlError::Restricted => Self::RestrictedXml,
            XmlError::StrayText => Self::BadFormat,
            // RFC 6120 §4.9.3.14 names stanza size as the example.
            XmlError::TooBig | XmlError::TooDeep | XmlError::TooManyAttributes => Self::PolicyViolation,
            XmlError::UnsupportedEncoding => Self::UnsupportedEncoding,
        }
    }
}
