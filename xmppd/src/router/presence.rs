//! What becomes of presence (RFC 6121 §3, §4).

use std::sync::Arc;

use super::{
    Parcel, Router, Session,
    session::Available,
    subscription::Move,
    table::{self, Fate},
};
use crate::{
    features,
    jid::Jid,
    ns,
    stanza::{PresenceType, Stamped, Stanza, StanzaError},
    stream::{Context, SessionId},
    xml::{Escaped, Node},
};

/// To how many a session may send presence directly. Rooms will be what it is used for.
const MOST_DIRECTED: usize = 200;
/// The most bytes of presence: it goes to the whole school, and is kept for those who come later.
const MOST_BYTES: usize = 4096;

/// Presence on its way.
pub(super) struct Presence<'a> {
    pub(super) session: SessionId,
    pub(super) kind: PresenceType,
    pub(super) stanza: &'a Stanza,
}

impl Presence<'_> {
    pub(super) fn route(&self, router: &mut Router, cx: &mut Context<'_>) {
        if self.stanza.element.bytes().len() > MOST_BYTES {
            return self.refuse(StanzaError::PolicyViolation, router, cx);
        }
        let Some(to) = &self.stanza.to else {
            match self.kind {
                PresenceType::Available => self.available(router, cx),
                PresenceType::Unavailable => self.unavailable(router, cx),
                _ => {} // RFC 6121 has no meaning for the others without a `to`
            }
            return;
        };
        // XEP-0191 §3.3: without an answer, as from somebody who is not there.
        let sender = router.sessions.get(&self.session);
        if sender.zip(to.local()).is_some_and(|(sender, name)| router.is_blocked(&sender.jid, name)) {
            return;
        }
        match self.kind {
            PresenceType::Available | PresenceType::Unavailable => self.directed(to, router, cx),
            PresenceType::Error => self.pass_on(to, router, cx),
            PresenceType::Probe => self.probe(to, router, cx),
            kind => {
                if let Some(said) = Move::of(kind) {
                    self.subscription(said, to, router, cx);
                }
            }
        }
    }

    /// RFC 6121 §4.2, §4.4: tells everybody; and a newcomer, who is there.
    fn available(&self, router: &mut Router, cx: &mut Context<'_>) {
        let Some(priority) = priority(self.stanza) else {
            return self.refuse(StanzaError::BadRequest, router, cx);
        };
        let Some(session) = router.sessions.get(&self.session) else { return };
        let said = self.stamped(session).detached();
        let stamped = router.with_avatar(&session.account, &said, &self.stanza.element);
        let Some(session) = router.sessions.get_mut(&self.session) else { return };
        let is_first = session.presence.is_none();
        session.presence = Some(Available { priority, said: said.tail().clone(), stamped: stamped.clone() });
        let account = Arc::clone(&session.account);
        let from = session.jid.clone();
        router.broadcast(&account, &from, &stamped, cx);
        if is_first {
            router.tell_who_is_there(self.session, cx);
            router.deliver_requests(self.session, cx);
            features::came(router, self.session, cx);
        }
        features::announced(router, self.session, &self.stanza.element, cx);
        if priority >= 0 {
            router.take_offline(self.session, cx);
        }
    }

    /// RFC 6121 §4.5.
    fn unavailable(&self, router: &mut Router, cx: &mut Context<'_>) {
        let Some(session) = router.sessions.get_mut(&self.session) else { return };
        let was_available = session.presence.take().is_some();
        let directed = std::mem::take(&mut session.directed);
        let stamped = self.stamped(session);
        let (account, from) = (Arc::clone(&session.account), session.jid.clone());
        if was_available {
            session.see(&stamped, cx);
        }
        router.farewell(&account, &from, was_available, &directed, &stamped, cx);
        // Also one that was available to some alone, as to a room.
        features::went(router, self.session, cx);
    }

    /// RFC 6121 §4.6.
    fn directed(&self, to: &Jid, router: &mut Router, cx: &mut Context<'_>) {
        let Some(session) = router.sessions.get_mut(&self.session) else { return };
        session.directed.retain(|known| known != to);
        if self.kind == PresenceType::Available {
            if session.directed.len() >= MOST_DIRECTED {
                return self.refuse(StanzaError::ResourceConstraint, router, cx);
            }
            session.directed.push(to.clone());
        }
        self.pass_on(to, router, cx);
    }

    fn pass_on(&self, to: &Jid, router: &Router, cx: &mut Context<'_>) {
        let Some(session) = router.sessions.get(&self.session) else { return };
        let mut stamped = self.stamped(session);
        if self.kind == PresenceType::Available {
            stamped = router.with_avatar(&session.account, &stamped, &self.stanza.element);
        }
        for recipient in router.see_presence(&session.jid, to, self.kind) {
            recipient.see_as(to, &stamped, cx);
        }
    }

    /// RFC 6121 §4.3.2: answered for the contact. Who may not know is told the same as who asks for somebody
    /// who does not exist.
    fn probe(&self, to: &Jid, router: &Router, cx: &mut Context<'_>) {
        let Some(prober) = router.sessions.get(&self.session) else { return };
        let Some(name) = to.local() else { return };
        if !router.is_seen_by(name, &prober.account) {
            return prober.tell(&from_account(to.bare(), "unsubscribed"), cx);
        }
        let mut is_there = false;
        let there = router.see_presence(&prober.jid, to, PresenceType::Available);
        for presence in there.filter_map(|session| session.presence.as_ref()) {
            prober.see(&presence.stamped, cx);
            is_there = true;
        }
        if !is_there {
            prober.see(&from_account(to.as_str(), "unavailable"), cx);
        }
    }

    /// RFC 6121 §3.1.2: from one's account, whatever the resource.
    fn subscription(&self, said: Move, to: &Jid, router: &mut Router, cx: &mut Context<'_>) {
        let Some(session) = router.sessions.get(&self.session) else { return };
        let from = session.jid.bare();
        let stanza = Stamped::new(&self.stanza.element, from, session.language.as_deref());
        if let Err(refusal) = router.subscription(self.session, said, to, stanza, cx) {
            router.refuse(self.session, &self.stanza.element, refusal, cx);
        }
    }

    fn refuse(&self, error: StanzaError, router: &Router, cx: &mut Context<'_>) {
        router.refuse(self.session, &self.stanza.element, error, cx);
    }

    fn stamped(&self, session: &Session) -> Stamped {
        Stamped::new(&self.stanza.element, session.jid.as_str(), session.language.as_deref())
    }
}

impl Router {
    /// To every available resource of everybody who may see the account, its own included (RFC 6121 §4.2.2).
    fn broadcast(&self, account: &str, from: &Jid, stamped: &Stamped, cx: &mut Context<'_>) {
        for session in self.audience(account).filter(|session| !self.are_apart(from, &session.jid)) {
            session.see(stamped, cx);
        }
    }

    /// What probes of all contacts would bring (RFC 6121 §4.3), and one's own other resources.
    fn tell_who_is_there(&self, newcomer: SessionId, cx: &mut Context<'_>) {
        let Some(session) = self.sessions.get(&newcomer) else { return };
        for other in self.view(&session.account).filter(|other| other.id != newcomer) {
            self.introduce(other, session, cx);
        }
    }

    /// Shows a session to another, unless one has blocked the other.
    pub(super) fn introduce(&self, seen: &Session, watcher: &Session, cx: &mut Context<'_>) {
        if let Some(presence) = seen.presence.as_ref().filter(|_| !self.are_apart(&seen.jid, &watcher.jid)) {
            watcher.see(&presence.stamped, cx);
        }
    }

    /// Shows all that is there of an account to another.
    pub(super) fn show_presence(&self, seen: &str, watcher: &str, cx: &mut Context<'_>) {
        for watcher in self.available(watcher) {
            self.available(seen).for_each(|session| self.introduce(session, watcher, cx));
        }
    }

    /// Shows another account that all is gone that was there of one.
    pub(super) fn show_leaving(&self, seen: &str, watcher: &str, cx: &mut Context<'_>) {
        for watcher in self.available(watcher) {
            self.available(seen).for_each(|session| watcher.see(&session.farewell(), cx));
        }
    }

    /// The available sessions of an account.
    pub(super) fn available(&self, name: &str) -> impl Iterator<Item = &Session> {
        self.sessions_of(name).filter(|session| session.presence.is_some())
    }

    /// Tells all who saw a session that it is gone: RFC 6121 §4.5.2, and §4.6.3 for directed presence.
    pub(super) fn farewell(
        &self,
        account: &str,
        from: &Jid,
        was_available: bool,
        directed: &[Jid],
        stamped: &Stamped,
        cx: &mut Context<'_>,
    ) {
        if was_available {
            self.broadcast(account, from, stamped, cx);
        }
        for to in directed {
            let is_aware = |session: &&Session| {
                was_available && session.presence.is_some() && self.is_seen_by(account, &session.account)
            };
            let told = self.see_presence(from, to, PresenceType::Unavailable);
            for recipient in told.filter(|session| !is_aware(session)) {
                recipient.see_as(to, stamped, cx);
            }
        }
    }

    /// Who gets presence from one address for another, but for who is blocked.
    fn see_presence<'a>(
        &'a self,
        from: &'a Jid,
        to: &'a Jid,
        kind: PresenceType,
    ) -> impl Iterator<Item = &'a Session> {
        let addressed = self.addressed(to);
        let fate = table::presence(addressed.recipient(), addressed.address(), kind);
        let sessions = addressed.into_sessions().into_iter();
        let named = sessions.filter(move |session| match fate {
            Fate::ToAvailable => session.presence.is_some(),
            Fate::ToThat => session.jid == *to,
            _ => false,
        });
        named.filter(|session| !self.are_apart(from, &session.jid))
    }
}

impl Session {
    /// Sends presence that was addressed to `to`, the full or the bare address of this session.
    fn see_as(&self, to: &Jid, stamped: &Stamped, cx: &mut Context<'_>) {
        let addressee = if to.resource().is_some() { &self.full } else { &self.bare };
        self.send(Parcel::presence(stamped.to(addressee)), cx);
    }
}

/// RFC 6121 §4.7.2.3: 0 where nothing is said, `None` for what is no such number.
fn priority(stanza: &Stanza) -> Option<i8> {
    if !stanza.element.has_child("priority", ns::CLIENT) {
        return Some(0);
    }
    Node::from(&stanza.element).child("priority", ns::CLIENT)?.text.trim().parse().ok()
}

/// Presence that the server itself tells of an account.
pub(crate) fn from_account(address: &str, kind: &str) -> Stamped {
    Stamped::own(&format!("presence type='{kind}' from='{}'", Escaped(address)), "/>")
}
