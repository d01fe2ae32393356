//! What becomes of a message (RFC 6121 §8).

use super::{
    Router, Session,
    table::{self, Address, Fate, Recipient},
};
use crate::{
    features::offline::Withheld,
    jid::Jid,
    stanza::{MessageType, Packet, Stamped, Stanza, StanzaError, stamped::Addressee},
    stream::{Context, SessionId},
};

/// A message on its way.
pub(super) struct Message<'a> {
    pub(super) session: SessionId,
    pub(super) kind: MessageType,
    pub(super) stanza: &'a Stanza,
}

impl Message<'_> {
    pub(super) fn route(&self, router: &mut Router, cx: &mut Context<'_>) {
        let Some(sender) = router.sessions.get(&self.session) else { return };
        // RFC 6120 §10.3.1: to nobody means to one's own account.
        let own = self.stanza.to.is_none().then(|| sender.jid.clone());
        let Some(to) = self.stanza.to.as_ref().or(own.as_ref()) else { return };
        let address = if self.stanza.to.is_none() { Address::Bare } else { router.address_of(to) };
        let Some(name) = to.local() else {
            return router.refuse(self.session, &self.stanza.element, StanzaError::ServiceUnavailable, cx);
        };
        let stamped = Stamped::new(&self.stanza.element, sender.jid.as_str(), sender.language.as_deref());
        match table::message(router.recipient(name), address, self.kind) {
            Fate::Refuse => {
                router.refuse(self.session, &self.stanza.element, StanzaError::ServiceUnavailable, cx)
            }
            Fate::Keep => router.keep(name, self, &stamped.to(&addressee(router, name, to, address)), cx),
            Fate::ToThat => {
                if let Some(session) = router.session_at(to).map(|session| session.id) {
                    self.deliver(session, router, |session| stamped.to(&session.full), cx);
                }
            }
            Fate::ToAll => {
                self.deliver_from(0, name, &stamped.to(&addressee(router, name, to, address)), router, cx)
            }
            Fate::ToBest => {
                let best = router.sessions_of(name).filter_map(Session::priority).max().unwrap_or(0);
                let packet = stamped.to(&addressee(router, name, to, address));
                self.deliver_from(best, name, &packet, router, cx);
            }
            Fate::Answer | Fate::Ignore => {}
        }
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
        let sessions: smallvec::SmallVec<[SessionId; 4]> =
            router.sessions_of(name).filter(is_good_enough).map(|session| session.id).collect();
        for session in sessions {
            self.deliver(session, router, |_| packet.clone(), cx);
        }
    }

    fn deliver(
        &self,
        session: SessionId,
        router: &mut Router,
        packet: impl FnOnce(&Session) -> Packet,
        cx: &mut Context<'_>,
    ) {
        let Some(session) = router.sessions.get_mut(&session) else { return };
        let packet = packet(session);
        match &mut session.withheld {
            Some(withheld) => withheld.push(Withheld { packet, is_worth_keeping: self.is_worth_keeping() }),
            None => cx.send(session.connection, packet),
        }
    }

    /// XEP-0160 §3: what says something; not a chat state, not an error, not a headline.
    pub(super) fn is_worth_keeping(&self) -> bool {
        matches!(self.kind, MessageType::Chat | MessageType::Normal)
            && self
                .stanza
                .element
                .children()
                .any(|(name, namespace)| name == "body" && namespace == crate::ns::CLIENT)
    }
}

/// The `to` as its sender meant it: RFC 6120 §8.1.1 lets nobody change it on the way.
fn addressee(router: &Router, name: &str, to: &Jid, address: Address) -> Addressee {
    match router.people.get(name) {
        Some(person) if address == Address::Bare => person.bare.clone(),
        _ => Addressee::new(to.as_str()),
    }
}

impl Router {
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

    fn keep(&mut self, name: &str, message: &Message<'_>, packet: &Packet, cx: &mut Context<'_>) {
        if message.is_worth_keeping() {
            self.keep_offline(name, packet, Some((message.session, &message.stanza.element)), cx);
        }
    }
}
