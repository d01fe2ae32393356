//! XEP-0160: messages wait for someone who is offline, are delivered before anything else, and are erased.

use time::OffsetDateTime;

use super::{Feature, delay};
use crate::{
    ns,
    router::{Router, Session, people::Waiting},
    stanza::{
        Packet, StanzaError, reply,
        stamped::{flatten, with_last_child},
    },
    stream::{Action, Context, SessionId},
    xml::Element,
};
use bytes::Bytes;

/// Advertised; there is nothing to ask.
pub const FEATURE: Feature = Feature { advertised: &[ns::OFFLINE], ..Feature::DEFAULT };

/// A message that came while the store was being asked for older ones.
pub struct Withheld {
    pub(crate) packet: Packet,
    pub(crate) is_worth_keeping: bool,
}

/// A message as the store kept it.
pub struct Waited {
    /// The stanza.
    pub stanza: Bytes,
    /// Since when.
    pub since: OffsetDateTime,
}

impl Router {
    /// Has the store keep a message. Its sender, if there still is one, hears of it when there are too many
    /// already.
    pub(crate) fn keep_offline(
        &mut self,
        name: &str,
        packet: &Packet,
        sender: Option<(SessionId, &Element)>,
        cx: &mut Context<'_>,
    ) {
        let Some(person) = self.people.get_mut(name) else { return };
        person.waiting = Waiting::Perhaps;
        let refusal = sender.and_then(|(session, element)| {
            let session = self.sessions.get(&session)?;
            let error = reply::error(element, session.jid.as_str(), StanzaError::ServiceUnavailable);
            Some((session.connection, Packet::from_iter([error.into()])))
        });
        let account = person.name.clone();
        cx.outbox.push(Action::KeepOffline { account, stanza: flatten(packet), at: cx.now, refusal });
    }

    /// Asks the store for what has waited, unless it is known that nothing has. What comes meanwhile is
    /// withheld.
    pub(crate) fn take_offline(&mut self, session: SessionId, cx: &mut Context<'_>) {
        let Some(session) = self.sessions.get_mut(&session) else { return };
        let Some(person) = self.people.get_mut(&session.account) else { return };
        if person.waiting == Waiting::Perhaps {
            person.waiting = Waiting::Taking;
            session.withheld = Some(Vec::new());
            cx.outbox.push(Action::TakeOffline { account: person.name.clone(), session: session.id });
        }
    }

    /// Delivers what has waited, oldest first, then what was withheld. `false` if the session is gone: keep
    /// the messages.
    pub fn deliver_offline(&mut self, session: SessionId, waited: Vec<Waited>, cx: &mut Context<'_>) -> bool {
        let Some(session) = self.sessions.get_mut(&session) else { return false };
        let Some(withheld) = session.withheld.take() else { return false };
        if let Some(person) = self.people.get_mut(&session.account) {
            person.waiting = Waiting::Nothing;
        }
        // In one packet, so that many messages do not look like a reader who does not read.
        let packet: Packet = waited
            .into_iter()
            .filter_map(|message| {
                with_last_child(&message.stanza, delay::element(&self.settings.domain, message.since))
            })
            .flatten()
            .collect();
        if !packet.is_empty() {
            cx.send(session.connection, packet);
        }
        for message in withheld {
            cx.send(session.connection, message.packet);
        }
        true
    }

    /// A session has ended while the store was being asked: the next best asks again, and gets what was withheld;
    /// where there is none, it waits.
    pub(crate) fn reroute_withheld(&mut self, session: &mut Session, cx: &mut Context<'_>) {
        let Some(withheld) = session.withheld.take() else { return };
        if let Some(person) = self.people.get_mut(&session.account) {
            person.waiting = Waiting::Perhaps;
        }
        let others = self.sessions_of(&session.account).filter(|other| other.priority() >= Some(0));
        if let Some(best) = others.max_by_key(|other| other.priority()).map(|other| other.id) {
            self.take_offline(best, cx);
            let heir = self.sessions.get_mut(&best).and_then(|heir| heir.withheld.as_mut());
            if let Some(heir) = heir {
                heir.extend(withheld);
            }
            return;
        }
        for message in withheld.into_iter().filter(|message| message.is_worth_keeping) {
            self.keep_offline(&session.account, &message.packet, None, cx);
        }
    }
}
