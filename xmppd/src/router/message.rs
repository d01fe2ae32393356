//! What becomes of a message (RFC 6121 §8).

use std::sync::Arc;

use smallvec::SmallVec;

use super::{
    Nature, Parcel, Router, Session,
    addressed::Addressed,
    table::{self, Fate},
};
use crate::{
    features::{
        carbons::{Copies, Original},
        retraction,
    },
    jid::Jid,
    ns,
    stanza::{MessageType, Packet, Payload, Stamped, Stanza, StanzaError, payload::Direction, reply},
    stream::{Action, Context, SessionId},
};

/// A message on its way.
pub(super) struct Message<'a> {
    session: SessionId,
    /// The account whose session it is.
    sender: Arc<str>,
    kind: MessageType,
    stanza: &'a Stanza,
    payload: Payload,
}

/// Who gets the message itself.
type Takers = SmallVec<[SessionId; 4]>;

/// What is to be done about a message that is not refused.
struct Delivery {
    /// The message, as it is addressed.
    packet: Packet,
    takers: Takers,
    copies: Copies,
    /// Whether it waits in the store.
    is_kept: bool,
}

impl<'a> Message<'a> {
    pub(super) fn new(sender: &Session, kind: MessageType, stanza: &'a Stanza) -> Self {
        let payload = Payload::of(&stanza.element);
        Self { session: sender.id, sender: Arc::clone(&sender.account), kind, stanza, payload }
    }

    pub(super) fn route(&self, router: &mut Router, cx: &mut Context<'_>) {
        let Some(sender) = router.sessions.get(&self.session) else { return };
        // RFC 6120 §10.3.1: to nobody means to one's own account.
        let to = self.stanza.to.clone().unwrap_or_else(|| sender.jid.to_bare());
        let delivery = to.local().and_then(|name| Some((name, self.delivery(sender, name, &to, router)?)));
        let Some((name, delivery)) = delivery else {
            return router.refuse(self.session, &self.stanza.element, StanzaError::ServiceUnavailable, cx);
        };
        for taker in delivery.takers {
            let parcel = Parcel { packet: delivery.packet.clone(), nature: self.nature() };
            router.deliver_in_turn(taker, parcel, cx);
        }
        for (session, copy) in delivery.copies {
            router.deliver_in_turn(session, copy, cx);
        }
        if delivery.is_kept {
            self.retract(name, cx);
            let refusals = self.refusals(router);
            router.keep_offline(name, Arc::clone(&self.sender), &delivery.packet, refusals, cx);
        }
    }

    /// XEP-0424: what its sender takes back before it was delivered waits no longer.
    fn retract(&self, name: &str, cx: &mut Context<'_>) {
        let is_retraction = self.payload.is_retraction();
        if let Some(id) = is_retraction.then(|| retraction::retracted(&self.stanza.element)).flatten() {
            let (account, sender) = (name.into(), Arc::clone(&self.sender));
            cx.outbox.push(Action::RetractOffline { account, sender, id });
        }
    }

    /// `None` where it is refused.
    fn delivery(&self, sender: &Session, name: &str, to: &Jid, router: &Router) -> Option<Delivery> {
        let whom = router.addressed(to);
        let fate = self.fate(sender, name, &whom, router);
        if fate == Fate::Refuse {
            return None;
        }
        let takers = takers(fate, &whom);
        let stamped = self.stamped(sender, to, router);
        let copies = self.copies(sender, &whom, &takers, &stamped, router);
        Some(Delivery { packet: stamped.to(&whom.addressee()), takers, copies, is_kept: fate == Fate::Keep })
    }

    /// What the table says, but for what is blocked (XEP-0191 §3.3), and what is not worth keeping.
    fn fate(&self, sender: &Session, name: &str, whom: &Addressed<'_>, router: &Router) -> Fate {
        if router.is_blocked(&sender.jid, name) {
            return Fate::Refuse;
        }
        match table::message(whom.recipient(), whom.address(), self.kind) {
            Fate::Keep if self.payload.is_worth_keeping(self.kind) => Fate::Keep,
            Fate::Keep if self.payload.is_missed() => Fate::Refuse,
            Fate::Keep => Fate::Ignore,
            fate => fate,
        }
    }

    fn stamped(&self, sender: &Session, to: &Jid, router: &Router) -> Stamped {
        let element = &self.stanza.element;
        let stamped = Stamped::new(element, sender.jid.as_str(), sender.language.as_deref());
        if self.payload.is_to_be_cleaned() {
            return stamped.with_tail(router.without_claims(element, to));
        }
        stamped
    }

    fn nature(&self) -> Nature {
        if self.payload.is_passing() {
            return Nature::Passing;
        }
        let is_worth_keeping = self.payload.is_worth_keeping(self.kind);
        let is_copied = self.payload.is_copied(self.kind, Direction::Received);
        Nature::Message { sender: Arc::clone(&self.sender), is_worth_keeping, is_copied }
    }

    /// XEP-0280 §7: for the recipient's resources that do not get the message itself, once one does; §8: for the
    /// sender's. None gets two.
    fn copies(
        &self,
        sender: &Session,
        whom: &Addressed<'_>,
        takers: &[SessionId],
        stamped: &Stamped,
        router: &Router,
    ) -> Copies {
        let forwarded = || stamped.forwarded(&whom.addressee());
        let original = Original { kind: self.kind, payload: self.payload, forwarded };
        let is_served = |session: &&Session| session.id == self.session || takers.contains(&session.id);
        let mut copies = Copies::new();
        if !takers.is_empty() {
            let others = whom.sessions().iter().copied().filter(|session| !is_served(session));
            copies = original.copies(Direction::Received, whom.bare(), others);
        }
        let own = router.sessions_of(&self.sender).filter(|session| !is_served(session));
        let own = own.filter(|session| !copies.iter().any(|(copied, _)| *copied == session.id));
        let sent = original.copies(Direction::Sent, sender.jid.bare(), own);
        copies.extend(sent);
        copies
    }

    /// What to tell if there is no room for it to wait: the sender, and who has a copy.
    fn refusals(&self, router: &Router) -> Vec<(SessionId, Packet)> {
        let Some(sender) = router.sessions.get(&self.session) else { return Vec::new() };
        let error = reply::error(&self.stanza.element, sender.jid.as_str(), StanzaError::ServiceUnavailable);
        let forwarded = || {
            let rest = error.strip_prefix("<message").unwrap_or_default();
            Packet::from_iter([format!("<message xmlns='{}'{rest}", ns::CLIENT).into()])
        };
        let original = Original { kind: MessageType::Error, payload: self.payload, forwarded };
        let others = router.sessions_of(&self.sender).filter(|session| session.id != self.session);
        let copies = original.copies(Direction::Received, sender.jid.bare(), others);
        let copies = copies.into_iter().map(|(session, copy)| (session, copy.packet));
        let mut refusals: Vec<_> = copies.collect();
        refusals.insert(0, (self.session, Packet::from_iter([error.into()])));
        refusals
    }
}

fn takers(fate: Fate, whom: &Addressed<'_>) -> Takers {
    let from = |priority| whom.willing(priority).map(|session| session.id).collect();
    match fate {
        Fate::ToAll => from(0),
        Fate::ToBest => from(whom.best_priority().unwrap_or(0)),
        Fate::ToThat => whom.exact().map(|session| session.id).into_iter().collect(),
        _ => Takers::new(),
    }
}
