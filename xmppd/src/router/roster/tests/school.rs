//! The server of a small school, with a client for each account that applies what it is told.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, LazyLock},
    time::Instant,
};

use bytes::BytesMut;
use time::OffsetDateTime;

use crate::{
    account::Account,
    auth::{Authenticator, DecoySecret, Keys, Password},
    jid::Resource,
    ns,
    record::{Owner, Record, Shelf},
    router::{
        AccountChange, Contact, ContactPolicy, RosterPolicy, Router, Settings, Visibility,
        subscription::{Half, Subscription},
    },
    stanza::Stanza,
    stream::{Action, ConnectionId, Context, Host, SessionId, host::BindRequest},
    xml::{Frame, Framer, Limits, Node},
};

use super::{Event, GROUPS, NAMES};

/// What a client has been told.
#[derive(Default)]
struct Client {
    session: Option<(SessionId, ConnectionId)>,
    roster: BTreeMap<String, String>,
    version: Option<String>,
    /// The full addresses of those who are there.
    seen: BTreeSet<String>,
}

impl Client {
    fn take(&mut self, stanza: &Node) {
        match (&*stanza.name, stanza.attribute("type")) {
            ("iq", Some("set" | "result")) => stanza.children.iter().for_each(|query| {
                if stanza.attribute("type") == Some("result") {
                    self.roster.clear();
                }
                self.version = query.attribute("ver").map(str::to_owned);
                query.children.iter().for_each(|item| self.take_item(item));
            }),
            ("presence", kind @ (None | Some("unavailable"))) => {
                let from = stanza.attribute("from").unwrap_or_default().to_owned();
                let is_news = if kind.is_none() { self.seen.insert(from) } else { self.seen.remove(&from) };
                assert!(is_news, "nobody comes twice, and nobody goes who is not there");
            }
            _ => {}
        }
    }

    fn take_item(&mut self, item: &Node) {
        let jid = item.attribute("jid").unwrap_or_default().to_owned();
        if item.attribute("subscription") == Some("remove") {
            self.roster.remove(&jid);
        } else {
            let groups: Vec<_> = item.children.iter().map(|group| &group.text).collect();
            self.roster.insert(jid, format!("{:?} {groups:?}", item.attributes));
        }
    }
}

/// The server, with a client for each account that may log in.
pub(super) struct School {
    router: Router,
    settings: Settings,
    accounts: BTreeMap<usize, Arc<Account>>,
    records: HashMap<(String, String), Record>,
    clients: BTreeMap<usize, Client>,
    connections: u64,
}

impl School {
    pub(super) fn new() -> Self {
        let accounts: BTreeMap<_, _> =
            (0..3).map(|index| (index, Arc::new(account(index, &[index % 2], false, true)))).collect();
        let settings = settings(Visibility::Groups, "Teachers");
        let mut school = Self {
            router: router(&settings, &accounts),
            settings,
            accounts,
            records: HashMap::new(),
            clients: BTreeMap::new(),
            connections: 0,
        };
        school.log_in_everybody();
        school
    }

    /// Lets something happen, and everybody who may log in again who is not.
    pub(super) fn happen(&mut self, event: &Event) {
        match event {
            Event::Put { account: index, groups, is_renamed, is_enabled } => {
                let account = Arc::new(account(*index, groups, *is_renamed, *is_enabled));
                self.accounts.insert(*index, Arc::clone(&account));
                self.drive(|router, cx| router.apply(AccountChange::Put(account), cx));
            }
            Event::Removed(index) => {
                self.accounts.remove(index);
                self.clients.remove(index);
                self.records.retain(|(owner, _), _| owner != NAMES[*index]);
                let name = NAMES[*index].to_owned();
                self.drive(|router, cx| router.apply(AccountChange::Removed(name), cx));
            }
            Event::Decided { is_by_groups, sees_everyone, has_contacts, is_renamed } => {
                let visibility = if *is_by_groups { Visibility::Groups } else { Visibility::Everyone };
                self.settings = settings(visibility, GROUPS[*sees_everyone]);
                if !has_contacts {
                    self.settings.roster.contacts = ContactPolicy::Groups;
                }
                if *is_renamed {
                    self.settings.organisation = GROUPS[0].to_owned();
                }
                let settings = self.settings.clone();
                self.drive(|router, cx| router.resettle(settings, cx));
            }
            Event::Named { owner, contact, name, group } => self.send(*owner, &format!(
                "<iq type='set' id='1'><query xmlns='{}'><item jid='{}@school.test' name='{name}'><group>{}</group></item></query></iq>",
                ns::ROSTER, NAMES[*contact], GROUPS[*group]
            )),
            Event::Unlisted { owner, contact } => self.send(*owner, &format!(
                "<iq type='set' id='1'><query xmlns='{}'><item jid='{}@school.test' subscription='remove'/></query></iq>",
                ns::ROSTER, NAMES[*contact]
            )),
            Event::Said { owner, contact, said } => {
                self.send(*owner, &format!("<presence type='{said}' to='{}@school.test'/>", NAMES[*contact]));
            }
            Event::Reconnected(index) => self.log_out(*index),
            Event::Restarted => {
                self.clients.values_mut().for_each(|client| (client.session, client.seen) = Default::default());
                self.router = router(&self.settings, &self.accounts);
                self.router.restore(&self.records.values().cloned().collect::<Vec<_>>());
            }
        }
        self.log_in_everybody();
    }

    fn log_out(&mut self, index: usize) {
        let session = self.clients.get_mut(&index).and_then(|client| {
            client.seen.clear();
            client.session.take()
        });
        if let Some((session, connection)) = session {
            self.drive(|router, cx| router.end(session, connection, cx));
        }
    }

    fn log_in_everybody(&mut self) {
        for (index, account) in self.accounts.clone() {
            let client = self.clients.entry(index).or_default();
            if client.session.is_some_and(|(session, _)| self.router.sessions.contains_key(&session)) {
                continue;
            }
            *client = Client { session: None, seen: BTreeSet::new(), ..std::mem::take(client) };
            let known = client.version.clone().unwrap_or_default();
            if account.enabled {
                self.bind(index, &account);
                self.send(
                    index,
                    &format!("<iq type='get' id='1'><query xmlns='{}' ver='{known}'/></iq>", ns::ROSTER),
                );
                self.send(index, "<presence/>");
            }
        }
    }

    fn bind(&mut self, index: usize, account: &Arc<Account>) {
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        let request = BindRequest {
            connection,
            account,
            resource: Resource::parse("x").ok(),
            language: None,
            agent: None,
        };
        let (session, _) = self.drive(|router, cx| router.bind(request, cx)).expect("there is room");
        self.clients.entry(index).or_default().session = Some((session, connection));
    }

    pub(super) fn send(&mut self, index: usize, stanza: &str) {
        let Some((session, connection)) = self.clients.get(&index).and_then(|client| client.session) else {
            return;
        };
        let mut stanzas = frames(stanza).into_iter().map(|element| Stanza::parse(element).expect("a stanza"));
        let stanza = stanzas.next().expect("one");
        self.drive(|router, cx| router.receive(session, connection, Ok(stanza), cx))
            .expect("the session goes on");
    }

    fn drive<T>(&mut self, work: impl FnOnce(&mut Router, &mut Context<'_>) -> T) -> T {
        let mut outbox = Vec::new();
        let mut random = |bytes: &mut [u8]| bytes.fill(1);
        let mut cx = Context {
            now: OffsetDateTime::UNIX_EPOCH,
            instant: Instant::now(),
            random: &mut random,
            outbox: &mut outbox,
        };
        let result = work(&mut self.router, &mut cx);
        for action in outbox {
            match action {
                Action::Send { connection, packet } => {
                    let is_its =
                        |client: &&mut Client| client.session.is_some_and(|(_, own)| own == connection);
                    let client = self.clients.values_mut().find(is_its);
                    if let Some(client) = client {
                        let text = String::from_utf8(packet.concat()).expect("text");
                        frames(&text).iter().map(Node::from).for_each(|stanza| client.take(&stanza));
                    }
                }
                Action::Record { records, .. } => records.into_iter().for_each(|record| self.keep(record)),
                _ => {}
            }
        }
        result
    }

    fn keep(&mut self, record: Record) {
        let Owner::Account(owner) = &record.owner else { return };
        assert_eq!(record.shelf, Shelf::Contact);
        let key = (owner.to_string(), record.key.clone());
        match record.value {
            Some(_) => drop(self.records.insert(key, record)),
            None => drop(self.records.remove(&key)),
        }
    }

    /// Has an account keep requests of so many others.
    pub(super) fn fill(&mut self, owner: &str, count: usize) {
        let from = Subscription { from: Half::Pending, ..Subscription::default() };
        for number in 0..count {
            let request = Some("<presence/>".to_owned());
            let contact = Contact { subscription: from, request, ..Contact::default() };
            self.router.restore_contact(owner, &format!("{number}@school.test"), contact);
        }
    }

    /// Whether an account keeps something about an address.
    pub(super) fn keeps(&self, owner: &str, address: &str) -> bool {
        self.router.people[owner].contacts.at(address).is_some()
    }

    /// Compares what clients have been told with what there is.
    pub(super) fn check(&mut self) {
        for (index, client) in &self.clients {
            let name = NAMES[*index];
            if !client.session.is_some_and(|(session, _)| self.router.sessions.contains_key(&session)) {
                continue;
            }
            let whole = self.router.whole_roster(name).concat();
            let mut fresh = Client::default();
            let query = format!("<iq type='result' id='1'><query xmlns='{}'>", ns::ROSTER);
            let text = format!("{query}{}</query></iq>", String::from_utf8(whole).expect("text"));
            frames(&text).iter().map(Node::from).for_each(|stanza| fresh.take(&stanza));
            assert_eq!(client.roster, fresh.roster, "the roster of {name}");
            let seen = self
                .router
                .sessions
                .values()
                .filter(|session| self.router.is_seen_by(&session.account, name));
            let seen: BTreeSet<_> = seen.map(|session| session.jid.to_string()).collect();
            assert_eq!(client.seen, seen, "whom {name} sees");
            let audience = self.router.audience(name).map(|session| &*session.account);
            let watchers = NAMES.iter().copied().filter(|watcher| self.router.is_seen_by(name, watcher));
            assert_eq!(audience.collect::<BTreeSet<_>>(), watchers.collect(), "who sees {name}");
        }
    }
}

fn account(index: usize, groups: &[usize], is_renamed: bool, enabled: bool) -> Account {
    static KEYS: LazyLock<Keys> = LazyLock::new(|| {
        Keys::derive_with(&Password::prepare("wherefore art thou").expect("long enough"), [[1; 16]; 2])
    });
    let groups: BTreeSet<_> = groups.iter().map(|group| GROUPS[*group].to_owned()).collect();
    Account {
        name: NAMES[index].to_owned(),
        display_name: if is_renamed { "X".to_owned() } else { NAMES[index].to_uppercase() },
        groups: groups.into_iter().collect(),
        kind: crate::account::Kind::Child,
        enabled,
        keys: KEYS.clone(),
    }
}

fn settings(visibility: Visibility, sees_everyone: &str) -> Settings {
    let sees_everyone = vec![sees_everyone.parse().expect("a label")];
    let roster = RosterPolicy { visibility, sees_everyone, ..RosterPolicy::default() };
    Settings { roster, ..Settings::small() }
}

fn router(settings: &Settings, accounts: &BTreeMap<usize, Arc<Account>>) -> Router {
    let accounts = accounts.values().map(|account| Account::clone(account)).collect();
    let authenticator = Authenticator::new("school.test", DecoySecret::new([7; 32]));
    Router::new(settings.clone(), authenticator, accounts, OffsetDateTime::UNIX_EPOCH)
}

fn frames(text: &str) -> Vec<crate::xml::Element> {
    let header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
    let mut bytes = BytesMut::from(format!("{header}{text}").as_bytes());
    let mut framer = Framer::new(Limits::of_bytes(1 << 20));
    let mut elements = Vec::new();
    while let Some(frame) = framer.next(&mut bytes).expect("good XML") {
        if let Frame::Element(element) = frame {
            elements.push(element);
        }
    }
    elements
}
