//! What becomes of that which a session ends without having had (XEP-0198 §4): as if it had been sent to somebody
//! who is not there.

use std::sync::Arc;

use super::unacknowledged::Pending;
use crate::{
    features::delay,
    jid::Jid,
    router::{Nature, Parcel, Router, Session},
    stanza::{
        Head, Packet,
        stamped::{flatten, with_last_child},
    },
    stream::{Action, Context, SessionId},
};

impl Router {
    /// A session is over: finds another way for what is worth it. Presence and answers concern nobody else.
    pub(crate) fn reroute_unacknowledged(&mut self, session: &mut Session, cx: &mut Context<'_>) {
        let Some(management) = session.outlet.get_mut().management.take() else { return };
        if let Some(person) = self.people.get_mut(&session.account)
            && let Some(resumption) = management.resumption
        {
            person.former.add(resumption.id, management.handled);
        }
        let (ids, rest) = management.unacknowledged.into_rest();
        if !ids.is_empty() {
            cx.outbox.push(Action::ReleaseOffline { ids });
            self.undelivered(&session.account, cx); // first, since they are older
        }
        for pending in rest {
            match pending.parcel.nature {
                Nature::Message { is_worth_keeping: true, .. } => self.redirect(session, pending, cx),
                Nature::Plain => self.refuse_request(&pending.parcel.packet, cx),
                _ => {}
            }
        }
    }

    /// An account is no more: what its sessions have not had concerns nobody.
    pub(crate) fn discard_unacknowledged(&mut self, account: &str, cx: &mut Context<'_>) {
        let sessions = self.people.get(account).map_or(&[][..], |person| &person.sessions);
        for session in sessions {
            let Some(session) = self.sessions.get_mut(session) else { continue };
            session.withheld = None;
            if let Some(management) = session.outlet.get_mut().management.take() {
                let (ids, _) = management.unacknowledged.into_rest();
                cx.outbox.push(Action::ReleaseOffline { ids });
            }
        }
    }

    /// To another resource that has not had it, or into the store; with the time at which it came.
    fn redirect(&mut self, session: &Session, pending: Pending, cx: &mut Context<'_>) {
        let Pending { parcel: Parcel { packet, nature }, since } = pending;
        let Nature::Message { sender, is_copied, .. } = &nature else { return };
        let stanza = flatten(&packet);
        let Some(head) = Head::of(&stanza) else { return };
        let to = head.attribute("to").and_then(|to| Jid::parse(&to).ok());
        let is_for_all = to.is_some_and(|to| to.resource().is_none());
        let has_it = |other: &Session| {
            let comes_here = is_for_all && other.shares_with(session);
            other.bound <= since && (comes_here || *is_copied && other.carbons)
        };
        if self.sessions_of(&session.account).any(has_it) {
            return;
        }
        let stamp = delay::element(&self.settings.domain, since);
        let Some(delayed) = with_last_child(&stanza, stamp) else { return };
        if let Some(best) = self.best_session(&session.account) {
            let heir = self.sessions.get_mut(&best).expect("the best is one of them");
            // As old as it is: whoever has come since then has not had it, should the heir not have it either.
            return heir.send_in_turn(Parcel { packet: delayed, nature }, &mut cx.at(since));
        }
        let refusals = self.sender_of(&head).map(|sender| (sender, head.unavailable())).into_iter().collect();
        self.keep_offline(&session.account, Arc::clone(sender), &packet, refusals, &mut cx.at(since));
    }

    /// Who asked a client that is not there any more gets an answer (RFC 6121 §8.5.3.2.3).
    fn refuse_request(&self, packet: &Packet, cx: &mut Context<'_>) {
        let stanza = flatten(packet);
        let Some(head) = Head::of(&stanza) else { return };
        let is_request =
            head.name() == "iq" && matches!(head.attribute("type").as_deref(), Some("get" | "set"));
        if is_request && let Some(sender) = self.sender_of(&head) {
            self.deliver(sender, Parcel::plain(head.unavailable()), cx);
        }
    }

    fn sender_of(&self, head: &Head<'_>) -> Option<SessionId> {
        let sender = Jid::parse(&head.sender()).ok()?;
        self.session_at(&sender).map(|session| session.id)
    }
}

impl Session {
    /// Whether what is addressed to the account comes here as well as to `other`: it goes to all of the highest
    /// priority (RFC 6121 §8.5.2.1.1).
    fn shares_with(&self, other: &Self) -> bool {
        self.priority().is_some_and(|own| Some(own) >= other.priority())
    }
}
