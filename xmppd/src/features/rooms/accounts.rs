//! What becomes of rooms when sessions end, accounts change, or the server stops.

use std::sync::Arc;

use super::{
    mail::Mail,
    notice::{Notice, Status},
    occupant::Presented,
};
use crate::{
    router::Router,
    stream::{Context, SessionId},
};

/// RFC 6121 §4.5, and what a broken connection leaves behind: whoever goes without a word is said to have been
/// lost (333).
pub(super) fn went(router: &mut Router, session: SessionId, cx: &mut Context<'_>) {
    let has_said_so = router.sessions.get(&session).is_none_or(|session| session.presence.is_none());
    let codes: &[Status] = if has_said_so { &[] } else { &[Status::Broken] };
    for name in router.rooms.sessions.remove(&session).unwrap_or_default() {
        let mut mail = Mail::default();
        if let Some(room) = router.rooms.all.get_mut(&name) {
            room.leave(session, &Presented::gone(), codes, false, &mut mail);
        }
        let records = router.conclude(&name, mail, cx);
        cx.record(records);
    }
}

/// Nothing in any room is an account's that is no more.
pub(super) fn forgot(router: &mut Router, account: &str, cx: &mut Context<'_>) {
    let names: Vec<_> = router.rooms.all.keys().cloned().collect();
    for name in names {
        if let Some(room) = router.rooms.all.get_mut(&name) {
            let was_something = room.affiliations.remove(account).is_some();
            let had_nick = room.reserved.remove(account).is_some();
            let by_it = room.subject.take_if(|subject| subject.account.as_deref() == Some(account)).is_some();
            let made_it = room.creator.take_if(|creator| **creator == *account).is_some();
            room.unsaved.room |= was_something || had_nick || by_it || made_it;
            room.history.forget(|message| *message.account == *account);
        }
        let records = router.conclude(&name, Mail::default(), cx);
        cx.record(records);
    }
}

/// Who has another group or other rights may have another place in some rooms, or none any more.
pub(super) fn changed(router: &mut Router, account: &str, cx: &mut Context<'_>) {
    let Some(person) = router.people.get(account) else { return };
    let account = Arc::clone(&person.account);
    let sessions = person.sessions.clone();
    let joined = sessions.iter().filter_map(|session| router.rooms.sessions.get(session));
    let mut names: Vec<_> = joined.flatten().cloned().collect();
    names.sort();
    names.dedup();
    for name in names {
        let mut mail = Mail::default();
        if let Some(room) = router.rooms.all.get_mut(&name) {
            room.reconsider(&account, &Notice::default(), &mut mail);
        }
        let records = router.conclude(&name, mail, cx);
        cx.record(records);
    }
}

impl Router {
    /// Tells everybody in a room that the server stops (XEP-0045 §7.14, status 332).
    pub(crate) fn close_rooms(&mut self, cx: &mut Context<'_>) {
        let mut mail = Mail::default();
        for room in self.rooms.all.values_mut() {
            let notice = Notice { codes: &[Status::OwnPresence, Status::Shutdown], ..Notice::default() };
            room.dissolve(&notice, &mut mail);
        }
        for (session, parcel) in mail.letters {
            self.deliver(session, parcel, cx);
        }
        self.rooms.sessions.clear();
    }
}
