//! XEP-0280: carbons. Every resource that wants it sees both sides of its account's conversations.
//!
//! What is copied is in [`crate::stanza::payload`]; it keeps to the recommended rules (§6.1). A copy comes from the
//! account's bare address, which no client can send from: stanzas are stamped with the full address of who sent
//! them, and what a client itself puts into this namespace does not pass (`router/claims.rs`).
//!
//! Each resource gets a message once: as it is, or as a copy. What is refused is not copied, since nothing was said.
//! What waits for somebody offline is copied to the sender's resources alone; the recipient's get it when it is their
//! turn.
//! Private messages of rooms: one that is received is not copied, since the room sends it to each of one's resources
//! that is in it; one that is sent is copied to one's resources in the room (`rooms/whisper.rs`).

use bytes::Bytes;
use smallvec::SmallVec;

use super::{Answer, Feature, Inline, Reply, Request, Target};
use crate::{
    ns,
    router::{Nature, Parcel, Router, Session},
    stanza::{MessageType, Packet, Payload, Stamped, StanzaError, payload::Direction},
    stream::{Context, SessionId},
    xml::{Escaped, Node},
};

/// Enabled and disabled by each session for itself.
pub const FEATURE: Feature = Feature {
    namespace: ns::CARBONS,
    advertised: &[ns::CARBONS, ns::CARBONS_RULES],
    inline: Some(Inline { namespace: ns::CARBONS, grant }),
    answer,
    ..Feature::DEFAULT
};

/// Which sessions get which copies.
pub(crate) type Copies = SmallVec<[(SessionId, Parcel); 2]>;

/// A message that may be copied.
pub(crate) struct Original<F: Fn() -> Packet> {
    pub(crate) kind: MessageType,
    pub(crate) payload: Payload,
    /// All of it, as it stands within another; made when somebody wants a copy.
    pub(crate) forwarded: F,
}

/// As it binds (XEP-0386 §3.2).
fn grant(router: &mut Router, session: SessionId, wish: &Node, _: &mut Context<'_>) -> String {
    if let Some(session) = router.sessions.get_mut(&session).filter(|_| wish.name == "enable") {
        session.carbons = true;
    }
    String::new()
}

fn answer(router: &mut Router, request: &Request<'_>, _: &mut Context<'_>) -> Answer {
    // §4.1: nobody decides for another.
    if request.target != Target::Own {
        return Err(StanzaError::NotAllowed.into());
    }
    let session = router.sessions.get_mut(&request.session).ok_or(StanzaError::ServiceUnavailable)?;
    match (request.is_set, request.payload.name.as_str()) {
        (true, "enable") => session.carbons = true,
        (true, "disable") => session.carbons = false,
        _ => return Err(StanzaError::BadRequest.into()),
    }
    Ok(Reply::Payload(String::new()))
}

impl<F: Fn() -> Packet> Original<F> {
    /// Copies for those sessions of the account `owner`, a bare address, that want them (§7, §8).
    pub(crate) fn copies<'a>(
        &self,
        direction: Direction,
        owner: &str,
        sessions: impl Iterator<Item = &'a Session>,
    ) -> Copies {
        if !self.payload.is_copied(self.kind, direction) {
            return Copies::new();
        }
        let mut wrapped = None;
        let willing = sessions.filter(|session| session.carbons);
        willing
            .map(|session| {
                let carbon = wrapped.get_or_insert_with(|| self.wrapped(direction, owner));
                (session.id, carbon.to(session))
            })
            .collect()
    }

    /// §7, §8: the wrapping message keeps the type.
    fn wrapped(&self, direction: Direction, owner: &str) -> Carbon {
        let (name, end) = match direction {
            Direction::Received => ("received", "</forwarded></received></message>"),
            Direction::Sent => ("sent", "</forwarded></sent></message>"),
        };
        let start = format!("message from='{}' type='{}'", Escaped(owner), self.kind.name());
        let wrapping = format!("><{name} xmlns='{}'><forwarded xmlns='{}'>", ns::CARBONS, ns::FORWARD);
        let nature = if self.payload.is_passing() { Nature::Passing } else { Nature::Plain };
        Carbon { start: Stamped::own(&start, wrapping), forwarded: (self.forwarded)(), end, nature }
    }
}

/// One copy for any number of resources.
struct Carbon {
    start: Stamped,
    forwarded: Packet,
    end: &'static str,
    nature: Nature,
}

impl Carbon {
    fn to(&self, session: &Session) -> Parcel {
        let mut packet = self.start.to(&session.full);
        packet.extend(self.forwarded.iter().cloned());
        packet.push(Bytes::from_static(self.end.as_bytes()));
        Parcel { packet, nature: self.nature.clone() }
    }
}
