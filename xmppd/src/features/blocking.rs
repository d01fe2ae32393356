//! XEP-0191: blocking. Whoever is blocked looks offline to the one who blocks, and hears nothing of it.
//!
//! What it means for each stanza is where stanzas are routed: `router/host.rs` for what goes out (§3.3), and
//! `router/{message,iq,presence}.rs` for what comes in; `Router::is_blocked` tells. An administrator cannot be
//! blocked, and blocking all of the domain leaves administrators out: a child must be reachable for those who answer
//! for the server. Groups in the shared roster stay as they are; who is blocked in them is only not seen.

use std::{collections::BTreeSet, fmt::Write, sync::Arc};

use bytes::Bytes;

use super::{Answer, Feature, Reply, Request, Target};
use crate::{
    jid::Jid,
    ns,
    record::{Record, Shelf},
    router::{Blocklists, Parcel, Router, Session},
    stanza::{Packet, Refusal, Stamped, StanzaError},
    stream::{Context, SessionId},
    xml::Escaped,
};

/// Lists are kept until they are changed.
pub const FEATURE: Feature = Feature {
    namespace: ns::BLOCKING,
    advertised: &[ns::BLOCKING],
    answer,
    forgot: |router, account, cx| router.forget_blocked(account, cx),
    shelves: &[Shelf::Blocked],
    restore,
    ..Feature::DEFAULT
};

/// Why a stanza does not go to an address that its sender has blocked (§3.3).
pub(crate) fn outgoing_refusal() -> Refusal {
    StanzaError::NotAcceptable.with(format!("<blocked xmlns='{}'/>", ns::BLOCKING_ERRORS)).for_good()
}

fn restore(router: &mut Router, record: &Record) -> Option<()> {
    router.blocking.block(record.account()?, &record.key);
    Some(())
}

fn answer(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    if request.target != Target::Own {
        return Err(StanzaError::ServiceUnavailable.into());
    }
    match (request.is_set, request.payload.name.as_str()) {
        (false, "blocklist") => list(router, request),
        (true, "block") => block(router, request, cx),
        (true, "unblock") => unblock(router, request, cx),
        _ => Err(StanzaError::BadRequest.into()),
    }
}

/// §3.2. Who has asked hears of changes.
fn list(router: &mut Router, request: &Request<'_>) -> Answer {
    let session = router.sessions.get_mut(&request.session).ok_or(StanzaError::ServiceUnavailable)?;
    session.has_blocklist = true;
    Ok(Reply::Payload(element("blocklist", router.blocking.of(&session.account))))
}

/// §3.3: all of them, or none.
fn block(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    let account = account(router, request)?;
    let items = items(request)?;
    if items.is_empty() {
        return Err(StanzaError::BadRequest.into());
    }
    if items.iter().any(|item| item.local().is_some() && router.is_exempt(item, &account)) {
        return Err(StanzaError::NotAllowed.into());
    }
    if !router.blocking.has_room(&account, &items) {
        return Err(StanzaError::ResourceConstraint.into());
    }
    router.push_blocking(&account, &element("block", items.iter().map(Jid::as_str)), cx);
    Ok(Reply::Recorded(router.change_blocking(&account, &items, true, cx)))
}

/// §3.4, and §3.5: all, where none is named.
fn unblock(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    let account = account(router, request)?;
    let mut items = items(request)?;
    if items.is_empty() && !request.payload.children.is_empty() {
        return Err(StanzaError::BadRequest.into());
    }
    router.push_blocking(&account, &element("unblock", items.iter().map(Jid::as_str)), cx);
    if items.is_empty() {
        items = router.blocking.of(&account).filter_map(|item| Jid::parse(item).ok()).collect();
    }
    Ok(Reply::Recorded(router.change_blocking(&account, &items, false, cx)))
}

fn account(router: &Router, request: &Request<'_>) -> Result<Arc<str>, StanzaError> {
    let session = router.sessions.get(&request.session);
    session.map(|session| Arc::clone(&session.account)).ok_or(StanzaError::ServiceUnavailable)
}

fn items(request: &Request<'_>) -> Result<Vec<Jid>, StanzaError> {
    let items = request.payload.children.iter().filter(|child| child.is("item", ns::BLOCKING));
    items
        .map(|item| {
            let address = item.attribute("jid").ok_or(StanzaError::BadRequest)?;
            Jid::parse(address).map_err(|_| StanzaError::JidMalformed)
        })
        .collect()
}

fn element<'a>(name: &str, items: impl Iterator<Item = &'a str>) -> String {
    let mut element = format!("<{name} xmlns='{}'>", ns::BLOCKING);
    for item in items {
        write!(element, "<item jid='{}'/>", Escaped(item)).expect("a string takes everything");
    }
    element + "</" + name + ">"
}

/// One session sees another: who is seen, and who sees.
type Sight = (SessionId, SessionId);

impl Router {
    /// Tells the resources of an account that have asked for its list.
    fn push_blocking(&self, account: &str, change: &str, cx: &mut Context<'_>) {
        let end = Bytes::from(format!("{change}</iq>"));
        for session in self.sessions_of(account).filter(|session| session.has_blocklist) {
            let to = Escaped(session.jid.as_str());
            let head = format!("<iq type='set' id='{}' to='{to}'>", cx.token());
            let packet = Packet::from_iter([head.into(), end.clone()]);
            session.send(Parcel::plain(packet), cx);
        }
    }

    /// There is no such account any more: whoever gets its name later is blocked by nobody.
    fn forget_blocked(&mut self, name: &str, cx: &mut Context<'_>) {
        self.blocking.forget(name);
        let address = self.address_of_account(name);
        for (owner, item) in self.blocking.free(&address) {
            self.push_blocking(&owner, &element("unblock", [&*item].into_iter()), cx);
            // One by one: another of them may be on the way out, too, and would take the rest with it.
            cx.record(vec![Record::of_account(&owner, Shelf::Blocked, item, None)]);
        }
    }

    /// Blocks or unblocks, and tells what to write down. Who does not see another any more sees him go, and who sees
    /// another again sees how he is (§3.3, §3.4).
    fn change_blocking(
        &mut self,
        account: &Arc<str>,
        items: &[Jid],
        is_blocked: bool,
        cx: &mut Context<'_>,
    ) -> Vec<Record> {
        let items = &self.blocking.changing(account, items, is_blocked);
        let before = self.sights(account, items);
        let change = |lists: &mut Blocklists, item: &str| {
            if is_blocked { lists.block(account, item) } else { lists.unblock(account, item) }
        };
        let changed = items.iter().filter(|item| change(&mut self.blocking, item.as_str()));
        let value = || is_blocked.then(Bytes::new);
        let records =
            changed.map(|item| Record::of_account(account, Shelf::Blocked, item.as_str(), value())).collect();
        let after = self.sights(account, items);
        for (seen, watcher) in before.difference(&after) {
            self.show(*seen, *watcher, |seen| Some(seen.farewell()), cx);
        }
        for (seen, watcher) in after.difference(&before) {
            self.show(*seen, *watcher, |seen| seen.presence.as_ref().map(|own| own.stamped.clone()), cx);
        }
        records
    }

    fn show(
        &self,
        seen: SessionId,
        watcher: SessionId,
        presence: impl Fn(&Session) -> Option<Stamped>,
        cx: &mut Context<'_>,
    ) {
        let presence = self.sessions.get(&seen).and_then(presence);
        if let (Some(presence), Some(watcher)) = (presence, self.sessions.get(&watcher)) {
            watcher.see(&presence, cx);
        }
    }

    /// Who sees whom now, of the account's available resources and those that the items may be about.
    fn sights(&self, account: &str, items: &[Jid]) -> BTreeSet<Sight> {
        let is_about = |other: &&Session| {
            *other.account != *account
                && items.iter().any(|item| item.local().is_none_or(|name| name == &*other.account))
        };
        let mut sights = BTreeSet::new();
        let is_available = |session: &&Session| session.presence.is_some();
        for own in self.sessions_of(account).filter(is_available) {
            for other in self.sessions.values().filter(is_available).filter(is_about) {
                for (seen, watcher) in [(own, other), (other, own)] {
                    if self.is_shown(seen, watcher) {
                        sights.insert((seen.id, watcher.id));
                    }
                }
            }
        }
        sights
    }

    /// Whether a session's presence is for another, by what the accounts share or because it was sent there.
    fn is_shown(&self, seen: &Session, watcher: &Session) -> bool {
        let is_directed =
            || seen.directed.iter().any(|to| *to == watcher.jid || to.as_str() == watcher.jid.bare());
        !self.are_apart(&seen.jid, &watcher.jid)
            && (self.is_seen_by(&seen.account, &watcher.account) || is_directed())
    }
}
