//! The server of one scenario with its clients; sockets, clock, randomness and store are played.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use time::{OffsetDateTime, macros::datetime};
use xmppd::{
    account::{Account, Kind, Label, Name},
    administration::{Change, Recorded, School, Write},
    auth::{Authenticator, ChannelBindings, DecoySecret, Keys, Password},
    control::{Act, Answer, AuditLine, Changes, Consent, Day, Outcome as Judged, Refusal, Request},
    features::{
        offline::{Delivery, Waited},
        retraction,
        rooms::{Creators, RoomSettings, SiteRoom},
        upload::Terms,
    },
    record::{Owner, Record},
    router::{ContactPolicy, Parcel, RosterPolicy, Router, Settings, Visibility},
    stream::{Action, ConnectionId, Context, MessageId, Receipt, SessionId, Step, StreamError},
    xml::{Frame, Framer, Limits, Node},
};

use super::{
    client::{self, Client, PASSWORD, Seen},
    matching::{self, Bindings},
};

type Outcome = Result<(), String>;

/// What one account may have waiting, so that a transcript can fill it.
const MOST_WAITING: usize = 3;

/// A message that waits, and since when.
#[derive(Clone)]
struct KeptMessage {
    id: MessageId,
    at: OffsetDateTime,
    stanza: Bytes,
}

/// What the store has been asked: whose messages, for whom, and which they were.
type Unanswered = (Arc<str>, SessionId, Vec<KeptMessage>);

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
        match (who, what.split(' ').collect::<Vec<_>>().as_slice()) {
            ("admin", [verb, rest @ ..]) => self.administer(verb, rest),
            ("time", ["passes:", seconds, "s"]) => {
                let seconds = Duration::from_secs(seconds.parse().map_err(|_| "not a number")?);
                self.now += seconds;
                self.instant += seconds;
                self.drive(Router::tick);
                Ok(())
            }
            ("server", ["has", key, value]) => {
                self.set(key, value)?;
                self.restart();
                Ok(())
            }
            ("server", ["reloads", "with", key, value]) => {
                self.set(key, value)?;
                let settings = self.settings.clone();
                self.drive(|router, cx| router.resettle(settings, cx));
                Ok(())
            }
            ("server", ["restarts"]) => {
                self.restart();
                Ok(())
            }
            ("store", what) => self.store(what),
            (_, ["is", "cut", "off"]) => self.expect_cut_off(who),
            (_, ["is", address]) => self.log_in(who, address),
            (_, ["logs", "in", "as", name]) => self.prove(who, name, PASSWORD),
            (_, ["logs", "in", "as", name, "with", password @ ..]) => {
                self.prove(who, name, &matching::fill(&password.join(" "), &self.bindings))
            }
            (_, ["connects"]) => {
                self.connect(who, None);
                Ok(())
            }
            (_, ["connects", "by", "TLS"]) => {
                self.connect(who, Some(ChannelBindings::default()));
                Ok(())
            }
            (_, ["connects", "by", "TLS", "1.3"]) => {
                let (exporter, end_point) = (Some([9; 32]), Some(vec![8; 32]));
                let bindings = ChannelBindings { tls_exporter: exporter, tls_server_end_point: end_point };
                self.connect(who, Some(bindings));
                Ok(())
            }
            (_, ["secures"]) => {
                self.client(who)?.stream.secured(ChannelBindings::default());
                Ok(())
            }
            (_, ["opens"]) => {
                self.send(who, client::header())?;
                self.expect(who, &Seen::Header)
            }
            (_, ["authenticates", "as", name, "for:"]) => self.authenticate_for(who, name, PASSWORD, body),
            (_, ["authenticates", "as", name, "by", token, "for:"]) => {
                let message = client::hashed_token(name, &matching::fill(token, &self.bindings));
                self.ask(who, "HT-SHA-256-NONE", &message, body)
            }
            (_, ["authenticates", "as", name, "with", password @ .., "for:"]) => {
                self.authenticate_for(who, name, &password.join(" "), body)
            }
            (_, ["authenticates", "as", name]) => self.authenticate(who, name, PASSWORD),
            (_, ["authenticates", "as", name, "with", password @ ..]) => {
                self.authenticate(who, name, &password.join(" "))
            }
            (_, ["sends:"]) => {
                let body = body.trim_end_matches('\n').replace("{5 KB}", &"x".repeat(5 * 1024));
                let text = matching::fill(&body, &self.bindings);
                self.send(who, &text)
            }
            (_, ["receives:"]) => self.expect_all(who, body),
            (_, ["receives", "features"]) => match self.client(who)?.inbox.pop_front() {
                Some(Seen::Element(features)) if features.name == "features" => Ok(()),
                Some(seen) => Err(format!("but received {}", show(&seen))),
                None => Err("but received nothing".to_owned()),
            },
            (_, ["receives", "a", "header"]) => self.expect(who, &Seen::Header),
            (_, ["receives", "nothing"]) => match self.client(who)?.inbox.front() {
                None => Ok(()),
                Some(seen) => Err(format!("but received {}", show(seen))),
            },
            (_, ["disconnects"]) => {
                let mut client = self.clients.remove(who).ok_or("nobody of that name")?;
                self.drive(|router, cx| client.stream.lost(router, cx));
                Ok(())
            }
            _ => Err("no such step".to_owned()),
        }
    }

    /// What the store is like.
    fn store(&mut self, what: &[&str]) -> Outcome {
        match what {
            ["is", "slow"] => {
                self.unanswered = Some(Vec::new());
                Ok(())
            }
            ["is", "broken"] => {
                self.is_broken = true;
                Ok(())
            }
            ["is", "repaired"] => {
                self.is_broken = false;
                Ok(())
            }
            ["answers"] => {
                let unanswered = self.unanswered.take().ok_or("the store is not slow")?;
                for (account, session, kept) in unanswered {
                    self.deliver_offline(&account, session, kept);
                }
                Ok(())
            }
            ["holds", count, "for", name] => {
                let held = self.waiting.get(*name).map_or(0, Vec::len);
                if held.to_string() == *count { Ok(()) } else { Err(format!("but holds {held}")) }
            }
            _ => Err("no such step".to_owned()),
        }
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

    fn log_in(&mut self, who: &str, address: &str) -> Outcome {
        let (bare, resource) = address.split_once('/').ok_or("no resource")?;
        let (name, _) = bare.split_once('@').ok_or("no account")?;
        self.prove(who, name, PASSWORD)?;
        let bind = "urn:ietf:params:xml:ns:xmpp-bind";
        self.send(
            who,
            &format!(
                "<iq type='set' id='b'><bind xmlns='{bind}'><resource>{resource}</resource></bind></iq>"
            ),
        )?;
        self.expect_all(who, &format!("<iq type='result' id='b' to='{address}'><bind xmlns='{bind}'><jid>{address}</jid></bind></iq>"))
    }

    /// Connects by TLS, and authenticates.
    fn prove(&mut self, who: &str, name: &str, password: &str) -> Outcome {
        self.connect(who, Some(ChannelBindings::default()));
        self.step(&format!("{who} opens"), "")?;
        self.client(who)?.inbox.clear();
        self.authenticate(who, name, password)?;
        self.client(who)?.inbox.clear();
        self.step(&format!("{who} opens"), "")?;
        self.client(who)?.inbox.clear();
        Ok(())
    }

    fn authenticate(&mut self, who: &str, name: &str, password: &str) -> Outcome {
        let sasl = "urn:ietf:params:xml:ns:xmpp-sasl";
        self.client(who)?.inbox.clear();
        self.send(
            who,
            &format!("<auth xmlns='{sasl}' mechanism='SCRAM-SHA-256'>{}</auth>", client::client_first(name)),
        )?;
        let Some(Seen::Element(challenge)) = self.client(who)?.inbox.pop_front() else {
            return Err("no challenge".to_owned());
        };
        if challenge.name != "challenge" {
            return Err(format!("no challenge but {}", matching::show(&challenge)));
        }
        let answer = client::client_final(name, password, &challenge.text);
        self.send(who, &format!("<response xmlns='{sasl}'>{answer}</response>"))
    }

    /// Logs in by XEP-0388, and asks for more in the same breath.
    fn authenticate_for(&mut self, who: &str, name: &str, password: &str, wishes: &str) -> Outcome {
        self.ask(who, "SCRAM-SHA-256", &client::client_first(name), wishes)?;
        let challenge = match self.client(who)?.inbox.pop_front() {
            Some(Seen::Element(challenge)) if challenge.name == "challenge" => challenge,
            Some(seen) => return Err(format!("no challenge but {}", show(&seen))),
            None => return Err("no challenge".to_owned()),
        };
        let answer = client::client_final(name, password, &challenge.text);
        self.send(who, &format!("<response xmlns='urn:xmpp:sasl:2'>{answer}</response>"))
    }

    fn ask(&mut self, who: &str, mechanism: &str, message: &str, wishes: &str) -> Outcome {
        self.client(who)?.inbox.clear();
        let wishes = matching::fill(wishes, &self.bindings);
        self.send(
            who,
            &format!(
                "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='{mechanism}'>\
                 <initial-response>{message}</initial-response>{wishes}</authenticate>"
            ),
        )
    }

    /// Lets bytes arrive at the server, and the server do what they cause.
    fn send(&mut self, who: &str, text: &str) -> Outcome {
        let mut client = self.clients.remove(who).ok_or_else(|| format!("{who} is not connected"))?;
        client.sent.extend_from_slice(text.as_bytes());
        // It must hear of what it causes itself, too.
        let mut sent = std::mem::take(&mut client.sent);
        self.clients.insert(who.to_owned(), client);
        loop {
            let client = self.client(who)?;
            let batch = client.stream.read(&mut sent);
            if batch.is_empty() {
                break;
            }
            let mut client = self.clients.remove(who).expect("it was just there");
            let mut later = Vec::new();
            let step = self.drive_into(&mut later, |router, cx| client.stream.handle(batch, router, cx));
            self.clients.insert(who.to_owned(), client);
            self.carry_out(later);
            match step {
                Step::Close => {
                    self.client(who)?.is_cut_off = true;
                    break;
                }
                Step::StartTls => sent = BytesMut::new(),
                Step::Continue | Step::Pause(_) => {}
            }
        }
        self.client(who)?.sent = sent;
        Ok(())
    }

    fn drive<T>(&mut self, work: impl FnOnce(&mut Router, &mut Context<'_>) -> T) -> T {
        let mut outbox = Vec::new();
        let result = self.drive_into(&mut outbox, work);
        self.carry_out(outbox);
        result
    }

    fn drive_into<T>(
        &mut self,
        outbox: &mut Vec<Action>,
        work: impl FnOnce(&mut Router, &mut Context<'_>) -> T,
    ) -> T {
        let dice = &mut self.dice;
        let mut random = |bytes: &mut [u8]| {
            *dice += 1;
            bytes.fill(*dice);
        };
        let mut cx = Context { now: self.now, instant: self.instant, random: &mut random, outbox };
        work(&mut self.router, &mut cx)
    }

    fn carry_out(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Administer { request, who, ticket } => {
                    let answer = self.answer(request, &who);
                    self.drive(|router, cx| router.administered(&ticket, answer, cx));
                }
                Action::Close { connection, error } => self.close(connection, error),
                Action::EraseOffline { account, ids } => self.erase(&account, &ids),
                Action::KeepOffline { account, stanza, at, refusals, .. } => {
                    let waiting = self.waiting.entry(account).or_default();
                    if waiting.len() < MOST_WAITING {
                        self.messages += 1;
                        waiting.push(KeptMessage { id: MessageId(self.messages), at, stanza });
                    } else {
                        for (session, packet) in refusals {
                            self.drive(|router, cx| router.deliver(session, Parcel::plain(packet), cx));
                        }
                    }
                }
                Action::EraseFiles(_) => {} // there are none
                Action::Record { records, receipt } => self.record(records, receipt),
                Action::ReleaseOffline { ids } => self.in_flight.retain(|id| !ids.contains(id)),
                Action::Send { connection, packet } => {
                    if let Some(client) = self.at(connection) {
                        client.receive(&packet.concat());
                    }
                }
                Action::RetractOffline { account, sender, id } => {
                    let is_senders = |kept: &KeptMessage| {
                        kept.stanza.starts_with(format!("<message from='{sender}@").as_bytes())
                    };
                    let waiting = self.waiting.entry(account).or_default();
                    waiting.retain(|kept| !is_senders(kept) || !retraction::goes_by(&kept.stanza, &id));
                }
                Action::TakeOffline { account, session } => {
                    let kept = self.waiting.get(&account).cloned().unwrap_or_default(); // at this moment
                    match &mut self.unanswered {
                        Some(unanswered) => unanswered.push((account, session, kept)),
                        None => self.deliver_offline(&account, session, kept),
                    }
                }
            }
        }
    }

    /// What the store would write down; a broken one writes nothing.
    fn record(&mut self, records: Vec<Record>, receipt: Option<Receipt>) {
        if !self.is_broken {
            for record in records {
                self.records.retain(|known| {
                    (&known.owner, known.shelf, &known.key) != (&record.owner, record.shelf, &record.key)
                });
                self.records.extend(record.value.is_some().then_some(record));
            }
        }
        if let Some(Receipt { session, done, failed }) = receipt {
            let answer = Parcel::plain(if self.is_broken { failed } else { done });
            self.drive(|router, cx| router.deliver(session, answer, cx));
        }
    }

    /// The site wants it so, from a restart on.
    fn set(&mut self, key: &str, value: &str) -> Outcome {
        let settings = &mut self.settings;
        match (key, value) {
            ("roster", "groups") => {
                settings.roster.visibility = Visibility::Groups;
                settings.roster.sees_everyone = vec!["Teachers".parse().unwrap()];
            }
            ("roster", "everyone") => settings.roster.visibility = Visibility::Everyone,
            ("contacts", "groups") => settings.roster.contacts = ContactPolicy::Groups,
            ("contacts", "everybody") => settings.roster.contacts = ContactPolicy::Everybody,
            ("class-room", "none") => settings.rooms.made.clear(),
            ("class-room", group) => settings.rooms.made.push(class_room(group)),
            ("creators", "everyone") => settings.rooms.creators = Creators::Everyone,
            ("occupants", most) => {
                settings.rooms.most_occupants = most.parse().map_err(|_| "not a number")?;
            }
            ("rooms", most) => settings.rooms.most = most.parse().map_err(|_| "not a number")?,
            ("plain", "taken") => settings.takes_plain = true,
            ("tokens", "refused") => settings.token_days = 0,
            ("personal-bytes", bytes) => {
                settings.personal_bytes = bytes.parse().map_err(|_| "not a number")?;
            }
            ("resumption-seconds", seconds) => {
                settings.resumption_seconds = seconds.parse().map_err(|_| "not a number")?;
            }
            ("version", "shown") => settings.version_shown = true,
            ("upload", "on") => settings.upload = Some(upload_terms()),
            _ => return Err("no such setting".to_owned()),
        }
        Ok(())
    }

    /// Everybody is cut off, and what is not on disk is forgotten.
    fn restart(&mut self) {
        self.clients.clear();
        self.router = router(self.settings.clone(), self.account_values(), self.now);
        self.router.restore(&self.records);
    }

    /// What has been delivered to another session meanwhile is left out.
    fn deliver_offline(&mut self, account: &Arc<str>, session: SessionId, kept: Vec<KeptMessage>) {
        let waiting: HashSet<_> =
            self.waiting.get(account).into_iter().flatten().map(|kept| kept.id).collect();
        let (mut ids, mut waited) = (Vec::new(), Vec::new());
        for KeptMessage { id, at, stanza } in kept {
            if !self.is_broken && waiting.contains(&id) && self.in_flight.insert(id) {
                ids.push(id);
                waited.push(Waited { id, stanza, since: at });
            }
        }
        let waited = (!self.is_broken).then_some(waited);
        match self.drive(|router, cx| router.deliver_offline(session, waited, cx)) {
            Some(Delivery::Acknowledged) => {} // the router will say so
            Some(Delivery::Written(_)) => self.erase(account, &ids),
            None => self.in_flight.retain(|id| !ids.contains(id)),
        }
    }

    fn erase(&mut self, account: &Arc<str>, ids: &[MessageId]) {
        let waiting = self.waiting.entry(Arc::clone(account)).or_default();
        waiting.retain(|kept| !ids.contains(&kept.id));
        self.in_flight.retain(|id| !ids.contains(id));
    }

    fn close(&mut self, connection: ConnectionId, error: StreamError) {
        let Some(who) = self
            .clients
            .iter()
            .find(|(_, client)| client.stream.connection == connection)
            .map(|(who, _)| who.clone())
        else {
            return;
        };
        let mut client = self.clients.remove(&who).expect("it was just there");
        client.is_cut_off = true;
        let mut later = Vec::new();
        self.drive_into(&mut later, |router, cx| client.stream.fail(error, router, cx));
        self.clients.insert(who, client);
        self.carry_out(later);
    }

    fn at(&mut self, connection: ConnectionId) -> Option<&mut Client> {
        self.clients.values_mut().find(|client| client.stream.connection == connection)
    }

    fn expect(&mut self, who: &str, expected: &Seen) -> Outcome {
        let Some(seen) = self.client(who)?.inbox.pop_front() else {
            return Err(format!("expected {}, received nothing", show(expected)));
        };
        let holds = match (expected, &seen) {
            (Seen::Element(expected), Seen::Element(seen)) => {
                matching::matches(expected, seen, &mut self.bindings)
            }
            (expected, seen) => expected == seen,
        };
        if holds {
            Ok(())
        } else {
            Err(format!("\n  expected {}\n  received {}", show(expected), show(&seen)))
        }
    }

    fn expect_all(&mut self, who: &str, body: &str) -> Outcome {
        for expected in parse(body)? {
            self.expect(who, &expected)?;
        }
        Ok(())
    }

    fn expect_cut_off(&mut self, who: &str) -> Outcome {
        if self.client(who)?.is_cut_off { Ok(()) } else { Err("but is not".to_owned()) }
    }

    /// What `control::Administration` does, without a store.
    fn answer(&mut self, request: Request, who: &str) -> Result<Answer, Refusal> {
        match request {
            Request::Audit { .. } => Ok(Answer::Audit(self.audit.clone())),
            Request::Change(changes) => Ok(Answer::Changed(self.change(changes, who))),
            Request::ListUsers => Ok(Answer::Users(self.school().users())),
            _ => Err(Refusal::new("the stage does not know it", "")),
        }
    }

    fn change(&mut self, changes: Changes, who: &str) -> Vec<Judged> {
        let Changes { acts, rule, .. } = changes;
        let keys: Vec<_> = acts.iter().map(keys).collect();
        let judged = self.school().judge(&acts, keys, rule, who);
        for (act, outcome) in acts.iter().zip(&judged.outcomes) {
            let outcome = if outcome.is_done() { "done" } else { "refused" };
            self.audit.push(AuditLine {
                at: self.now.to_string(),
                who: who.to_owned(),
                act: act.verb().to_owned(),
                about: act.concerns().to_owned(),
                outcome: outcome.to_owned(),
            });
        }
        judged.writes.into_iter().for_each(|write| self.write(write));
        self.drive(|router, cx| {
            judged.changes.into_iter().for_each(|change: Change| router.apply(change.into(), cx));
        });
        judged.outcomes
    }

    fn school(&self) -> School {
        let rooms = self.router.rooms_shown().into_iter().map(|(room, made_by)| (room.name, made_by));
        let school = School::new(self.account_values(), self.consents.clone(), self.now);
        school.with_rooms(rooms).with_groups(self.router.groups_of_site())
    }

    fn account_values(&self) -> Vec<Account> {
        self.accounts.values().map(|account| Account::clone(account)).collect()
    }

    fn write(&mut self, write: Write) {
        match write {
            Write::Add(account) | Write::Update(account) => {
                self.accounts.insert(account.name.clone(), account);
            }
            Write::Remove(name) => {
                self.accounts.remove(&name);
                let owner = Owner::Account(name.as_str().into());
                self.records.retain(|record| record.owner != owner);
                self.waiting.remove(name.as_str());
                let from = format!("<message from='{name}@");
                for kept in self.waiting.values_mut() {
                    kept.retain(|one| !one.stanza.starts_with(from.as_bytes()));
                }
            }
            Write::Consent(name, recorded) => drop(self.consents.insert(name, recorded)),
            Write::ForgetConsent(name) => drop(self.consents.remove(&name)),
            Write::Record(record) => self.record(vec![record], None),
        }
    }

    /// What somebody does on the host.
    fn administer(&mut self, verb: &str, rest: &[&str]) -> Outcome {
        let name = |text: &str| text.parse::<Name>().map_err(|error| error.to_string());
        let label = |words: &[&str]| words.join(" ").parse::<Label>().map_err(|error| error.to_string());
        let act = match (verb, rest) {
            ("adds", [who]) => Act::AddUser {
                name: name(who)?,
                display_name: None,
                kind: Kind::Child,
                groups: Vec::new(),
                password: password(PASSWORD),
                consent: Some(signed(self.now)),
            },
            ("makes", ["room", room, "for", group]) => Act::AddRoom {
                name: name(room)?,
                title: None,
                groups: vec![label(&[group])?],
                moderators: Vec::new(),
                owners: Vec::new(),
            },
            ("ends", ["room", room]) => Act::RemoveRoom { name: name(room)? },
            ("disables", [who]) => Act::DisableUser { name: name(who)? },
            ("enables", [who]) => Act::EnableUser { name: name(who)? },
            ("puts", [who, "into", group @ ..]) => Act::JoinGroup { name: name(who)?, group: label(group)? },
            ("promotes", [who]) => Act::SetKind { name: name(who)?, kind: Kind::Administrator },
            ("renames", ["group", group, "to", to]) => {
                Act::RenameGroup { group: label(&[group])?, to: label(&[to])? }
            }
            ("renames", [who, "to", text @ ..]) => {
                Act::RenameUser { name: name(who)?, display_name: label(text)? }
            }
            ("takes", [who, "out", "of", group @ ..]) => {
                Act::LeaveGroup { name: name(who)?, group: label(group)? }
            }
            ("changes", ["the", "password", "of", who]) => {
                Act::SetPassword { name: name(who)?, password: password("another password") }
            }
            ("kicks", [who]) => Act::EndSessions { name: name(who)? },
            ("removes", [who]) => Act::RemoveUser { name: name(who)? },
            _ => return Err("no such step".to_owned()),
        };
        match self.change(act.into(), "anna").pop() {
            Some(Judged::Refused(refusal)) => Err(refusal.what),
            _ => Ok(()),
        }
    }
}

/// The keys of the password that an act sets.
fn keys(act: &Act) -> Option<Keys> {
    match act {
        Act::AddUser { password, .. } if password.reveal() == PASSWORD => Some(everybodys_keys()),
        Act::AddUser { password, .. } | Act::SetPassword { password, .. } => Some(Keys::derive(password)),
        _ => None,
    }
}

fn password(text: &str) -> Password {
    Password::choose(text).expect("it is long enough")
}

fn signed(now: OffsetDateTime) -> Consent {
    Consent { signed: Day::of(now), slip: "1".parse().expect("a label") }
}

fn recorded(now: OffsetDateTime) -> Recorded {
    let Consent { signed, slip } = signed(now);
    Recorded { signed, slip, by: "anna".to_owned(), at: now, withdrawn: None }
}

/// They take some time to derive.
fn everybodys_keys() -> Keys {
    thread_local! {
        static KEYS: Keys = Keys::derive_with(&Password::prepare(PASSWORD).unwrap(), [[1; 16]; 2]);
    }
    KEYS.with(Clone::clone)
}

fn account(name: &str, display_name: &str, groups: &[&str]) -> Account {
    Account {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        groups: groups.iter().map(|&group| group.to_owned()).collect(),
        kind: Kind::Child,
        enabled: true,
        keys: everybodys_keys(),
    }
}

/// The room of a class, moderated by the nurse.
fn class_room(group: &str) -> SiteRoom {
    SiteRoom {
        name: group.parse().expect("a group is a name in transcripts"),
        title: group.parse().expect("a group is a label"),
        groups: vec![group.parse().expect("a group is a label")],
        moderators: vec!["nurse".parse().expect("the nurse's name")],
        owners: Vec::new(),
    }
}

fn parse(body: &str) -> Result<Vec<Seen>, String> {
    let mut text = BytesMut::from(format!("{}{body}", client::header()).as_bytes());
    let mut framer = Framer::new(Limits::of_bytes(1 << 20));
    let mut expected = Vec::new();
    while let Some(frame) =
        framer.next(&mut text).map_err(|error| format!("the transcript's XML is {error}"))?
    {
        match frame {
            Frame::Element(element) => expected.push(Seen::Element(Node::from(&element))),
            Frame::End => expected.push(Seen::End),
            Frame::Header(_) => {}
        }
    }
    if text.is_empty() { Ok(expected) } else { Err("the transcript's XML is not whole".to_owned()) }
}

fn show(seen: &Seen) -> String {
    match seen {
        Seen::Element(node) => matching::show(node),
        Seen::End => "</stream:stream>".to_owned(),
        Seen::Header => "<stream:stream>".to_owned(),
    }
}

fn settings() -> Settings {
    Settings {
        domain: "school.test".to_owned(),
        organisation: "The School".to_owned(),
        stanza_bytes: 20_000,
        resources_per_account: 3,
        roster: RosterPolicy::default(),
        personal_bytes: 40_000,
        resumption_seconds: 600,
        patience: Duration::from_secs(60),
        takes_plain: false,
        token_days: 21,
        version_shown: false,
        rooms: RoomSettings { staff: vec!["Staff".to_owned()], ..RoomSettings::default() },
        upload: None,
    }
}

/// Small enough to be met.
fn upload_terms() -> Terms {
    Terms {
        base: "https://school.test:5443/upload/".to_owned(),
        file_bytes: 100_000,
        account_bytes: 200_000,
        all_bytes: 300_000,
        types: ["application/octet-stream", "image/*"].map(|one| one.to_owned().try_into().unwrap()).into(),
        days: 30,
    }
}

fn router(settings: Settings, accounts: Vec<Account>, now: OffsetDateTime) -> Router {
    Router::new(settings, Authenticator::new("school.test", DecoySecret::new([7; 32])), accounts, now)
}
