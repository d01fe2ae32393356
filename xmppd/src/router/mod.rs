//! Who is online, and where a stanza goes: one value in memory, driven by what arrives, that says what to do.
//!
//! | file | what it holds |
//! |---|---|
//! | `addressed` | whom an address names |
//! | [`blocklists`] | who has blocked whom |
//! | `claims` | what a message may not say |
//! | `host` | what streams ask: logins, binding, stanzas |
//! | [`people`] | accounts as they are now, and changes to them while people are online |
//! | `session` | a bound resource: its start and its end |
//! | [`table`] | RFC 6121 §8 as one table |
//! | `message`, `presence`, `iq` | what becomes of each stanza |
//! | [`outlet`] | the way out to one session |
//! | [`roster`] | the roster that all share |
//!
//! It reads no clock, no randomness, no store and no socket: [`Context`] brings the first two, and takes what
//! is to be done as [`Action`](crate::stream::Action)s.

mod addressed;
pub mod blocklists;
mod claims;
mod host;
mod iq;
mod message;
pub mod outlet;
pub mod people;
mod presence;
pub mod roster;
mod session;
pub mod table;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use time::OffsetDateTime;

pub use blocklists::Blocklists;
pub use outlet::{Nature, Parcel};
pub use people::AccountChange;
pub use session::Session;

use crate::{
    account::Account,
    auth::{Authenticator, Throttle, Tokens},
    features::{
        self,
        client_caps::KnownCaps,
        commands::{Sittings, announcements::Announcements},
        personal::Personal,
        upload::{Terms, Uploads},
    },
    jid::Jid,
    record::Record,
    stanza::{Refusal, reply},
    stream::{Context, SessionId},
    xml::Element,
};
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
    /// On what terms users may share files (XEP-0363); `None` if they may not.
    pub upload: Option<Terms>,
}

/// Everything that the server knows while it runs.
pub struct Router {
    pub(crate) settings: Settings,
    pub(crate) roster: SharedRoster,
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
    pub(crate) tokens: Tokens,
    domain: Jid,
    stream_features: String,
    authenticator: Authenticator,
    throttle: Throttle,
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
            people: people.map(|person| (Arc::clone(&person.name), person)).collect(),
            sessions: BTreeMap::new(),
            personal: BTreeMap::new(),
            known_caps: KnownCaps::default(),
            announcements: Announcements::default(),
            sittings: Sittings::default(),
            uploads: Uploads::default(),
            blocking: Blocklists::default(),
            started: now,
            tokens: Tokens::new(Duration::from_secs(u64::from(settings.token_days) * 24 * 3600)),
            domain,
            authenticator: authenticator.taking_plain(settings.takes_plain),
            throttle: Throttle::new(),
            last_session: 0,
            settings,
        }
    }

    /// Takes in what was recorded before the server started.
    pub fn restore(&mut self, records: &[Record]) {
        for record in records {
            features::restore(self, record);
        }
    }

    /// Sends a session what it waited for; nothing happens if it is gone.
    pub fn deliver(&self, session: SessionId, parcel: Parcel, cx: &mut Context<'_>) {
        if let Some(session) = self.sessions.get(&session) {
            session.send(parcel, cx);
        }
    }

    /// How many resources are bound.
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// Who may be written to by that name: a disabled account is as good as none.
    pub(crate) fn person(&self, name: &str) -> Option<&Person> {
        self.people.get(name).filter(|person| person.account.enabled)
    }

    /// Whether the second may see the first: its presence, and what it shares with its contacts.
    pub(crate) fn is_seen_by(&self, seen: &str, watcher: &str) -> bool {
        let (Some(seen), Some(watcher)) = (self.person(seen), self.person(watcher)) else { return false };
        !self.are_apart(&seen.jid, &watcher.jid)
    }

    /// The available sessions of everybody who may see an account, its own included.
    pub(crate) fn audience(&self, seen: &str) -> impl Iterator<Item = &Session> {
        let seen = self.person(seen);
        self.sessions.values().filter(move |session| {
            session.presence.is_some() && seen.is_some_and(|seen| !self.are_apart(&seen.jid, &session.jid))
        })
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
