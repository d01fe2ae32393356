//! What becomes of a message (RFC 6121 §8).

use std::sync::Arc;

use smallvec::SmallVec;

use super::{
    Nature, Parcel, Router, Session,
    table::{self, Address, Fate, Recipient},
};
use crate::{
    jid::Jid,
    ns,
    stanza::{MessageType, Packet, Stamped, Stanza, StanzaError, reply, stamped::Addressee},
    stream::{Context, SessionId},
};

/// A message on its way.
pub(super) struct Message<'a> {
    pub(super) session: SessionId,
    /// The account whose session it is.
    pub(super) sender: Arc<str>,
    pub(super) kind: MessageType,
    pub(super) stanza: &'a Stanza,
}

impl Message<'_> {
    pub(super) fn route(&self, router: &mut Router, cx: &mut Context<'_>) {
        let Some(sender) = router.sessions.get(&self.session) else { return };
        // RFC 6120 §10.3.1: to nobody means to one's own account.
        let to = self.stanza.to.clone().unwrap_or_else(|| sender.jid.to_bare());
        let Some(name) = to.local() else { return self.refuse(router, cx) };
        let address = router.address_of(&to);
        let stamped = Stamped::new(&self.stanza.element, sender.jid.as_str(), sender.language.as_deref());
        let packet = stamped.to(&router.addressee(&to));
        match table::message(router.recipient(name), address, self.kind) {
            Fate::Answer | Fate::Ignore => {}
            Fate::Keep => self.keep(name, &packet, router, cx),
            Fate::Refuse => self.refuse(router, cx),
            Fate::ToAll => self.deliver_from(0, name, &packet, router, cx),
            Fate::ToBest => {
                let best = router.sessions_of(name).filter_map(Session::priority).max().unwrap_or(0);
                self.deliver_from(best, name, &packet, router, cx);
            }
            Fate::ToThat => {
                if let Some(session) = router.session_at(&to).map(|session| session.id) {
                    self.deliver(session, packet, router, cx);
                }
            }
        }
    }

    fn refuse(&self, router: &Router, cx: &mut Context<'_>) {
        router.refuse(self.session, &self.stanza.element, StanzaError::ServiceUnavailable, cx);
    }

    /// To every resource of at least that priority.
    fn deliver_from(
        &self,
        priority: i8,
        name: &str,
        packet: &Packet,
        router: &mut Router,
        cx: &mut Context<'_>,
    ) {
        let is_good_enough = |session: &&Session| session.priority().is_some_and(|own| own >= priority);
        let sessions: SmallVec<[SessionId; 4]> =
            router.sessions_of(name).filter(is_good_enough).map(|session| session.id).collect();
        for session in sessions {
            self.deliver(session, packet.clone(), router, cx);
        }
    }

    fn deliver(&self, session: SessionId, packet: Packet, router: &mut Router, cx: &mut Context<'_>) {
        let Some(session) = router.sessions.get_mut(&session) else { return };
        session.send_in_turn(Parcel { packet, nature: self.nature() }, cx);
    }

    fn nature(&self) -> Nature {
        if self.says_something() {
            let is_worth_keeping = self.is_worth_keeping();
            return Nature::Message { sender: Arc::clone(&self.sender), is_worth_keeping };
        }
        Nature::Passing
    }

    fn keep(&self, name: &str, packet: &Packet, router: &mut Router, cx: &mut Context<'_>) {
        if !self.is_worth_keeping() {
            return;
        }
        let refusal = router.sessions.get(&self.session).map(|sender| {
            let error =
                reply::error(&self.stanza.element, sender.jid.as_str(), StanzaError::ServiceUnavailable);
            (sender.id, Packet::from_iter([error.into()]))
        });
        router.keep_offline(name, Arc::clone(&self.sender), packet, refusal, cx);
    }

    /// XEP-0160 §3: what says something; not mere chat states, not an error, not a headline. Nor what its
    /// sender does not want stored (XEP-0334 §4.3).
    fn is_worth_keeping(&self) -> bool {
        matches!(self.kind, MessageType::Chat | MessageType::Normal)
            && self.says_something()
            && !self.stanza.element.has_child("no-store", ns::HINTS)
    }

    /// Whether there is more to it than who types (XEP-0085).
    fn says_something(&self) -> bool {
        self.stanza.element.children().any(|(name, namespace)| {
            namespace != ns::CHAT_STATES && !(name == "thread" && namespace == ns::CLIENT)
        })
    }
}

impl Router {
    /// An address as it stands in a head; of those that are often written to, it is there already.
    fn addressee(&self, to: &Jid) -> Addressee {
        let known = match to.resource() {
            None => to.local().and_then(|name| self.people.get(name)).map(|person| &person.bare),
            Some(_) => self.session_at(to).map(|session| &session.full),
        };
        known.cloned().unwrap_or_else(|| Addressee::new(to.as_str()))
    }

    /// How an address of this server names an account's resources.
    pub(super) fn address_of(&self, to: &Jid) -> Address {
        match to.resource() {
            None => Address::Bare,
            Some(_) if self.session_at(to).is_some() => Address::FullMatch,
            Some(_) => Address::FullNoMatch,
        }
    }

    /// What there is of an account.
    pub(super) fn recipient(&self, name: &str) -> Recipient {
        if self.person(name).is_none() {
            return Recipient::NoAccount;
        }
        match self.sessions_of(name).filter_map(Session::priority).max() {
            None => Recipient::NoResource,
            Some(..0) => Recipient::NegativeOnly,
            Some(_) => Recipient::NonNegative,
        }
    }
}
