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
//! | `by_command` | rooms that an administrator makes and ends, and all rooms as administrators see them |
//! | `accounts` | what becomes of it when sessions end and accounts change |
//! | `mail` | what comes of it all: what is to be sent to whom, and to be written down |
//!
//! What is said in a room is in memory only: the latest messages for those who enter, and nothing after a
//! restart.

mod accounts;
mod admin;
mod by_command;
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
pub(crate) mod saved;
pub mod settings;
mod site;
mod talk;
mod voice;
mod whisper;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

pub use by_command::MadeBy;
pub use settings::{Creators, RoomSettings, SiteRoom};

use super::Feature;
use crate::{
    account::Account,
    jid::Jid,
    record::Shelf,
    router::{Router, Settings, people::Person},
    stanza::{StanzaError, stamped::Addressee},
    stream::SessionId,
    xml::Escaped,
};
use admin::People;
use nick::Nick;
use rank::Affiliation;
use room::Room;

/// The most bytes of a room's name.
pub(crate) const MOST_NAME_BYTES: usize = 100;
/// Rooms that one session may be in.
const MOST_JOINED: usize = 100;

/// Rooms answer on a domain of their own; here is what becomes of them when people come and go.
pub const FEATURE: Feature = Feature {
    went: accounts::went,
    forgot: accounts::forgot,
    changed: accounts::changed,
    shelves: &[Shelf::ClassRoom, Shelf::Room],
    restore: saved::restore,
    resettled: site::resettled,
    items: |settings| format!("<item jid='{}' name='Rooms'/>", Escaped(&settings.rooms_domain())),
    ..Feature::DEFAULT
};

/// Every room there is.
pub struct Rooms {
    domain: String,
    all: BTreeMap<Arc<str>, Room>,
    /// What administrators have made by command, by name, as the site would have made it.
    by_command: BTreeMap<String, SiteRoom>,
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
        let mut rooms = Self {
            domain: settings.rooms_domain(),
            all: BTreeMap::new(),
            by_command: BTreeMap::new(),
            sessions: HashMap::new(),
        };
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

    /// Makes sure that there is such a room; `true` if it was made just now.
    fn open(&mut self, name: &str, sender: &Sender, settings: &RoomSettings) -> Result<bool, StanzaError> {
        if self.sessions.get(&sender.session).is_some_and(|joined| joined.len() >= MOST_JOINED) {
            return Err(StanzaError::ResourceConstraint);
        }
        if self.all.contains_key(name) {
            return Ok(false);
        }
        if !settings.may_create(&sender.account) {
            return Err(StanzaError::NotAllowed);
        }
        if name.len() > MOST_NAME_BYTES {
            return Err(StanzaError::NotAcceptable);
        }
        let own = self.all.values().filter(|room| room.creator.as_ref() == Some(&sender.name)).count();
        if self.all.len() >= settings.most || own >= settings.most_per_account {
            return Err(StanzaError::ResourceConstraint);
        }
        self.create(name, sender, settings);
        Ok(true)
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

impl Router {
    /// XEP-0421: the same for an account whenever it is in that room, and nowhere else.
    fn occupant_id(&self, room: &str, sender: &Sender) -> String {
        self.authenticator.occupant_id(room, &sender.name)
    }

    fn names_another(&self, nick: &Nick, sender: &Sender) -> bool {
        names_another(&self.people, nick, &sender.name)
    }
}

/// Whether a nick is an account's own name, or that as a name begins: with a capital.
fn is_written_as(nick: &str, own: &str) -> bool {
    let mut letters = own.chars();
    let capital = letters.next().into_iter().flat_map(char::to_uppercase);
    nick == own || capital.chain(letters).eq(nick.chars())
}

/// Whether people would take a nick for somebody else: an account's name, or what it is called in rosters.
fn names_another(people: &People, nick: &Nick, own: &Arc<str>) -> bool {
    if is_written_as(nick.as_str(), own) {
        return false;
    }
    let own = people.get(own).filter(|person| !person.is_disabled());
    // Two children of one name may both go by it. But a name that can be read in two ways must not be another's in one.
    let not_own = nick.looks().iter().filter(|look| own.is_none_or(|own| !own.looks.contains(look)));
    let looks: Vec<_> = not_own.collect();
    let is_meant =
        |person: &Person| !person.is_disabled() && looks.iter().any(|look| person.looks.contains(look));
    !looks.is_empty() && people.values().any(is_meant)
}
