//! XEP-0045: rooms, on a domain of their own.
//!
//! | file | what it holds |
//! |---|---|
//! | `dispatch`, `request` | stanzas to the domain, and what of the room they mean |
//! | `room` | a room as a value |
//! | `occupant`, `nick`, `notice` | who is in it, by what name, and what is said of them |
//! | [`rank`] | roles and affiliations: what each may do |
//! | [`configuration`], `configuration_form` | how a room is, and the form for it |
//! | `join`, `leave` | coming and going |
//! | `talk`, `history`, `whisper` | what is said to all, what of it is remembered, and what is said to one |
//! | `invite`, `voice`, `reservation` | invitations, requests for voice, nicks of one's own |
//! | `admin`, `owner`, `moderation` | who keeps order, and how |
//! | `discovery`, `card` | what a room tells about itself |
//! | [`settings`], `site`, `saved` | what the site decides, the rooms that it makes, and what outlives a restart |
//! | `mail` | what comes of it all: what is to be sent to whom |
//!
//! What is said in a room is in memory only: the latest messages for those who enter, and nothing after a
//! restart.

mod admin;
mod card;
pub mod configuration;
mod configuration_form;
mod discovery;
mod dispatch;
mod history;
mod invite;
mod join;
mod leave;
mod mail;
mod moderation;
mod nick;
mod notice;
mod occupant;
mod owner;
pub mod rank;
mod request;
mod reservation;
mod room;
mod saved;
pub mod settings;
mod site;
mod talk;
mod voice;
mod whisper;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

pub use settings::{Creators, RoomSettings, SiteRoom};

use super::Feature;
use crate::{
    account::Account,
    jid::Jid,
    record::{Record, Shelf},
    router::{Parcel, Router, Session, Settings},
    stanza::{Packet, stamped::Addressee},
    stream::{Context, SessionId},
};
use admin::People;
use mail::Mail;
use nick::Nick;
use notice::{Notice, Status};
use occupant::Presented;
use rank::Affiliation;
use room::Room;

/// Rooms answer on a domain of their own; here is what becomes of them when people come and go.
pub const FEATURE: Feature = Feature {
    went,
    forgot,
    changed,
    shelves: &[Shelf::Room],
    restore: |router, record| router.rooms.take_in(record),
    ..Feature::DEFAULT
};

/// Every room there is.
pub struct Rooms {
    domain: String,
    all: BTreeMap<Arc<str>, Room>,
    /// Where each session is.
    sessions: HashMap<SessionId, Vec<Arc<str>>>,
}

/// Who has sent a stanza to a room.
struct Sender {
    session: SessionId,
    name: Arc<str>,
    account: Arc<Account>,
    /// The full address.
    jid: Jid,
    /// The same, for the heads of stanzas.
    address: Addressee,
    language: Option<String>,
}

impl Rooms {
    /// The rooms of the site.
    pub(crate) fn new(settings: &Settings) -> Self {
        let mut rooms =
            Self { domain: settings.rooms_domain(), all: BTreeMap::new(), sessions: HashMap::new() };
        rooms.make(settings);
        rooms
    }

    /// The domain of their addresses.
    pub(crate) fn domain(&self) -> &str {
        &self.domain
    }

    /// The room of that name, made if there is none.
    fn room_for(&mut self, name: &str) -> &mut Room {
        let domain = &self.domain;
        self.all.entry(name.into()).or_insert_with(|| Room::new(name, domain))
    }

    /// A new room, which waits for its owner to configure it (XEP-0045 §10.1.2).
    fn create(&mut self, name: &str, sender: &Sender, settings: &RoomSettings) {
        let room = self.room_for(name);
        room.is_locked = true;
        room.creator = Some(Arc::clone(&sender.name));
        room.configuration.history = room.configuration.history.min(settings.most_history);
        room.affiliations.insert(Arc::clone(&sender.name), Affiliation::Owner);
    }

    fn joined(&mut self, session: SessionId, name: &str) {
        let Some((name, _)) = self.all.get_key_value(name) else { return };
        let joined = self.sessions.entry(session).or_default();
        if !joined.contains(name) {
            joined.push(Arc::clone(name));
        }
    }

    fn departed(&mut self, session: SessionId, name: &str) {
        if let Some(joined) = self.sessions.get_mut(&session) {
            joined.retain(|other| **other != *name);
            if joined.is_empty() {
                self.sessions.remove(&session);
            }
        }
    }
}

impl Sender {
    fn of(router: &Router, session: SessionId) -> Option<Self> {
        let session = router.sessions.get(&session)?;
        let person = router.person(&session.account)?;
        Some(Self {
            session: session.id,
            name: Arc::clone(&person.name),
            account: Arc::clone(&person.account),
            jid: session.jid.clone(),
            address: session.full.clone(),
            language: session.language.clone(),
        })
    }
}

/// RFC 6121 §4.5, and what a broken connection leaves behind: whoever goes without a word is said to have been
/// lost (333).
fn went(router: &mut Router, session: SessionId, cx: &mut Context<'_>) {
    let has_said_so = router.sessions.get(&session).is_none_or(|session| session.presence.is_none());
    let codes: &[Status] = if has_said_so { &[] } else { &[Status::Broken] };
    for name in router.rooms.sessions.remove(&session).unwrap_or_default() {
        let mut mail = Mail::default();
        if let Some(room) = router.rooms.all.get_mut(&name) {
            room.leave(session, &Presented::gone(), codes, false, &mut mail);
        }
        let records = router.settle(&name, mail, cx);
        cx.record(records);
    }
}

/// Nothing in any room is an account's that is no more.
fn forgot(router: &mut Router, account: &str, cx: &mut Context<'_>) {
    let names: Vec<_> = router.rooms.all.keys().cloned().collect();
    for name in names {
        if let Some(room) = router.rooms.all.get_mut(&name) {
            let was_something = room.affiliations.remove(account).is_some();
            let had_nick = room.reserved.remove(account).is_some();
            room.unsaved.room |= was_something || had_nick;
            room.creator = room.creator.take().filter(|creator| **creator != *account);
            room.history.forget(|message| *message.account == *account);
        }
        let records = router.settle(&name, Mail::default(), cx);
        cx.record(records);
    }
}

/// Who has another group or other rights may have another place in some rooms, or none any more.
fn changed(router: &mut Router, account: &str, cx: &mut Context<'_>) {
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
        let records = router.settle(&name, mail, cx);
        cx.record(records);
    }
}

impl Router {
    /// Does what a room wants done; answers with what is to be written down.
    fn settle(&mut self, name: &str, mail: Mail, cx: &mut Context<'_>) -> Vec<Record> {
        for (session, parcel) in mail.letters {
            self.deliver(session, parcel, cx);
        }
        for session in mail.departed {
            self.rooms.departed(session, name);
        }
        let Some(room) = self.rooms.all.get_mut(name) else { return Vec::new() };
        let records = room.records();
        if room.is_gone() {
            self.rooms.all.remove(name);
        }
        records
    }

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

    /// XEP-0421: the same for an account whenever it is in that room, and nowhere else.
    fn occupant_id(&self, room: &str, sender: &Sender) -> String {
        self.authenticator.pseudonym(room, &sender.name)
    }

    fn names_another(&self, nick: &Nick, sender: &Sender) -> bool {
        names_another(&self.people, nick, &sender.name)
    }

    /// What a room writes to an account: to every resource that wants it, or it waits.
    fn write_to(&mut self, account: &str, sender: &Arc<str>, packet: Packet, cx: &mut Context<'_>) {
        let is_willing = |session: &&Session| session.priority() >= Some(0);
        let sessions: Vec<_> =
            self.sessions_of(account).filter(is_willing).map(|session| session.id).collect();
        if sessions.is_empty() {
            return self.keep_offline(account, Arc::clone(sender), &packet, None, cx);
        }
        for session in sessions {
            let Some(session) = self.sessions.get_mut(&session) else { continue };
            let nature =
                crate::router::Nature::Message { sender: Arc::clone(sender), is_worth_keeping: true };
            let parcel = Parcel { packet: packet.clone(), nature };
            match &mut session.withheld {
                Some(withheld) => withheld.push(parcel),
                None => session.send(parcel, cx),
            }
        }
    }
}

/// Whether people would take a nick for somebody else: an account's name, or what it is called in rosters.
fn names_another(people: &People, nick: &Nick, own: &Arc<str>) -> bool {
    let is_meant = |account: &Account| {
        account.enabled && (nick.resembles(&account.name) || nick.resembles(&account.display_name))
    };
    // Two children of one name may both go by it.
    people.get(own).is_none_or(|person| !is_meant(&person.account))
        && people.values().any(|person| is_meant(&person.account))
}
