//! RFC 6121 §3: what becomes of presence that asks for a subscription, grants, refuses or ends one.
//!
//! Whom the school puts into each other's rosters are subscribed, and stay so. For all others both rosters are
//! on this server: what one says and what the other makes of it happen at once. An account that does not exist
//! is like one that never answers, so that nobody finds out who is there by asking.

use std::sync::Arc;

use super::{Half, Inbound, Move, Subscription};
use crate::{
    jid::Jid,
    record::Record,
    router::{ContactPolicy, Parcel, Router, contacts::Contact, people::Person, presence::from_account},
    stanza::{Packet, Refusal, Stamped, StanzaError, stamped::flatten},
    stream::{Context, SessionId},
};

/// How many requests may wait for one account; further ones are as good as unanswered.
pub(in crate::router) const MOST_REQUESTS: usize = 100;

/// What somebody says about a subscription.
struct Saying<'a> {
    /// Whose account.
    owner: &'a Arc<str>,
    /// To whom: a bare address.
    contact: &'a Jid,
    /// What.
    said: Move,
    /// In which words, from the bare address of who says it.
    stanza: Stamped,
}

impl Router {
    /// What a client says about a subscription.
    pub(in crate::router) fn subscription(
        &mut self,
        session: SessionId,
        said: Move,
        to: &Jid,
        stanza: Stamped,
        cx: &mut Context<'_>,
    ) -> Result<(), Refusal> {
        let Some(sender) = self.sessions.get(&session) else { return Ok(()) };
        let owner = &Arc::clone(&sender.account);
        let contact = &to.to_bare();
        let is_granted = contact.local() == Some(owner) || self.shared(owner, contact.as_str()).is_some();
        if is_granted || contact.local().is_none() {
            // §3.1.3: who is subscribed already is told so at once; the server has no presence.
            let answer = if is_granted { Move::Subscribed } else { Move::Unsubscribed };
            if said == Move::Subscribe {
                sender.tell(&from_account(contact.as_str(), answer.name()), cx);
            }
            return Ok(());
        }
        let is_approach = matches!(said, Move::Subscribe | Move::Subscribed);
        if is_approach && self.settings.roster.contacts == ContactPolicy::Groups {
            return Err(StanzaError::NotAllowed.into());
        }
        if is_approach && !self.has_room_for(owner, contact.as_str()) {
            return Err(StanzaError::ResourceConstraint.into());
        }
        let records = self.say(&Saying { owner, contact, said, stanza }, cx);
        cx.record(records);
        Ok(())
    }

    /// Carries out what somebody says, on both sides. Answers what is to be written down.
    fn say(&mut self, saying: &Saying<'_>, cx: &mut Context<'_>) -> Vec<Record> {
        let Saying { owner, contact, .. } = *saying;
        let before = self.sight_between(owner, contact);
        let mut is_routed = false;
        let amended =
            self.amend(owner, contact.as_str(), |contact| is_routed = contact.outbound(saying.said));
        if amended.shows {
            self.push_item(owner, contact.as_str(), cx);
        }
        self.tell_of_parting(owner, contact, before, cx);
        let mut records = Vec::from_iter(amended.record);
        if is_routed {
            records.extend(self.hear(saying, cx));
        }
        self.tell_of_meeting(owner, contact, before, cx);
        records
    }

    /// Forgets a contact, and ends what the two have agreed on (RFC 6121 §2.5.2). Answers what is to be written
    /// down.
    pub(crate) fn part(&mut self, owner: &Arc<str>, contact: &Jid, cx: &mut Context<'_>) -> Vec<Record> {
        let before = self.sight_between(owner, contact);
        let mut agreed = Subscription::default();
        let amended = self.amend(owner, contact.as_str(), |contact| {
            agreed = std::mem::take(contact).subscription;
        });
        self.tell_of_parting(owner, contact, before, cx);
        let mut records = Vec::from_iter(amended.record);
        let from = Jid::of_account(owner, &self.settings.domain);
        for (half, said) in [(agreed.to, Move::Unsubscribe), (agreed.from, Move::Unsubscribed)] {
            if half != Half::None {
                let stanza = from_account(from.as_str(), said.name());
                records.extend(self.hear(&Saying { owner, contact, said, stanza }, cx));
            }
        }
        records
    }

    /// Whether the account sees the contact, and the contact the account.
    fn sight_between(&self, owner: &str, contact: &Jid) -> (bool, bool) {
        let other = contact.local().unwrap_or_default();
        (self.is_seen_by(other, owner), self.is_seen_by(owner, other))
    }

    /// §3.2.2: before somebody hears that they are not subscribed any more, they see everybody go. §3.3.3:
    /// likewise who does not want to be.
    fn tell_of_parting(&self, owner: &str, contact: &Jid, before: (bool, bool), cx: &mut Context<'_>) {
        let other = contact.local().unwrap_or_default();
        let (sees, is_seen) = self.sight_between(owner, contact);
        if before.0 && !sees {
            self.show_leaving(other, owner, cx);
        }
        if before.1 && !is_seen {
            self.show_leaving(owner, other, cx);
        }
    }

    /// §3.1.5: who is subscribed now sees who is there.
    fn tell_of_meeting(&self, owner: &str, contact: &Jid, before: (bool, bool), cx: &mut Context<'_>) {
        let other = contact.local().unwrap_or_default();
        let (sees, is_seen) = self.sight_between(owner, contact);
        if !before.0 && sees {
            self.show_presence(other, owner, cx);
        }
        if !before.1 && is_seen {
            self.show_presence(owner, other, cx);
        }
    }

    /// What the server of the contact does, for the contact.
    fn hear(&mut self, saying: &Saying<'_>, cx: &mut Context<'_>) -> Vec<Record> {
        let Some(person) = saying.contact.local().and_then(|name| self.person(name)) else {
            return Vec::new();
        };
        let (name, to) = (Arc::clone(&person.name), person.bare.clone());
        let sender = Jid::of_account(saying.owner, &self.settings.domain);
        let is_full = person.contacts.request_count() >= MOST_REQUESTS;
        if saying.said == Move::Subscribe && is_full && person.contacts.at(sender.as_str()).is_none() {
            return Vec::new();
        }
        let packet = saying.stanza.to(&to);
        let mut outcome = Inbound::Ignore;
        let amended = self.amend(&name, sender.as_str(), |contact| {
            outcome =
                contact.inbound(saying.said, || String::from_utf8_lossy(&flatten(&packet)).into_owned());
        });
        let mut records = Vec::from_iter(amended.record);
        match outcome {
            Inbound::Answer => records.extend(self.answer_for(&name, saying, cx)),
            // Those whom the school has put into each other's rosters are subscribed still.
            Inbound::Deliver if self.shared(&name, sender.as_str()).is_some() => {}
            Inbound::Deliver => self.hand_on(&name, saying.said, &packet, cx),
            Inbound::Ignore => {}
        }
        if amended.shows {
            self.push_item(&name, sender.as_str(), cx);
        }
        records
    }

    /// §3.1.3: the contact's server says `subscribed` in its name.
    fn answer_for(&mut self, contact: &Arc<str>, saying: &Saying<'_>, cx: &mut Context<'_>) -> Vec<Record> {
        let owner = Jid::of_account(saying.owner, &self.settings.domain);
        let stanza = from_account(saying.contact.as_str(), Move::Subscribed.name());
        self.hear(&Saying { owner: contact, contact: &owner, said: Move::Subscribed, stanza }, cx)
    }

    /// §3.1.3: a request is for every available resource; §3.1.6, §3.2.3, §3.3.3: the rest is for those that
    /// have asked for the roster.
    fn hand_on(&self, name: &str, said: Move, packet: &Packet, cx: &mut Context<'_>) {
        for session in self.sessions_of(name) {
            let is_addressed =
                if said == Move::Subscribe { session.presence.is_some() } else { session.interested };
            if is_addressed {
                session.send(Parcel::plain(packet.clone()), cx);
            }
        }
    }

    /// §3.1.3: requests that wait for an answer, for a client that has just come online. XEP-0191 §3.3: not those of
    /// who has been blocked since.
    pub(in crate::router) fn deliver_requests(&self, session: SessionId, cx: &mut Context<'_>) {
        let Some(session) = self.sessions.get(&session) else { return };
        let Some(person) = self.person(&session.account) else { return };
        for (address, contact) in person.contacts.iter() {
            let is_heard = |asking: &Person| !self.is_blocked(&asking.jid, &person.name);
            let asks = |name| {
                self.person(name).is_some_and(is_heard) && self.roster.seen(name, &person.name).is_none()
            };
            if self.agreed(contact.subscription).from == Half::Pending
                && let Some(request) = &contact.request
                && self.account_at(address).is_some_and(asks)
            {
                session.send(Parcel::plain(Packet::from_iter([request.clone().into()])), cx);
            }
        }
    }
}

impl Contact {
    /// The account says something to the contact; answers whether it is to hear of it.
    fn outbound(&mut self, said: Move) -> bool {
        let (subscription, is_routed) = self.subscription.outbound(said);
        match said {
            // §3.4.2
            Move::Subscribed => self.is_approved |= !is_routed && subscription.from == Half::None,
            Move::Unsubscribed => self.is_approved = false,
            Move::Subscribe | Move::Unsubscribe => {}
        }
        self.settle(subscription);
        is_routed
    }

    /// The contact says something to the account.
    fn inbound(&mut self, said: Move, words: impl FnOnce() -> String) -> Inbound {
        let (subscription, outcome) = self.subscription.inbound(said, self.is_approved);
        if said == Move::Subscribe && outcome == Inbound::Deliver {
            self.request = Some(words());
        }
        self.settle(subscription);
        outcome
    }

    fn settle(&mut self, subscription: Subscription) {
        self.subscription = subscription;
        if subscription.from != Half::Pending {
            self.request = None;
        }
        self.is_listed |= self.is_in_roster(); // §A.1: what has been in the roster stays until it is removed
    }
}
