//! Which of the three stanzas, and its type.

use super::StanzaError;
use crate::xml::Element;

/// What a stanza is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// A request or its answer (RFC 6120 §8.2.3).
    Iq(IqType),
    /// Something said (RFC 6121 §5).
    Message(MessageType),
    /// Who is there (RFC 6121 §4).
    Presence(PresenceType),
}

/// RFC 6120 §8.2.3.
#[expect(missing_docs, reason = "the words of the RFC")]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum IqType {
    Error,
    Get,
    Result,
    Set,
}

/// RFC 6121 §5.2.2.
#[expect(missing_docs, reason = "the words of the RFC")]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum MessageType {
    Chat,
    Error,
    Groupchat,
    Headline,
    Normal,
}

/// RFC 6121 §4.7.1; `Available` is the absence of a type.
#[expect(missing_docs, reason = "the words of the RFC")]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PresenceType {
    Available,
    Error,
    Probe,
    Subscribe,
    Subscribed,
    Unavailable,
    Unsubscribe,
    Unsubscribed,
}

impl MessageType {
    /// What the attribute says.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Error => "error",
            Self::Groupchat => "groupchat",
            Self::Headline => "headline",
            Self::Normal => "normal",
        }
    }
}

impl Kind {
    /// Reads the name and the type of a stanza, and whether it is made as they demand.
    pub(crate) fn of(element: &Element) -> Result<Self, StanzaError> {
        let kind = element.attribute("type");
        let kind = kind.as_deref();
        match element.name() {
            "iq" => iq(kind, element).map(Self::Iq),
            "message" => Ok(Self::Message(message(kind))),
            _ => presence(kind).map(Self::Presence),
        }
    }
}

/// RFC 6120 §8.2.3: an iq has an id, a known type, and a request exactly one child.
fn iq(kind: Option<&str>, element: &Element) -> Result<IqType, StanzaError> {
    let kind = match kind {
        Some("error") => IqType::Error,
        Some("get") => IqType::Get,
        Some("result") => IqType::Result,
        Some("set") => IqType::Set,
        _ => return Err(StanzaError::BadRequest),
    };
    let children = element.child_count();
    let well_made = match kind {
        IqType::Get | IqType::Set => children == 1,
        IqType::Result => children <= 1,
        IqType::Error => true,
    };
    if well_made && element.attribute("id").is_some() { Ok(kind) } else { Err(StanzaError::BadRequest) }
}

/// RFC 6121 §5.2.2: a type that is not understood is `normal`.
fn message(kind: Option<&str>) -> MessageType {
    match kind {
        Some("chat") => MessageType::Chat,
        Some("error") => MessageType::Error,
        Some("groupchat") => MessageType::Groupchat,
        Some("headline") => MessageType::Headline,
        _ => MessageType::Normal,
    }
}

/// RFC 6121 §4.7.1 leaves no room for other types.
fn presence(kind: Option<&str>) -> Result<PresenceType, StanzaError> {
    Ok(match kind {
        None => PresenceType::Available,
        Some("error") => PresenceType::Error,
        Some("probe") => PresenceType::Probe,
        Some("subscribe") => PresenceType::Subscribe,
        Some("subscribed") => PresenceType::Subscribed,
        Some("unavailable") => PresenceType::Unavailable,
        Some("unsubscribe") => PresenceType::Unsubscribe,
        Some("unsubscribed") => PresenceType::Unsubscribed,
        Some(_) => return Err(StanzaError::BadRequest),
    })
}
