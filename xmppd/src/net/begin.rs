//! How one connection begins: with TLS, in the clear, or with HTTPS; and its end.

use std::{
    future::poll_fn,
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::RwLock;
use tokio::{net::TcpStream, time::timeout_at};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{
    connection::Connection, inlet::Inlet, mailbox::Mailbox, shared::Shared, tls::Certificate,
    transport::Transport, web,
};
use crate::{
    auth::ChannelBindings,
    config::{self, Config},
    store::Files,
    stream::{ConnectionId, Framing, Stream},
};

/// What every connection is served with.
pub(super) struct Service {
    pub(super) shared: Arc<Shared>,
    terms: RwLock<Arc<Terms>>,
}

/// What those are served with that come from now on.
pub(super) struct Terms {
    pub(super) certificate: Certificate,
    pub(super) limits: config::Limits,
    /// Where there is a web port.
    pub(super) site: Option<web::Site>,
}

/// How a connection begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Beginning {
    /// With TLS (XEP-0368).
    Direct,
    /// In the clear, asking for TLS (RFC 6120 §5).
    StartTls,
    /// With HTTPS, asking for a WebSocket (RFC 7395 §3.1) or for something else.
    Web,
}

/// A connection that has got as far as a stream.
pub(super) struct Begun {
    pub(super) transport: Transport,
    pub(super) stream: Stream,
    pub(super) inlet: Inlet,
    /// When its peer must have logged in.
    pub(super) login_by: Instant,
}

/// One that has just come.
struct Newcomer<'a> {
    id: ConnectionId,
    peer: IpAddr,
    mailbox: &'a Mailbox,
    service: &'a Service,
}

impl Service {
    pub(super) fn new(shared: Arc<Shared>, terms: Terms) -> Self {
        Self { shared, terms: RwLock::new(Arc::new(terms)) }
    }

    /// The terms for somebody who comes now.
    pub(super) fn terms(&self) -> Arc<Terms> {
        Arc::clone(&self.terms.read())
    }

    /// From now on, these are the terms; those who are there keep theirs.
    pub(super) fn set_terms(&self, terms: Terms) {
        *self.terms.write() = Arc::new(terms);
    }

    /// When somebody who comes now must have logged in.
    pub(super) fn login_by(&self) -> Instant {
        Instant::now() + Duration::from_secs(self.terms().limits.unauthenticated_seconds.into())
    }
}

impl Terms {
    /// As the settings have it.
    pub(super) fn new(config: &Config, certificate: Certificate, files: &Files) -> Self {
        Self { certificate, limits: config.limits.clone(), site: web::Site::new(config, files) }
    }
}

/// Serves one connection to its end.
pub(super) async fn serve(tcp: TcpStream, peer: IpAddr, beginning: Beginning, service: &Service) {
    let framing = if beginning == Beginning::Web { Framing::Messages } else { Framing::Document };
    let (id, mailbox) = service.shared.open(framing);
    let newcomer = Newcomer { id, peer, mailbox: &mailbox, service };
    let begun = match beginning {
        Beginning::Direct => newcomer.begin_with_tls(tcp).await,
        Beginning::StartTls => Some(newcomer.begin_in_the_clear(tcp)),
        // In a box, for the others not to carry its weight.
        Beginning::Web => Box::pin(newcomer.begin_on_the_web(tcp)).await,
    };
    if let Some(begun) = begun {
        let mut connection = Connection::new(begun, mailbox, service);
        let end = connection.run().await;
        tracing::debug!(connection = id.0, ?end, "connection ended");
        service.shared.drive(|router, cx| connection.stream.lost(router, cx));
    }
    service.shared.close(id);
}

impl Newcomer<'_> {
    fn begin_in_the_clear(&self, tcp: TcpStream) -> Begun {
        Begun {
            transport: Transport::Plain(tcp),
            stream: Stream::plain(self.id, self.peer),
            inlet: Inlet::default(),
            login_by: self.service.login_by(),
        }
    }

    async fn begin_with_tls(&self, tcp: TcpStream) -> Option<Begun> {
        let login_by = self.service.login_by();
        let (tls, bindings) = handshake(tcp, Beginning::Direct, login_by, self.service, self.mailbox).await?;
        Some(Begun {
            transport: Transport::Tls(Box::new(tls)),
            stream: Stream::direct(self.id, self.peer, bindings),
            inlet: Inlet::default(),
            login_by,
        })
    }

    /// Answers requests; there is a stream if one of them asks for a WebSocket.
    async fn begin_on_the_web(&self, tcp: TcpStream) -> Option<Begun> {
        let by = self.service.login_by();
        let (tls, bindings) = handshake(tcp, Beginning::Web, by, self.service, self.mailbox).await?;
        let (tls, rest) = web::serve(tls, self.service, self.mailbox).await?;
        Some(Begun {
            transport: Transport::Tls(Box::new(tls)),
            stream: Stream::in_messages(self.id, self.peer, bindings),
            inlet: Inlet::of_websocket(rest),
            login_by: self.service.login_by(),
        })
    }
}

/// Does the handshake; `None` if the peer does not do its part in time, or an order comes before it has.
pub(super) async fn handshake(
    tcp: TcpStream,
    beginning: Beginning,
    by: Instant,
    service: &Service,
    mailbox: &Mailbox,
) -> Option<(TlsStream<TcpStream>, ChannelBindings)> {
    let terms = service.terms();
    let certificate = &terms.certificate;
    let config = if beginning == Beginning::Web { &certificate.web } else { &certificate.xmpp };
    let accepting = TlsAcceptor::from(Arc::clone(config)).accept(tcp);
    let tls = tokio::select! {
        accepted = timeout_at(by.into(), accepting) => accepted.ok()?.ok()?,
        _ = poll_fn(|cx| mailbox.poll_order(cx)) => return None,
    };
    let bindings = certificate.bindings(tls.get_ref().1);
    Some((tls, bindings))
}
