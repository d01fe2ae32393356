//! Who is online, and where a stanza goes: one value in memory, driven by what arrives, that says what to do.
//!
//! | file | what it holds |
//! |---|---|
//! | `addressed` | whom an address names |
//! | [`blocklists`] | who has blocked whom |
//! | `claims` | what a message may not say |
//! | `host` | what streams ask: logins, binding, stanzas |
//! | [`people`] | accounts as they are now, and changes to them while people are online |
//! | `contacts` | what an account keeps about others |
//! | `session` | a bound resource: its start and its end |
//! | [`table`] | RFC 6121 §8 as one table |
//! | `message`, `presence`, `iq` | what becomes of each stanza |
//! | [`outlet`] | the way out to one session |
//! | [`audience`] | who sees whom |
//! | [`roster`] | what the school puts into everybody's roster, and they on top |
//! | [`subscription`] | RFC 6121 §3, between those who share no group |
//! | `traffic` | what has gone through since the start, as numbers |
//!
//! It reads no clock, no randomness, no store and no socket: [`Context`] brings the first two, and takes what
//! is to be done as [`Action`](crate::stream::Action)s.

mod addressed;
pub mod audience;
pub mod blocklists;
mod claims;
mod contacts;
mod host;
mod iq;
mod message;
pub mod outlet;
pub mod people;
pub(crate) mod presence;
pub mod roster;
mod session;
pub mod subscription;
pub mod table;
mod traffic;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use time::OffsetDateTime;

pub use blocklists::Blocklists;
pub(crate) use contacts::Contact;
pub use outlet::{Nature, Parcel};
pub use people::AccountChange;
pub use roster::{ContactPolicy, RosterPolicy, Visibility};
pub use session::Session;
pub use traffic::Traffic;

use crate::{
    account::Account,
    auth::{Authenticator, Throttle, Tokens},
    features::{
        self,
        client_caps::KnownCaps,
        commands::{Sittings, announcements::Announcements},
        personal::Personal,
        rooms::{RoomSettings, Rooms},
        upload::{Terms, Uploads},
    },
    jid::Jid,
    record::Record,
    stanza::{Refusal, reply},
    stream::{Context, SessionId},
    xml::Element,
};
use audience::Online;
use people::Person;
use roster::SharedRoster;

/// What the site has decided.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The domain, prepared.
    pub domain: String,
    /// The school's name: the roster group of who belongs to no other, and the server's name in service
    /// discovery.
    pub organisation: String,
    /// The most bytes that a stanza may have.
    pub stanza_bytes: usize,
    /// How often one account may be online at once.
    pub resources_per_account: usize,
    /// Who sees whom without asking, and who may ask.
    pub roster: RosterPolicy,
    /// The most bytes that one account may keep on the server: nodes, card, private XML.
    pub personal_bytes: usize,
    /// How long a session can be resumed after its connection is lost; 0 for never.
    pub resumption_seconds: u32,
    /// How long a client may take to acknowledge what it is asked about.
    pub patience: Duration,
    /// Whether a client may send the password itself (RFC 4616).
    pub takes_plain: bool,
    /// How many days a token stays good that its client does not use (XEP-0484); no tokens if zero.
    pub token_days: u32,
    /// Whether XEP-0092 tells the version to those who have logged in.
    pub version_shown: bool,
    /// Who may make rooms, how many and how large, and which the site makes.
    pub rooms: RoomSettings,
    /// On what terms users may share files (XEP-0363); `None` if they may not.
    pub upload: Option<Terms>,
}

impl Settings {
    /// The domain of the rooms' addresses.
    pub fn rooms_domain(&self) -> String {
        format!("rooms.{}", self.domain)
    }

    /// How long a token stays good that its client does not use.
    pub(crate) fn token_lifetime(&self) -> Duration {
        Duration::from_secs(u64::from(self.token_days) * 24 * 3600)
    }

    /// A small school's, for tests that are about something else.
    #[cfg(test)]
    pub(crate) fn small() -> Self {
        Self { organisation: "The School".to_owned(), ..Self::of_domain("school.test") }
    }

    /// What is so where nobody has decided anything.
    pub fn of_domain(domain: &str) -> Self {
        Self {
            domain: domain.to_owned(),
            organisation: domain.to_owned(),
            stanza_bytes: 65_536,
            resources_per_account: 10,
            roster: RosterPolicy::default(),
            personal_bytes: 65_536,
            resumption_seconds: 600,
            patience: Duration::from_secs(60),
            takes_plain: false,
            token_days: 21,
            version_shown: false,
            rooms: RoomSettings::default(),
            upload: None,
        }
    }
}

/// Everything that the server knows while it runs.
pub struct Router {
    pub(crate) settings: Settings,
    pub(crate) roster: SharedRoster,
    pub(crate) online: Online,
    pub(crate) people: HashMap<Arc<str>, Person>,
    /// Oldest first.
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    /// What accounts keep on the server.
    pub(crate) personal: BTreeMap<Arc<str>, Personal>,
    pub(crate) known_caps: KnownCaps,
    pub(crate) announcements: Announcements,
    pub(crate) sittings: Sittings,
    pub(crate) uploads: Uploads,
    pub(crate) blocking: Blocklists,
    pub(crate) started: OffsetDateTime,
    pub(crate) rooms: Rooms,
    pub(crate) authenticator: Authenticator,
    pub(crate) tokens: Tokens,
    domain: Jid,
    stream_features: String,
    throttle: Throttle,
    traffic: Traffic,
    last_session: u64,
}

impl Router {
    /// A server with these accounts, at this time, and nobody online.
    ///
    /// # Panics
    /// If the domain of the settings is not prepared.
    pub fn new(
        settings: Settings,
        authenticator: Authenticator,
        accounts: Vec<Account>,
        now: OffsetDateTime,
    ) -> Self {
        let domain = Jid::parse(&settings.domain).expect("a prepared domain is an address");
        let roster = SharedRoster::new(&settings, &accounts);
        let people = accounts.into_iter().map(|account| Person::new(Arc::new(account), &settings.domain));
        Self {
            stream_features: features::of_stream(&settings),
            roster,
            online: Online::default(),
            people: people.map(|person| (Arc::clone(&person.name), person)).collect(),
            sessions: BTreeMap::new(),
            rooms: Rooms::new(&settings),
            personal: BTreeMap::new(),
            known_caps: KnownCaps::default(),
            announcements: Announcements::default(),
            sittings: Sittings::default(),
            uploads: Uploads::default(),
            blocking: Blocklists::default(),
            started: now,
            tokens: Tokens::new(settings.token_lifetime()),
            domain,
            authenticator: authenticator.taking_plain(settings.takes_plain),
            throttle: Throttle::new(),
            traffic: Traffic::default(),
            last_session: 0,
            settings,
        }
    }

    /// Puts other settings in force, of the same domain. Sessions live on, and hear of what concerns them.
    pub fn resettle(&mut self, settings: Settings, cx: &mut Context<'_>) {
        self.stream_features = features::of_stream(&settings);
        self.authenticator.take_plain(settings.takes_plain);
        let before = self.reform(settings, cx);
        features::resettled(self, &before, cx);
    }

    /// Takes in what was recorded before the server started; answers what of it cannot be read.
    pub fn restore<'a>(&mut self, records: &'a [Record]) -> Vec<&'a Record> {
        records.iter().filter(|record| features::restore(self, record).is_none()).collect()
    }

    /// Sends a session what it waited for; nothing happens if it is gone.
    pub fn deliver(&self, session: SessionId, parcel: Parcel, cx: &mut Context<'_>) {
        if let Some(session) = self.sessions.get(&session) {
            session.send(parcel, cx);
        }
    }

    /// The same, behind the messages that the store is asked for.
    pub(crate) fn deliver_in_turn(&mut self, session: SessionId, parcel: Parcel, cx: &mut Context<'_>) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.send_in_turn(parcel, cx);
        }
    }

    /// How many resources are bound.
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// What is bound, in no order.
    pub fn bound(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    /// How many people have bound one at least.
    pub fn online_count(&self) -> usize {
        self.people.values().filter(|person| person.is_online()).count()
    }

    /// What has gone through since the start.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// From how many networks one has to wait between attempts to log in.
    pub fn throttled_networks(&self, now: Instant) -> usize {
        self.throttle.throttled_networks(now)
    }

    /// Who may be written to by that name: a disabled account is as good as none.
    pub(crate) fn person(&self, name: &str) -> Option<&Person> {
        self.people.get(name).filter(|person| !person.is_disabled())
    }

    /// The sessions of an account, oldest first.
    pub(crate) fn sessions_of(&self, name: &str) -> impl Iterator<Item = &Session> {
        let ids = self.people.get(name).map_or(&[][..], |person| &person.sessions);
        ids.iter().filter_map(|id| self.sessions.get(id))
    }

    /// The session of that full address.
    pub(crate) fn session_at(&self, address: &Jid) -> Option<&Session> {
        let name = address.local().filter(|_| address.domain() == self.domain.as_str())?;
        self.sessions_of(name).find(|session| session.jid == *address)
    }

    /// Answers a stanza with an error, unless it is one.
    pub(crate) fn refuse(
        &self,
        session: SessionId,
        element: &Element,
        refusal: impl Into<Refusal>,
        cx: &mut Context<'_>,
    ) {
        let is_answer = matches!(element.attribute("type").as_deref(), Some("error" | "result"));
        if !is_answer && let Some(session) = self.sessions.get(&session) {
            session.say(reply::error(element, session.jid.as_str(), refusal), cx);
        }
    }
}
