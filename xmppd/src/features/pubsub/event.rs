//! XEP-0163 §4.3: who is told what: available resources that want to hear of a node, of everybody who may see
//! its owner's presence and the node, and the owner's own.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    access::Access,
    configuration::SendLast,
    leaf::Leaf,
    service::{Changes, Event},
};
use crate::{
    router::{Parcel, Router, Session},
    stanza::Stamped,
    stream::{Context, SessionId},
    xml::Escaped,
};

/// How much a session is sent unasked when it comes: well below what may wait for it.
const MOST_BYTES: usize = 1024 * 1024;
/// How much of that may be of one account.
const MOST_BYTES_OF_ONE: usize = 32 * 1024;

impl Router {
    /// Tells of all that has changed.
    pub(crate) fn tell(&self, owner: &str, changes: &Changes, cx: &mut Context<'_>) {
        for event in &changes.events {
            self.tell_of(owner, event, cx);
        }
    }

    /// Serialised once, whoever it goes to. What is private costs nothing for those whom it does not concern.
    fn tell_of(&self, owner: &str, event: &Event, cx: &mut Context<'_>) {
        let Some(message) = self.headline(owner, event.tail.clone()) else { return };
        let tell = |session: &Session| {
            let wants_it = session.capabilities.want(&event.node);
            if wants_it && self.admits(owner, &event.door, &session.account).is_ok() {
                session.send(Parcel::plain(message.to(&session.full)), cx);
            }
        };
        if event.door.access == Access::Whitelist {
            let members = event.door.affiliations.keys().map(String::as_str);
            let members = members.filter(|member| *member != owner && self.is_seen_by(owner, member));
            members.chain([owner]).flat_map(|name| self.sessions_of(name)).for_each(tell);
        } else {
            self.audience(owner).for_each(tell);
        }
    }

    /// XEP-0163 §4.3.3: the last item of each node that `is_new` to a session, of everybody whose presence it
    /// may see. Nobody can make that more than the session has room for.
    pub(crate) fn send_last_items(
        &self,
        session: SessionId,
        is_new: impl Fn(&str) -> bool,
        cx: &mut Context<'_>,
    ) {
        let Some(session) = self.sessions.get(&session) else { return };
        let mut room = MOST_BYTES;
        for (owner, personal) in &self.personal {
            let mut leaves = personal.leaves.iter().filter(|(node, _)| is_new(node)).peekable();
            if leaves.peek().is_some() && self.is_seen_by(owner, &session.account) {
                room -= self.send_last_items_of(owner, leaves, session, room.min(MOST_BYTES_OF_ONE), cx);
            }
        }
    }

    /// Answers how many bytes that was, at most `room`.
    fn send_last_items_of<'a>(
        &self,
        owner: &str,
        leaves: impl Iterator<Item = (&'a String, &'a Leaf)>,
        session: &Session,
        room: usize,
        cx: &mut Context<'_>,
    ) -> usize {
        let mut sent = 0;
        for (node, leaf) in leaves {
            let Some(tail) = last_event(node, leaf).filter(|tail| sent + tail.len() <= room) else {
                continue;
            };
            if self.admits(owner, &leaf.door(), &session.account).is_err() {
                continue;
            }
            sent += tail.len();
            if let Some(message) = self.headline(owner, tail) {
                session.send(Parcel::plain(message.to(&session.full)), cx);
            }
        }
        sent
    }

    /// A message from an account's bare address (XEP-0163 §4.3.1).
    fn headline(&self, owner: &str, tail: Bytes) -> Option<Stamped> {
        let from = self.person(owner)?.jid.as_str();
        Some(Stamped::own(&format!("message type='headline' from='{}'", Escaped(from)), tail))
    }

    /// Tells of all that has changed, has it written down without anybody waiting for that.
    pub(crate) fn settle(&self, owner: &Arc<str>, changes: Changes, cx: &mut Context<'_>) {
        self.tell(owner, &changes, cx);
        cx.record(changes.records);
    }
}

fn last_event(node: &str, leaf: &Leaf) -> Option<Bytes> {
    let configuration = &leaf.configuration;
    let is_sent =
        configuration.deliver_notifications && configuration.send_last == SendLast::OnSubscriptionAndPresence;
    let item = leaf.items.last().filter(|_| is_sent)?;
    let has_payload = configuration.deliver_payloads;
    Some(if has_payload { item.event.clone() } else { item.event_without_payload(node) })
}
