//! XEP-0160: messages wait for someone who is offline, are delivered before anything else, and are erased.

use std::sync::Arc;

use time::OffsetDateTime;

use super::{Feature, delay};
use crate::{
    ns,
    router::{Nature, Parcel, Router, Session, people::Waiting},
    stanza::{
        Packet,
        stamped::{flatten, sender_of, with_last_child},
    },
    stream::{Action, ConnectionId, Context, SessionId},
};
use bytes::Bytes;

/// Advertised; there is nothing to ask.
pub const FEATURE: Feature = Feature { advertised: &[ns::OFFLINE], ..Feature::DEFAULT };

/// A message as the store kept it.
pub struct Waited {
    /// The stanza.
    pub stanza: Bytes,
    /// Since when.
    pub since: OffsetDateTime,
}

impl Router {
    /// Has the store keep a message from `sender`'s account. Those named hear of it when there are too many already.
    pub(crate) fn keep_offline(
        &mut self,
        name: &str,
        sender: Arc<str>,
        packet: &Packet,
        refusals: Vec<(SessionId, Packet)>,
        cx: &mut Context<'_>,
    ) {
        let Some(person) = self.people.get_mut(name) else { return };
        person.waiting = Waiting::Perhaps;
        let account = person.name.clone();
        cx.outbox.push(Action::KeepOffline {
            account,
            sender,
            stanza: flatten(packet),
            at: cx.now,
            refusals,
        });
    }

    /// Asks the store for what has waited, unless it is known that nothing has, or it is being asked for this
    /// session already. What comes meanwhile is withheld.
    pub(crate) fn take_offline(&mut self, session: SessionId, cx: &mut Context<'_>) {
        let Some(session) = self.sessions.get_mut(&session) else { return };
        let Some(person) = self.people.get_mut(&session.account) else { return };
        if person.waiting == Waiting::Perhaps && session.withheld.is_none() {
            person.waiting = Waiting::Taking;
            session.withheld = Some(Vec::new());
            cx.outbox.push(Action::TakeOffline { account: person.name.clone(), session: session.id });
        }
    }

    /// Delivers what has waited, oldest first, then what was withheld; `waited` is `None` if the store failed.
    /// Answers where to: once it is written there it can be erased. `None` if the session is gone: keep the
    /// messages.
    pub fn deliver_offline(
        &mut self,
        session: SessionId,
        waited: Option<Vec<Waited>>,
        cx: &mut Context<'_>,
    ) -> Option<ConnectionId> {
        let session = self.sessions.get_mut(&session)?;
        let withheld = session.withheld.take()?;
        let person = self.people.get_mut(&session.account)?;
        // While the store was asked, it may have been given more, as when the session was away for a moment.
        let has_more = person.waiting == Waiting::Perhaps;
        let is_unknown = has_more || waited.is_none();
        person.waiting = if is_unknown { Waiting::Perhaps } else { Waiting::Nothing };
        let (id, connection, account) = (session.id, session.connection, Arc::clone(&session.account));
        let asks_again = has_more && waited.is_some() && session.priority() >= Some(0);
        let session = self.sessions.get(&id)?;
        for message in waited.into_iter().flatten() {
            // XEP-0191 §3.3, for who was blocked since.
            if sender_of(&message.stanza).is_some_and(|sender| self.is_blocked(&sender, &account)) {
                continue;
            }
            let stamp = delay::element(&self.settings.domain, message.since);
            if let Some(packet) = with_last_child(&message.stanza, stamp) {
                session.send(Parcel::plain(packet), cx);
            }
        }
        for parcel in withheld {
            session.send(parcel, cx);
        }
        if asks_again {
            self.take_offline(id, cx);
        }
        Some(connection)
    }

    /// What was delivered has not been written: it waits still, for the best session that there is.
    pub fn undelivered(&mut self, account: &str, cx: &mut Context<'_>) {
        let Some(person) = self.people.get_mut(account) else { return };
        person.waiting = Waiting::Perhaps;
        if let Some(best) = self.best_session(account) {
            self.take_offline(best, cx);
        }
    }

    /// Who gets what is addressed to the account.
    fn best_session(&self, account: &str) -> Option<SessionId> {
        let willing = self.sessions_of(account).filter(|session| session.priority() >= Some(0));
        willing.max_by_key(|session| session.priority()).map(|session| session.id)
    }

    /// A session has ended while the store was being asked: the next best asks again, and gets what was withheld;
    /// where there is none, it waits.
    pub(crate) fn reroute_withheld(&mut self, session: &mut Session, cx: &mut Context<'_>) {
        let Some(mut withheld) = session.withheld.take() else { return };
        // Copies, and who types, were for this session alone.
        withheld.retain(|parcel| matches!(parcel.nature, Nature::Message { .. }));
        if let Some(person) = self.people.get_mut(&session.account) {
            person.waiting = Waiting::Perhaps;
        }
        if let Some(best) = self.best_session(&session.account) {
            self.take_offline(best, cx);
            let heir = self.sessions.get_mut(&best).and_then(|heir| heir.withheld.as_mut());
            if let Some(heir) = heir {
                heir.extend(withheld);
            }
            return;
        }
        for parcel in withheld {
            if let Nature::Message { sender, is_worth_keeping: true } = parcel.nature {
                self.keep_offline(&session.account, sender, &parcel.packet, Vec::new(), cx);
            }
        }
    }
}
