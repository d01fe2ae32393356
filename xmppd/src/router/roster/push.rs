//! Changes of a roster to those who are online (RFC 6121 §2.1.6).

use std::sync::Arc;

use bytes::Bytes;
use smallvec::SmallVec;

use crate::{
    ns,
    router::{Parcel, Router},
    stanza::Packet,
    stream::{Context, SessionId},
    xml::Escaped,
};

impl Router {
    /// Pushes the item of an address as it is now to all of somebody's clients that want to hear of it.
    pub(crate) fn push_item(&mut self, owner: &str, address: &str, cx: &mut Context<'_>) {
        for session in self.interested(owner) {
            self.push_items(session, &[address.into()], "", cx);
        }
    }

    /// Pushes items to a client that has the roster of version `known`: it has the current one with the last of
    /// them. Whose connection breaks in between is told the rest the next time.
    pub(crate) fn push_items(
        &mut self,
        session: SessionId,
        addresses: &[Arc<str>],
        known: &str,
        cx: &mut Context<'_>,
    ) {
        let Some(owner) = self.sessions.get(&session).map(|session| Arc::clone(&session.account)) else {
            return;
        };
        let current = self.roster_version(&owner);
        let Some(session) = self.sessions.get(&session) else { return };
        for (index, address) in addresses.iter().enumerate() {
            let version = if index + 1 == addresses.len() { &current } else { known };
            let head = format!(
                "<iq type='set' id='{}' to='{}'><query xmlns='{}' ver='{}'>",
                cx.token(),
                Escaped(session.jid.as_str()),
                ns::ROSTER,
                Escaped(version)
            );
            let item = self.item(&owner, address).unwrap_or_else(|| removal(address));
            let tail = Bytes::from_static(b"</query></iq>");
            session.send(Parcel::plain(Packet::from([head.into(), item, tail])), cx);
        }
    }

    /// The sessions of an account that have asked for the roster.
    pub(in crate::router) fn interested(&self, owner: &str) -> SmallVec<[SessionId; 4]> {
        self.sessions_of(owner).filter(|session| session.interested).map(|session| session.id).collect()
    }
}

fn removal(address: &str) -> Bytes {
    format!("<item jid='{}' subscription='remove'/>", Escaped(address)).into()
}
