//! The server of one scenario with its clients; sockets, clock, randomness and store are played.

mod administration;
mod expectation;
mod login;
mod setting;
mod store;
mod wires;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use time::{OffsetDateTime, macros::datetime};
use xmppd::{
    account::Account,
    administration::Recorded,
    auth::ChannelBindings,
    control::AuditLine,
    record::Record,
    router::{Router, Settings},
    stream::{ConnectionId, MessageId},
    xml::Node,
};

use self::{
    administration::recorded,
    expectation::show,
    setting::{account, router, settings},
    store::{KeptMessage, Unanswered},
};
use super::{
    client::{self, Client, PASSWORD, Seen},
    matching::{self, Bindings},
};

type Outcome = Result<(), String>;

pub(super) struct Stage {
    title: String,
    settings: Settings,
    router: Router,
    clients: BTreeMap<String, Client>,
    accounts: HashMap<String, Arc<Account>>,
    consents: BTreeMap<String, Recorded>,
    audit: Vec<AuditLine>,
    waiting: HashMap<Arc<str>, Vec<KeptMessage>>,
    /// Which of them are delivered, and not to be delivered again.
    in_flight: HashSet<MessageId>,
    messages: i64,
    records: Vec<Record>,
    /// What the store has been asked and not answered yet, while it is slow.
    unanswered: Option<Vec<Unanswered>>,
    /// Whether the store fails to bring what waits.
    is_broken: bool,
    bindings: Bindings,
    now: OffsetDateTime,
    instant: Instant,
    dice: u8,
    connections: u64,
}

impl Stage {
    pub(super) fn new(title: &str) -> Self {
        let now = datetime!(2026-09-01 08:00 UTC);
        let accounts = [
            account("juliet", "Juliet", &[]),
            account("romeo", "Romeo", &[]),
            account("nurse", "Nurse", &["Staff"]),
        ];
        Self {
            title: title.to_owned(),
            router: router(settings(), accounts.to_vec(), now),
            settings: settings(),
            clients: BTreeMap::new(),
            consents: accounts.iter().map(|account| (account.name.clone(), recorded(now))).collect(),
            accounts: accounts.into_iter().map(|one| (one.name.clone(), Arc::new(one))).collect(),
            audit: Vec::new(),
            waiting: HashMap::new(),
            in_flight: HashSet::new(),
            messages: 0,
            records: Vec::new(),
            unanswered: None,
            is_broken: false,
            bindings: Bindings::new(),
            now,
            instant: Instant::now(),
            dice: 0,
            connections: 0,
        }
    }

    /// Plays one step.
    pub(super) fn step(&mut self, text: &str, body: &str) -> Outcome {
        let (who, what) = text.split_once(' ').ok_or("no such step")?;
        let what: Vec<_> = what.split(' ').collect();
        match (who, what.as_slice()) {
            ("admin", [verb, rest @ ..]) => self.administer(verb, rest),
            ("time", ["passes:", seconds, "s"]) => self.pass(seconds),
            ("server", ["has" | "reloads" | "restarts", ..]) => self.server(&what),
            ("store", what) => self.store(what),
            (_, ["authenticates", "as", what @ ..]) => self.authenticates(who, what, body),
            (_, ["receives:"]) => self.expect_all(who, body),
            (_, ["receives", what @ ..]) => self.receives(who, what),
            (_, what) => self.act(who, what, body),
        }
    }

    fn pass(&mut self, seconds: &str) -> Outcome {
        let seconds = Duration::from_secs(seconds.parse().map_err(|_| "not a number")?);
        self.now += seconds;
        self.instant += seconds;
        self.drive(Router::tick);
        Ok(())
    }

    /// What somebody's client does, and what becomes of it.
    fn act(&mut self, who: &str, what: &[&str], body: &str) -> Outcome {
        match what {
            ["is", "cut", "off"] => return self.expect_cut_off(who),
            ["is", address] => return self.log_in(who, address),
            ["logs", "in", "as", name] => return self.prove(who, name, PASSWORD),
            ["logs", "in", "as", name, "with", password @ ..] => {
                return self.prove(who, name, &matching::fill(&password.join(" "), &self.bindings));
            }
            ["connects"] => self.connect(who, None),
            ["connects", "by", "TLS"] => self.connect(who, Some(ChannelBindings::default())),
            ["connects", "by", "TLS", "1.3"] => {
                let (exporter, end_point) = (Some([9; 32]), Some(vec![8; 32]));
                let bindings = ChannelBindings { tls_exporter: exporter, tls_server_end_point: end_point };
                self.connect(who, Some(bindings));
            }
            ["secures"] => self.client(who)?.stream.secured(ChannelBindings::default()),
            ["opens"] => {
                self.send(who, client::header())?;
                self.expect(who, &Seen::Header)?;
            }
            ["sends:"] => {
                let body = body.trim_end_matches('\n').replace("{5 KB}", &"x".repeat(5 * 1024));
                self.send(who, &matching::fill(&body, &self.bindings))?;
            }
            ["disconnects"] => {
                let mut client = self.clients.remove(who).ok_or("nobody of that name")?;
                self.drive(|router, cx| client.stream.lost(router, cx));
            }
            _ => return Err("no such step".to_owned()),
        }
        Ok(())
    }

    /// Nobody has received what was not mentioned.
    pub(super) fn end(self) -> Outcome {
        for (name, client) in &self.clients {
            if let Some(seen) = client.inbox.front() {
                return Err(format!(
                    "`{}` ends, and what {name} received is not mentioned: {}",
                    self.title,
                    show(seen)
                ));
            }
        }
        Ok(())
    }

    /// What somebody has received and no step has mentioned.
    pub(super) fn received(&mut self, who: &str) -> Vec<Node> {
        let inbox =
            self.clients.get_mut(who).map(|client| std::mem::take(&mut client.inbox)).unwrap_or_default();
        let elements = inbox.into_iter().filter_map(|seen| match seen {
            Seen::Element(element) => Some(element),
            Seen::End | Seen::Header => None,
        });
        elements.collect()
    }

    /// How many messages wait for an account.
    pub(super) fn waiting_for(&self, account: &str) -> usize {
        self.waiting.get(account).map_or(0, Vec::len)
    }

    fn client(&mut self, who: &str) -> Result<&mut Client, String> {
        self.clients.get_mut(who).ok_or_else(|| format!("{who} is not connected"))
    }

    fn connect(&mut self, who: &str, secured: Option<ChannelBindings>) {
        self.connections += 1;
        self.clients.insert(who.to_owned(), Client::new(ConnectionId(self.connections), secured));
    }
}
