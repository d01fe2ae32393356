//! XEP-0160: messages wait for someone who is offline, are delivered before anything else, and are erased.

use std::sync::Arc;

use time::OffsetDateTime;

use super::{Feature, delay};
use crate::{
    jid::Jid,
    ns,
    router::{Nature, Parcel, Router, Session, people::Waiting},
    stanza::{
        Head, Packet,
        stamped::{flatten, with_last_child},
    },
    stream::{Action, ConnectionId, Context, MessageId, SessionId},
};
use bytes::Bytes;

/// Advertised; there is nothing to ask.
pub const FEATURE: Feature = Feature { advertised: &[ns::OFFLINE], ..Feature::DEFAULT };

/// A message as the store kept it.
pub struct Waited {
    /// What the store knows it by.
    pub id: MessageId,
    /// The stanza.
    pub stanza: Bytes,
    /// Since when.
    pub since: OffsetDateTime,
}

/// When messages of the store may be erased.
pub enum Delivery {
    /// Once the client has acknowledged them: the router will say so.
    Acknowledged,
    /// Once they are written to this connection.
    Written(ConnectionId),
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
        // What somebody has said who is no more goes with them; the server's own word is nobody's.
        if !sender.is_empty() && !self.people.contains_key(&sender) {
            return;
        }
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
    /// Answers when they may be erased; `None` if the session is gone: keep them.
    pub fn deliver_offline(
        &mut self,
        session: SessionId,
        waited: Option<Vec<Waited>>,
        cx: &mut Context<'_>,
    ) -> Option<Delivery> {
        let session = self.sessions.get_mut(&session)?;
        let withheld = session.withheld.take()?;
        let person = self.people.get_mut(&session.account)?;
        // While the store was asked, it may have been given more, as when the session was away for a moment.
        let has_more = person.waiting == Waiting::Perhaps;
        let is_unknown = has_more || waited.is_none();
        person.waiting = if is_unknown { Waiting::Perhaps } else { Waiting::Nothing };
        let (id, account) = (session.id, Arc::clone(&session.account));
        let delivery = session.delivery();
        let asks_again = has_more && waited.is_some() && session.priority() >= Some(0);
        let session = self.sessions.get(&id)?;
        let is_unwanted = |message: &Waited| self.is_from_blocked(&message.stanza, &account);
        let (unwanted, waited): (Vec<_>, Vec<_>) = waited.into_iter().flatten().partition(is_unwanted);
        if !unwanted.is_empty() {
            let ids = unwanted.into_iter().map(|message| message.id).collect();
            cx.outbox.push(Action::EraseOffline { account, ids });
        }
        for message in waited {
            let stamp = delay::element(&self.settings.domain, message.since);
            if let Some(packet) = with_last_child(&message.stanza, stamp) {
                session.send(Parcel { packet, nature: Nature::Waited(message.id) }, cx);
            }
        }
        for parcel in withheld {
            session.send(parcel, cx);
        }
        if asks_again {
            self.take_offline(id, cx);
        }
        Some(delivery)
    }

    /// XEP-0191 §3.3: nothing comes from somebody who was blocked since.
    fn is_from_blocked(&self, message: &[u8], account: &str) -> bool {
        let sender = Head::of(message).and_then(|head| Jid::parse(&head.sender()).ok());
        sender.is_some_and(|sender| self.is_blocked(&sender, account))
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
    pub(crate) fn best_session(&self, account: &str) -> Option<SessionId> {
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
            if let Nature::Message { sender, is_worth_keeping: true, .. } = parcel.nature {
                self.keep_offline(&session.account, sender, &parcel.packet, Vec::new(), cx);
            }
        }
    }
}

impl Session {
    fn delivery(&self) -> Delivery {
        let outlet = self.outlet.borrow();
        match (&outlet.management, outlet.connection) {
            (None, Some(connection)) => Delivery::Written(connection),
            _ => Delivery::Acknowledged,
        }
    }
}
