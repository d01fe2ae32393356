//! What the connections of a twin share, and its bad habits.

use std::{
    collections::HashMap,
    fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::Sender,
    },
    thread,
    time::Duration,
};

use rustls::ServerConfig;

use super::{certificates::Certificates, tls};

/// One thing that a server must not do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Habit {
    AcceptsAnyPassword,
    AcceptsPlain,
    AcceptsPlainBySasl2,
    AcceptsRegistration,
    AcceptsRegistrationAfterLogin,
    AnswersDialback,
    AnswersOldTls,
    AnyDomain,
    AnyOrigin,
    BelievesSenders,
    BindsElsewhere,
    HttpInTheClear,
    IgnoresBinding,
    IgnoresConsent,
    KeepsDelivered,
    KeepsDisabledIn,
    LegacyLogin,
    LetsDisabledIn,
    ListsFiles,
    LogsContent,
    LoginInTheClear,
    NoAlpn,
    NoBinding,
    NoLimit,
    NoTls12,
    NoTls13,
    OffersDialback,
    OffersMechanismsInTheClear,
    OffersPlain,
    OffersPlainBySasl2,
    OffersRegistration,
    OffersRegistrationInDisco,
    RandomSalts,
    RefusesEveryone,
    ServerStreams,
    StarttlsOptional,
    SwallowsForeignStanzas,
    TellsUnknownNames,
    ThrottlesNobody,
    TightLimit,
}

/// What is sent to a session from elsewhere.
pub(super) enum Mail {
    Xml(String),
    End,
}

pub(super) struct AccountState {
    pub(super) password: String,
    pub(super) enabled: bool,
    pub(super) wrong_guesses: u32,
}

/// The state of the whole server.
pub(super) struct World {
    habits: Vec<Habit>,
    pub(super) tls: Arc<ServerConfig>,
    pub(super) web_tls: Arc<ServerConfig>,
    pub(super) accounts: Mutex<HashMap<String, AccountState>>,
    /// By full JID.
    pub(super) sessions: Mutex<HashMap<String, Sender<Mail>>>,
    /// By bare JID.
    pub(super) waiting: Mutex<HashMap<String, Vec<String>>>,
    folder: tempfile::TempDir,
    counter: AtomicU64,
    ended: AtomicBool,
}

impl World {
    pub(super) fn new(habits: Vec<Habit>, certificates: &Certificates) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("xmppd.log"), "ready\n").unwrap();
        Self {
            tls: tls::server(&habits, certificates, b"xmpp-client"),
            web_tls: tls::server(&habits, certificates, b"http/1.1"),
            habits,
            accounts: Mutex::default(),
            sessions: Mutex::default(),
            waiting: Mutex::default(),
            folder,
            counter: AtomicU64::new(0),
            ended: AtomicBool::new(false),
        }
    }

    pub(super) fn has(&self, habit: Habit) -> bool {
        self.habits.contains(&habit)
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(super) fn log(&self, line: &str) {
        let log = self.folder().join("xmppd.log");
        let before = fs::read_to_string(&log).unwrap();
        fs::write(log, before + line + "\n").unwrap();
    }

    /// Writes what waits to disk, as a database would.
    pub(super) fn save(&self, waiting: &HashMap<String, Vec<String>>) {
        let all: Vec<_> = waiting.values().flatten().map(String::as_str).collect();
        fs::write(self.folder().join("xmppd.sqlite"), all.join("\n")).unwrap();
    }

    /// A number that was not given before.
    pub(super) fn next(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}

/// Serves on a port of loopback until the world ends.
pub(super) fn listen(world: &Arc<World>, serve: fn(&Arc<World>, TcpStream)) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let world = Arc::clone(world);
    thread::spawn(move || {
        while !world.has_ended() {
            let Ok((socket, _)) = listener.accept() else {
                thread::sleep(Duration::from_millis(2));
                continue;
            };
            let world = Arc::clone(&world);
            thread::spawn(move || serve(&world, socket));
        }
    });
    port
}
