//! One connection: bytes in, bytes out.

use std::{
    future::poll_fn,
    io,
    net::IpAddr,
    sync::Arc,
    task::{self, Poll},
    time::{Duration, Instant},
};

use bytes::BytesMut;
use tokio::{
    net::TcpStream,
    time::{timeout, timeout_at},
};
use tokio_rustls::TlsAcceptor;

use super::{
    mailbox::{Mailbox, Order},
    pace::Pace,
    shared::Shared,
    tls::Certificate,
    transport::Transport,
    vigil::Verdict,
};
use crate::{
    auth::ChannelBindings,
    config,
    stream::{Batch, Step, Stream, StreamError},
};

/// So long the last words may take, and so long the peer may take to close its side.
const FAREWELL: Duration = Duration::from_secs(3);

/// What every connection is served with.
pub(super) struct Service {
    pub(super) shared: Arc<Shared>,
    pub(super) certificate: Arc<Certificate>,
    pub(super) limits: config::Limits,
}

/// How a connection begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Beginning {
    /// With TLS (XEP-0368).
    Direct,
    /// In the clear, asking for TLS (RFC 6120 §5).
    StartTls,
}

/// Serves one connection to its end.
pub(super) async fn serve(tcp: TcpStream, peer: IpAddr, beginning: Beginning, service: &Service) {
    let login_by = Instant::now() + Duration::from_secs(service.limits.unauthenticated_seconds.into());
    let (id, mailbox) = service.shared.open();
    let begun = match beginning {
        Beginning::StartTls => Some((Transport::Plain(tcp), Stream::plain(id, peer))),
        Beginning::Direct => {
            let secured = handshake(tcp, login_by, service, &mailbox).await;
            secured.map(|(transport, bindings)| (transport, Stream::direct(id, peer, bindings)))
        }
    };
    if let Some((transport, stream)) = begun {
        let mut connection = Connection::new(transport, stream, mailbox, login_by, service);
        let end = connection.run().await;
        tracing::debug!(connection = id.0, ?end, "connection ended");
        service.shared.drive(|router, cx| connection.stream.lost(router, cx));
    }
    service.shared.close(id);
}

/// Does the handshake; `None` if the peer does not do its part in time, or an order comes before it has.
async fn handshake(
    tcp: TcpStream,
    by: Instant,
    service: &Service,
    mailbox: &Mailbox,
) -> Option<(Transport, ChannelBindings)> {
    let certificate = service.certificate.current();
    let accepting = TlsAcceptor::from(Arc::clone(&certificate.config)).accept(tcp);
    let tls = tokio::select! {
        accepted = timeout_at(by.into(), accepting) => accepted.ok()?.ok()?,
        _ = poll_fn(|cx| mailbox.poll_order(cx)) => return None,
    };
    let bindings = certificate.bindings(tls.get_ref().1);
    Some((Transport::Tls(Box::new(tls)), bindings))
}

struct Connection<'a> {
    transport: Option<Transport>,
    stream: Stream,
    mailbox: Arc<Mailbox>,
    service: &'a Service,
    incoming: BytesMut,
    outgoing: BytesMut,
    must_flush: bool,
    pace: Pace,
}

/// What has happened to a connection.
#[derive(Debug)]
enum Event {
    Alarm,
    Ended,
    Ordered(Order),
    Read(usize),
}

/// Why a connection is over.
#[derive(Debug)]
enum End {
    /// Both sides know.
    Closed,
    /// The peer is gone, or does not read.
    Lost,
}

impl<'a> Connection<'a> {
    fn new(
        transport: Transport,
        stream: Stream,
        mailbox: Arc<Mailbox>,
        login_by: Instant,
        service: &'a Service,
    ) -> Self {
        Self {
            transport: Some(transport),
            stream,
            mailbox,
            service,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            must_flush: false,
            pace: Pace::new(&service.limits, login_by),
        }
    }

    async fn run(&mut self) -> End {
        loop {
            let step = match poll_fn(|cx| self.poll_event(cx)).await {
                Event::Alarm => self.alarmed(),
                Event::Ended | Event::Ordered(Order::Cut) => return End::Lost,
                Event::Ordered(Order::Close(error)) => self.fail(error),
                Event::Read(bytes) => self.read(bytes),
            };
            match step {
                Step::Close => return self.finish().await,
                Step::StartTls => {
                    if self.start_tls().await.is_none() {
                        return End::Lost;
                    }
                }
                Step::Continue | Step::Pause(_) => {}
            }
        }
    }

    /// Writes whatever can be written, and returns when something else has happened.
    fn poll_event(&mut self, cx: &mut task::Context<'_>) -> Poll<Event> {
        // These first: they must be heard even by one whose peer does not read, or never stops sending records
        // with nothing in them.
        if let Poll::Ready(order) = self.mailbox.poll_order(cx) {
            return Poll::Ready(Event::Ordered(order));
        }
        if self.pace.poll_alarm(cx).is_ready() {
            return Poll::Ready(Event::Alarm);
        }
        if self.pace.may_write() && matches!(self.poll_write(cx), Poll::Ready(Err(_))) {
            return Poll::Ready(Event::Ended);
        }
        if self.pace.may_read()
            && let Some(transport) = &mut self.transport
        {
            match transport.poll_read(cx, &mut self.incoming) {
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Event::Ended),
                Poll::Ready(Ok(bytes)) => return Poll::Ready(Event::Read(bytes)),
                Poll::Pending => {}
            }
        }
        Poll::Pending
    }

    /// Ready when all that waited has been written.
    fn poll_write(&mut self, cx: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        let Some(transport) = &mut self.transport else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        loop {
            task::ready!(transport.poll_write_all(cx, &mut self.outgoing))?;
            if !self.mailbox.take(&mut self.outgoing) {
                break;
            }
            self.must_flush = true;
        }
        self.outgoing = BytesMut::new(); // an idle connection holds no buffers
        if self.must_flush {
            task::ready!(transport.poll_flush(cx))?;
            self.must_flush = false;
            self.mailbox.flushed();
        }
        Poll::Ready(Ok(()))
    }

    fn read(&mut self, bytes: usize) -> Step {
        self.pace.took(bytes);
        self.digest()
    }

    /// Handles what has been read, as far as it is whole; while reading is held back, the rest stays where it
    /// is.
    fn digest(&mut self) -> Step {
        while self.pace.may_read() {
            let batch = self.stream.read(&mut self.incoming);
            if batch.is_empty() {
                if self.incoming.is_empty() {
                    self.incoming = BytesMut::new(); // an idle connection holds no buffers
                }
                return Step::Continue;
            }
            match self.handle(batch) {
                Step::Continue => {}
                Step::Pause(wait) => self.pace.pause(wait),
                step => return step,
            }
        }
        Step::Continue
    }

    fn handle(&mut self, batch: Batch) -> Step {
        let (step, caused) =
            self.service.shared.drive_for(|router, cx| self.stream.handle(batch, router, cx));
        self.pace.caused(caused);
        step
    }

    fn fail(&mut self, error: StreamError) -> Step {
        self.mailbox.reopen();
        self.service.shared.drive(|router, cx| self.stream.fail(error, router, cx))
    }

    /// Some time is over: looks after the silent, and goes on with what was held back.
    fn alarmed(&mut self) -> Step {
        let session = self.stream.session();
        match self.pace.alarmed(session.is_some()) {
            Verdict::GiveUp => self.fail(StreamError::ConnectionTimeout),
            Verdict::Wait(_) => self.digest(),
            Verdict::Ask(_) => {
                self.service.shared.drive(|router, cx| session.map(|session| router.ping(session, cx)));
                self.digest()
            }
        }
    }

    /// RFC 6120 §5.4.3.3: whatever was sent in the clear behind `<starttls/>` is dropped.
    async fn start_tls(&mut self) -> Option<()> {
        self.incoming = BytesMut::new();
        timeout_at(self.pace.login_by().into(), poll_fn(|cx| self.poll_write(cx))).await.ok()?.ok()?;
        let Some(Transport::Plain(tcp)) = self.transport.take() else { return None };
        let (transport, bindings) = handshake(tcp, self.pace.login_by(), self.service, &self.mailbox).await?;
        self.transport = Some(transport);
        self.stream.secured(bindings);
        Some(())
    }

    /// Says the last words, closes, and waits for the peer to do so (RFC 6120 §4.4), lest what it sends
    /// destroys them.
    async fn finish(&mut self) -> End {
        let farewell = async {
            poll_fn(|cx| self.poll_write(cx)).await?;
            let Some(transport) = &mut self.transport else { return Ok(()) };
            poll_fn(|cx| transport.poll_shutdown(cx)).await?;
            loop {
                self.incoming.clear();
                if poll_fn(|cx| transport.poll_read(cx, &mut self.incoming)).await? == 0 {
                    return io::Result::Ok(());
                }
            }
        };
        match timeout(FAREWELL, farewell).await {
            Ok(Ok(())) => End::Closed,
            _ => End::Lost,
        }
    }
}
