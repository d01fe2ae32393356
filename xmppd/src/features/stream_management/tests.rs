#![expect(clippy::unwrap_used, reason = "tests may")]

use std::time::Instant;

use time::OffsetDateTime;

use super::*;
use crate::{
    account::Account,
    auth::{Authenticator, DecoySecret, Keys, Password},
    router::{Nature, Parcel, Settings, outlet::Outlet},
    stanza::Packet,
    stream::{Host, host::BindRequest},
};

/// More of these than may wait for a session.
const MESSAGE_BYTES: usize = 64 * 1024;
const MESSAGES: usize = 40;

struct Server {
    router: Router,
    session: SessionId,
    outbox: Vec<Action>,
}

impl Server {
    /// With two accounts, and one session, whose stream is managed and can be resumed.
    fn new() -> Self {
        let account = Account {
            name: "juliet".to_owned(),
            display_name: "Juliet".to_owned(),
            groups: Vec::new(),
            kind: crate::account::Kind::Child,
            enabled: true,
            keys: Keys::derive_with(&Password::prepare("wherefore art thou").unwrap(), [[1; 16]; 2]),
        };
        let authenticator = Authenticator::new("school.test", DecoySecret::new([1; 32]));
        let romeo = Account { name: "romeo".to_owned(), ..account.clone() };
        let accounts = vec![account.clone(), romeo];
        let router = Router::new(Settings::small(), authenticator, accounts, OffsetDateTime::UNIX_EPOCH);
        let mut server = Self { router, session: SessionId(0), outbox: Vec::new() };
        server.session = server.drive(|router, cx| {
            let (connection, agent, resource, language) = (ConnectionId(1), None, None, None);
            let request = BindRequest { connection, account: &account, agent, resource, language };
            let (session, _) = router.bind(request, cx).unwrap();
            let wish = Enable { resumes: true, seconds: None };
            assert!(router.enable_management(session, wish, cx).unwrap().resumption.is_some());
            session
        });
        server
    }

    fn drive<T>(&mut self, work: impl FnOnce(&mut Router, &mut Context<'_>) -> T) -> T {
        let mut random = |bytes: &mut [u8]| bytes.fill(1);
        let (now, instant) = (OffsetDateTime::UNIX_EPOCH, Instant::now());
        let mut cx = Context { now, instant, random: &mut random, outbox: &mut self.outbox };
        work(&mut self.router, &mut cx)
    }

    fn flood(&mut self) {
        let text = format!(
            "<message from='romeo@school.test/a'><body>{}</body></message>",
            "x".repeat(MESSAGE_BYTES)
        );
        let nature = Nature::Message { sender: "romeo".into(), is_worth_keeping: true, is_copied: false };
        let parcel = Parcel { packet: Packet::from_iter([text.into()]), nature };
        let session = self.session;
        self.drive(|router, cx| {
            for _ in 0..MESSAGES {
                router.deliver(session, parcel.clone(), cx);
            }
        });
    }

    fn kept(&self) -> usize {
        self.outbox.iter().filter(|action| matches!(action, Action::KeepOffline { .. })).count()
    }
}

#[test]
fn who_acknowledges_nothing_is_cut_off_when_too_much_waits() {
    let mut server = Server::new();
    server.flood();
    let error = server.outbox.iter().find_map(|action| match action {
        Action::Close { error, .. } => Some(*error),
        _ => None,
    });
    assert_eq!(error, Some(StreamError::PolicyViolation));
    let session = server.session;
    server.drive(|router, cx| router.end(session, ConnectionId(1), cx));
    assert_eq!((server.router.session_count(), server.kept()), (0, MESSAGES));
}

#[test]
fn who_is_away_ends_when_too_much_waits() {
    let mut server = Server::new();
    let session = server.session;
    server.drive(|router, cx| router.lost(session, ConnectionId(1), cx));
    server.drive(Router::tick);
    assert_eq!(server.router.session_count(), 1);
    server.flood();
    server.drive(Router::tick);
    assert_eq!((server.router.session_count(), server.kept()), (0, MESSAGES));
}

#[test]
fn an_old_connection_has_no_say_any_more() {
    let mut server = Server::new();
    let session = server.session;
    let old = ConnectionId(9);
    server.drive(|router, cx| {
        router.end(session, old, cx);
        router.lost(session, old, cx);
        assert!(!router.count(session, old) && router.count(session, ConnectionId(1)));
    });
    assert_eq!(server.router.session_count(), 1);
}

#[test]
fn an_idle_stream_costs_little() {
    let bytes = size_of::<Outlet>() + size_of::<Management>();
    assert!(bytes <= 256, "{bytes} bytes");
}
