//! Connections over loopback, with limits small enough to be met.

#![expect(clippy::unwrap_used, reason = "tests may")]

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    begin::{self, Beginning, Service, Terms},
    shared::Shared,
    tls::Certificate,
};
use crate::{
    account::{Account, Kind},
    auth::{Authenticator, DecoySecret, Keys, Password},
    config,
    control::{Act, Administration, Change, Live, LiveStatus, Reload, Request, Session, Wiping},
    router::{Router, Settings},
    stanza::Packet,
    store::{Capacity, Store},
    stream::{Action, ConnectionId, SessionId, StreamError, Ticket},
};

const HEADER: &str = "<stream:stream xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' to='school.test' version='1.0'>";

/// How long anything may take; on a busy machine most of it is waiting for a processor.
const LIMIT: Duration = Duration::from_secs(20);

struct Site {
    address: SocketAddr,
    service: Arc<Service>,
    connector: TlsConnector,
    _folder: TempDir,
}

/// A server that serves whoever connects.
async fn site(beginning: Beginning, limits: config::Limits) -> Site {
    let folder = tempfile::tempdir().unwrap();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["school.test".to_owned()]).unwrap();
    let files = config::Tls { chain: folder.path().join("chain.pem"), key: folder.path().join("key.pem") };
    std::fs::write(&files.chain, cert.pem()).unwrap();
    std::fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    let settings = Settings { stanza_bytes: limits.stanza_bytes, ..Settings::small() };
    let authenticator = Authenticator::new("school.test", DecoySecret::new([1; 32]));
    let router = Router::new(settings, authenticator, Vec::new(), OffsetDateTime::UNIX_EPOCH);
    let shared = Shared::new(router, Store::open(folder.path(), Capacity::default()).unwrap());
    let terms = Terms { certificate: Certificate::load(&files).unwrap(), limits, site: None };
    let service = Arc::new(Service::new(shared, terms));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = Arc::clone(&service);
    tokio::spawn(async move {
        while let Ok((tcp, peer)) = listener.accept().await {
            let service = Arc::clone(&serving);
            tokio::spawn(async move { begin::serve(tcp, peer.ip(), beginning, &service).await });
        }
    });
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Site { address, service, connector: TlsConnector::from(Arc::new(client)), _folder: folder }
}

impl Site {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn secure(&self, tcp: TcpStream) -> TlsStream<TcpStream> {
        self.connector.connect(ServerName::try_from("school.test").unwrap(), tcp).await.unwrap()
    }
}

/// What arrives until the text does, or the end.
async fn until(stream: &mut (impl AsyncReadExt + Unpin), text: &str) -> String {
    let mut seen = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&seen).contains(text)
            && stream.read_buf(&mut seen).await.unwrap_or(0) > 0
        {}
    };
    timeout(LIMIT, reading).await.unwrap();
    String::from_utf8(seen).unwrap()
}

#[tokio::test]
async fn what_is_sent_in_the_clear_behind_starttls_is_never_read() {
    let site = site(Beginning::StartTls, config::Limits::default()).await;
    let mut tcp = site.connect().await;
    let smuggled = format!("{HEADER}<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    tcp.write_all(smuggled.as_bytes()).await.unwrap();
    tcp.write_all(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>").await.ok();
    // Behind one write, these bytes may come in one segment or as the start of the handshake; neither may be
    // obeyed.
    let seen = until(&mut tcp, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await;
    assert!(seen.ends_with("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), "{seen}");
    assert!(!seen.contains("failure"), "{seen}");
}

#[tokio::test]
async fn starttls_leads_to_mechanisms_bound_to_the_channel() {
    let site = site(Beginning::StartTls, config::Limits::default()).await;
    let mut tcp = site.connect().await;
    tcp.write_all(HEADER.as_bytes()).await.unwrap();
    let offered = until(&mut tcp, "</stream:features>").await;
    assert!(offered.contains("<required/>") && !offered.contains("mechanism"), "{offered}");
    tcp.write_all(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await.unwrap();
    until(&mut tcp, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await;
    let mut tls = site.secure(tcp).await;
    tls.write_all(HEADER.as_bytes()).await.unwrap();
    let offered = until(&mut tls, "</stream:features>").await;
    assert!(offered.contains("<mechanism>SCRAM-SHA-256-PLUS</mechanism>"), "{offered}");
    assert!(offered.contains("<channel-binding type='tls-exporter'/>"), "{offered}");
    assert!(!offered.contains("starttls"), "{offered}");
}

#[tokio::test]
async fn a_byte_at_a_time_is_as_good_as_all_at_once() {
    let site = site(Beginning::Direct, config::Limits::default()).await;
    let mut tls = site.secure(site.connect().await).await;
    for byte in HEADER.bytes() {
        tls.write_all(&[byte]).await.unwrap();
        tls.flush().await.unwrap();
    }
    assert!(until(&mut tls, "</stream:features>").await.contains("<mechanisms"));
}

#[tokio::test]
async fn who_does_not_log_in_in_time_is_sent_away() {
    // Long enough for a handshake on a busy machine.
    let limits = config::Limits { unauthenticated_seconds: 5, ..config::Limits::default() };
    let (direct, plain) =
        (site(Beginning::Direct, limits.clone()).await, site(Beginning::StartTls, limits).await);
    let (mut silent, mut tcp) = (direct.connect().await, plain.connect().await);
    let mut tls = direct.secure(direct.connect().await).await;
    assert!(until(&mut tls, "</stream:stream>").await.contains("<connection-timeout "));
    assert_eq!(until(&mut silent, "never").await, "", "a handshake that never comes ends, too");
    assert!(until(&mut tcp, "</stream:stream>").await.contains("<connection-timeout "));
}

#[tokio::test]
async fn nobody_sends_more_than_a_stanza_before_logging_in() {
    let site = site(Beginning::Direct, config::Limits::default()).await;
    let mut tls = site.secure(site.connect().await).await;
    let endless = format!("{HEADER}<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' x='{}", "x".repeat(11_000));
    tls.write_all(endless.as_bytes()).await.unwrap();
    assert!(until(&mut tls, "</stream:stream>").await.contains("<policy-violation "));
}

#[tokio::test]
async fn who_sends_too_fast_is_read_slowly_and_nothing_is_lost() {
    let limits = config::Limits { bytes_per_second: 1024, burst_bytes: 1024, ..config::Limits::default() };
    let site = site(Beginning::Direct, limits).await;
    let mut tls = site.secure(site.connect().await).await;
    let started = tokio::time::Instant::now();
    tls.write_all(format!("{}{HEADER}", " ".repeat(2048)).as_bytes()).await.unwrap();
    until(&mut tls, "</stream:features>").await;
    tls.write_all(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>").await.unwrap();
    assert!(until(&mut tls, "<invalid-mechanism/>").await.contains("<invalid-mechanism/>"));
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
}

#[tokio::test]
async fn who_does_not_read_is_cut_off() {
    let site = site(Beginning::StartTls, config::Limits::default()).await;
    let mut tcp = site.connect().await;
    tcp.write_all(HEADER.as_bytes()).await.unwrap();
    until(&mut tcp, "</stream:features>").await;
    let connection = ConnectionId(1);
    let flood = async {
        for _ in 0..1000 {
            let packet = Packet::from_iter([vec![b' '; 64 * 1024].into()]);
            site.service.shared.drive(|_, cx| cx.send(connection, packet));
            tokio::time::sleep(Duration::from_millis(1)).await;
            if tcp.try_write(b" ").is_err() {
                return true;
            }
        }
        false
    };
    assert!(flood.await, "64 MB and still connected");
}

#[tokio::test]
async fn everybody_hears_of_a_shutdown() {
    let site = site(Beginning::Direct, config::Limits::default()).await;
    let mut tls = site.secure(site.connect().await).await;
    tls.write_all(HEADER.as_bytes()).await.unwrap();
    until(&mut tls, "</stream:features>").await;
    site.service.shared.close_all(StreamError::SystemShutdown);
    assert!(until(&mut tls, "</stream:stream>").await.contains("<system-shutdown "));
    assert_eq!(tls.read(&mut [0]).await.unwrap(), 0, "and TLS is closed in good order");
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_not_waited_for_by_a_shutdown() {
    let site = site(Beginning::Direct, config::Limits::default()).await;
    let mut silent = site.connect().await;
    while Arc::strong_count(&site.service) < 3 {
        tokio::task::yield_now().await; // until it is served
    }
    tokio::task::yield_now().await; // and waits for the handshake
    site.service.shared.close_all(StreamError::SystemShutdown);
    let ended = timeout(LIMIT, silent.read(&mut [0])).await;
    assert_eq!(ended.expect("it ends at once").unwrap(), 0);
}

#[tokio::test]
async fn who_chatters_instead_of_logging_in_is_sent_away_as_well() {
    let limits = config::Limits { unauthenticated_seconds: 1, ..config::Limits::default() };
    let site = site(Beginning::StartTls, limits).await;
    let (mut reading, mut writing) = site.connect().await.into_split();
    let flood = tokio::spawn(async move {
        let _ = writing.write_all(HEADER.as_bytes()).await; // by then it may be too late
        while writing.write_all(&[b' '; 64]).await.is_ok() {}
    });
    assert!(until(&mut reading, "</stream:stream>").await.contains("<connection-timeout "));
    flood.abort();
}

#[tokio::test]
async fn a_connection_costs_little_while_it_is_idle() {
    let site = site(Beginning::Direct, config::Limits::default()).await;
    let tcp = site.connect().await;
    let serving = begin::serve(tcp, IpAddr::from(Ipv4Addr::LOCALHOST), Beginning::Direct, &site.service);
    let bytes = std::mem::size_of_val(&serving);
    assert!(bytes <= 6 * 1024, "the task of one connection takes {bytes} bytes");
}

/// Of a running server, what a removal needs.
struct Told(Arc<Shared>);

impl Live for Told {
    fn apply(&self, changes: Vec<Change>) {
        self.0.drive(|router, cx| changes.into_iter().for_each(|change| router.apply(change.into(), cx)));
    }

    fn wipe(&self) -> Wiping<'_> {
        Box::pin(self.0.wipe())
    }

    fn reload(&self) -> Reload {
        Reload::Applied(Vec::new())
    }

    fn sessions(&self) -> Vec<Session> {
        Vec::new()
    }

    fn status(&self) -> LiveStatus {
        LiveStatus::default()
    }
}

#[tokio::test]
async fn a_removal_that_is_under_way_is_finished_before_the_server_stops() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Capacity::default()).unwrap();
    let keys = Keys::derive(&Password::prepare("pencil").unwrap());
    let (name, groups) = ("tybalt".to_owned(), Vec::new());
    let tybalt =
        Account { display_name: name.clone(), name, kind: Kind::Teacher, groups, enabled: true, keys };
    store.add_account(tybalt).await.unwrap();
    let accounts = store.accounts().await.unwrap();
    let authenticator = Authenticator::new("school.test", DecoySecret::new([1; 32]));
    let router = Router::new(Settings::small(), authenticator, accounts, OffsetDateTime::UNIX_EPOCH);
    let shared = Shared::new(router, store.clone());
    let administration = Arc::new(Administration::new(store.clone(), Arc::new(Told(Arc::clone(&shared)))));
    shared.set_administration(&administration);

    let request = Request::Change(Act::RemoveUser { name: "tybalt".parse().unwrap() }.into());
    let ticket = Ticket { session: SessionId(1), id: None, node: "remove", sitting: String::new() };
    shared.drive(|_, cx| {
        cx.outbox.push(Action::Administer { request, who: "admin@school.test".to_owned(), ticket });
    });
    timeout(LIMIT, shared.settle()).await.expect("what runs does not wait for itself");
    assert!(store.accounts().await.unwrap().is_empty());
    assert_eq!(store.removed().await.unwrap(), [""; 0], "nobody has anything to forget any more");
}
