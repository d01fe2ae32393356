//! RFC 6121 appendix A: how far a subscription between two has come, as one value.

mod flow;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(in crate::router) use flow::MOST_REQUESTS;
use serde::{Deserialize, Serialize};

use crate::stanza::PresenceType;

/// How an account is subscribed to a contact, and the contact to it: the nine states of RFC 6121 appendix A.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Subscription {
    /// The account's to the contact's presence.
    pub to: Half,
    /// The contact's to the account's presence.
    pub from: Half,
}

/// One direction of a subscription.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Half {
    /// Nobody has asked.
    #[default]
    None,
    /// Asked for, and not answered yet.
    Pending,
    /// Presence flows.
    Granted,
}

/// What moves a subscription: the four types of presence stanzas (RFC 6121 §3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Move {
    /// May I see you?
    Subscribe,
    /// You may see me.
    Subscribed,
    /// I do not want to see you any more.
    Unsubscribe,
    /// You may not see me any more.
    Unsubscribed,
}

/// What the server of who is addressed does with a stanza (RFC 6121 §A.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Inbound {
    /// It answers `subscribed` itself.
    Answer,
    /// It hands it on.
    Deliver,
    /// Nothing: it would say nothing new.
    Ignore,
}

impl Move {
    /// What presence of that type asks for, if it is about a subscription.
    pub fn of(kind: PresenceType) -> Option<Self> {
        match kind {
            PresenceType::Subscribe => Some(Self::Subscribe),
            PresenceType::Subscribed => Some(Self::Subscribed),
            PresenceType::Unsubscribe => Some(Self::Unsubscribe),
            PresenceType::Unsubscribed => Some(Self::Unsubscribed),
            PresenceType::Available
            | PresenceType::Error
            | PresenceType::Probe
            | PresenceType::Unavailable => None,
        }
    }

    /// The `type` of its stanza.
    pub fn name(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Subscribed => "subscribed",
            Self::Unsubscribe => "unsubscribe",
            Self::Unsubscribed => "unsubscribed",
        }
    }
}

impl Subscription {
    /// RFC 6121 §A.2: the account says something to the contact. Answers what comes of it, and whether the
    /// contact is to hear of it.
    #[must_use]
    pub fn outbound(self, said: Move) -> (Self, bool) {
        match said {
            Move::Subscribe => (Self { to: self.to.asked(), ..self }, true),
            Move::Unsubscribe => (Self { to: Half::None, ..self }, true),
            // §3.4: to say so to who has not asked is to approve beforehand.
            Move::Subscribed if self.from != Half::Pending => (self, false),
            Move::Subscribed => (Self { from: Half::Granted, ..self }, true),
            Move::Unsubscribed => (Self { from: Half::None, ..self }, self.from != Half::None),
        }
    }

    /// RFC 6121 §A.3: the contact says something to the account, which may have approved it beforehand (§3.4).
    #[must_use]
    pub fn inbound(self, said: Move, is_approved: bool) -> (Self, Inbound) {
        let deliver_if = |is_news| if is_news { Inbound::Deliver } else { Inbound::Ignore };
        match said {
            Move::Subscribe => match self.from {
                Half::Granted => (self, Inbound::Answer),
                _ if is_approved => (Self { from: Half::Granted, ..self }, Inbound::Answer),
                Half::Pending => (self, Inbound::Ignore),
                Half::None => (Self { from: Half::Pending, ..self }, Inbound::Deliver),
            },
            Move::Unsubscribe => (Self { from: Half::None, ..self }, deliver_if(self.from != Half::None)),
            Move::Subscribed if self.to == Half::Pending => {
                (Self { to: Half::Granted, ..self }, Inbound::Deliver)
            }
            Move::Subscribed => (self, Inbound::Ignore),
            Move::Unsubscribed => (Self { to: Half::None, ..self }, deliver_if(self.to != Half::None)),
        }
    }

    /// What a roster says of it (RFC 6121 §2.1.2.5).
    pub fn name(self) -> &'static str {
        match (self.to, self.from) {
            (Half::Granted, Half::Granted) => "both",
            (Half::Granted, _) => "to",
            (_, Half::Granted) => "from",
            _ => "none",
        }
    }
}

impl Half {
    fn asked(self) -> Self {
        if self == Self::Granted { self } else { Self::Pending }
    }
}
