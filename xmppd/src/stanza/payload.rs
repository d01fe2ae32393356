//! What a message holds, as far as the server has to know it: told in one pass over its children, without looking
//! into them.
//!
//! | children | wait for someone offline | copied if `normal` | why |
//! |---|---|---|---|
//! | `body` | yes | yes | words |
//! | encrypted words (XEP-0384, 0373, 0027), corrections (0308), reactions (0444), retractions (0424), invitations (0249) | yes | yes | who misses them misses part of the conversation |
//! | receipts (XEP-0184), markers (0333), calls (0353) | with `store` | yes | about a moment that is past; many of them would take the room that words need |
//! | chat states (XEP-0085) | with `store` | yes | of use to nobody later |
//! | requests for receipts and markers, ids (XEP-0359), replies (0461), fallbacks (0428), stamps, hints, threads | no | no | nothing without what they come with |
//! | anything else | yes | no | what is not known may matter |
//!
//! `no-store` keeps anything from waiting, and `no-copy` and `private` anything from being copied (XEP-0334 §4,
//! XEP-0280 §9). `no-permanent-store` is about archives, and there is none: what waits is erased when delivered.

use super::MessageType;
use crate::{ns, xml::Element};

/// Which parts a message has, a bit each.
#[derive(Clone, Copy, Default)]
pub struct Payload(u16);

/// Whose message may be copied.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// One that the account gets.
    Received,
    /// One that the account sends.
    Sent,
}

/// What one child of a message is to the server.
#[derive(Clone, Copy)]
enum Part {
    /// Nothing without the others.
    Accompaniment,
    /// What everybody can read.
    Body,
    /// Who types.
    ChatState,
    /// What is for the server to say.
    Claim,
    /// It comes from a room, or is for one of its occupants.
    FromRoom,
    /// Not to be copied.
    NoCopy,
    /// Not to wait.
    NoStore,
    /// What has become of a message, or that somebody calls.
    Notice,
    /// Not to be copied, and not to be told to the recipient.
    Private,
    /// It takes another message back.
    Retraction,
    /// To wait, even where it would not.
    Store,
    /// Unknown.
    Unknown,
    /// Part of a conversation.
    Words,
}

impl Part {
    fn of(name: &str, namespace: &str) -> Self {
        match (name, namespace) {
            ("body", ns::CLIENT) => Self::Body,
            ("thread", ns::CLIENT)
            | ("request", ns::RECEIPTS)
            | ("markable", ns::CHAT_MARKERS)
            | ("origin-id", ns::STANZA_IDS)
            | (_, ns::ENCRYPTION | ns::FALLBACK | ns::REPLY) => Self::Accompaniment,
            (_, ns::CHAT_STATES) => Self::ChatState,
            (_, ns::RECEIPTS | ns::CHAT_MARKERS | ns::JINGLE_MESSAGE) => Self::Notice,
            (_, ns::CORRECTION | ns::REACTIONS | ns::CONFERENCE) => Self::Words,
            ("retract", ns::RETRACTION) => Self::Retraction,
            ("encrypted" | "openpgp" | "x", namespace) if is_encryption(namespace) => Self::Words,
            ("no-copy", ns::HINTS) => Self::NoCopy,
            ("no-store", ns::HINTS) => Self::NoStore,
            ("store", ns::HINTS) => Self::Store,
            (_, ns::HINTS) => Self::Accompaniment,
            ("private", ns::CARBONS) => Self::Private,
            (_, ns::CARBONS | ns::DELAY | ns::STANZA_IDS) => Self::Claim,
            ("x", ns::MUC_USER) => Self::FromRoom,
            _ => Self::Unknown,
        }
    }
}

/// Where OMEMO (XEP-0384, before and since version 0.4), and `OpenPGP` new and old (XEP-0373, XEP-0027) put words.
fn is_encryption(namespace: &str) -> bool {
    matches!(
        namespace,
        "eu.siacs.conversations.axolotl" | "urn:xmpp:omemo:2" | "urn:xmpp:openpgp:0" | "jabber:x:encrypted"
    )
}

impl Payload {
    /// Looks at the children of a message.
    pub fn of(message: &Element) -> Self {
        let bits = message.children().map(|(name, namespace)| bit(Part::of(name, &namespace)));
        Self(bits.fold(0, |all, one| all | one))
    }

    /// XEP-0160 §3: whether it may wait for someone who is offline. Not an error, not a headline; nor what its sender
    /// does not want stored (XEP-0334 §4.2).
    pub fn is_worth_keeping(self, kind: MessageType) -> bool {
        matches!(kind, MessageType::Chat | MessageType::Normal)
            && (self.has_content() || self.has(&[Part::Store]))
            && !self.has(&[Part::NoStore])
    }

    /// Whether its sender would miss it, so that he has to hear if it is lost.
    pub fn is_missed(self) -> bool {
        self.has(&[Part::Body])
    }

    /// Whether it tells at most who types: of no use later.
    pub fn is_passing(self) -> bool {
        !self.has_content() && !self.has(&[Part::Notice])
    }

    /// XEP-0280 §6.1: whether an account's other resources get copies of a message. An error is copied if it
    /// repeats instant messaging: then it is about something of which they have a copy.
    pub fn is_copied(self, kind: MessageType, direction: Direction) -> bool {
        let is_sent = direction == Direction::Sent;
        // A room sends a private message to each resource of an occupant itself.
        if self.has(&[Part::NoCopy, Part::Private]) || (self.has(&[Part::FromRoom]) && !is_sent) {
            return false;
        }
        match kind {
            MessageType::Chat => true,
            MessageType::Groupchat | MessageType::Headline => false,
            MessageType::Normal => self.is_instant_messaging(),
            MessageType::Error => self.is_instant_messaging() && !is_sent,
        }
    }

    /// Whether it takes another message back.
    pub fn is_retraction(self) -> bool {
        self.has(&[Part::Retraction])
    }

    /// Whether there is a child that must not reach the recipient as it is.
    pub fn is_to_be_cleaned(self) -> bool {
        self.has(&[Part::Claim, Part::Private])
    }

    fn is_instant_messaging(self) -> bool {
        self.has(&[Part::Body, Part::ChatState, Part::Notice, Part::Retraction, Part::Words])
    }

    fn has_content(self) -> bool {
        self.has(&[Part::Body, Part::FromRoom, Part::Retraction, Part::Unknown, Part::Words])
    }

    fn has(self, parts: &[Part]) -> bool {
        parts.iter().any(|part| self.0 & bit(*part) != 0)
    }
}

fn bit(part: Part) -> u16 {
    1 << part as u16
}
