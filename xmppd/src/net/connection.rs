//! One connection: bytes in, bytes out.

use std::{
    future::poll_fn,
    io,
    sync::Arc,
    task::{self, Poll},
    time::Duration,
};

use bytes::BytesMut;
use tokio::time::{timeout, timeout_at};

use super::{
    begin::{Beginning, Begun, Service, handshake},
    inlet::{Arrived, Inlet},
    mailbox::{Mailbox, Order},
    pace::Pace,
    transport::Transport,
    vigil::Verdict,
    web::websocket,
};
use crate::stream::{Batch, Step, Stream, StreamError};

/// So long the last words may take, and so long the peer may take to close its side.
const FAREWELL: Duration = Duration::from_secs(3);
/// RFC 6455 §7.4.1: the end of a WebSocket where nothing was wrong with it.
const NORMAL: u16 = 1000;

/// The connection of a stream.
pub(super) struct Connection<'a> {
    transport: Option<Transport>,
    pub(super) stream: Stream,
    mailbox: Arc<Mailbox>,
    service: &'a Service,
    inlet: Inlet,
    outgoing: BytesMut,
    must_flush: bool,
    pace: Pace,
    /// Why a WebSocket ends (RFC 6455 §7.4.1).
    close_code: u16,
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
pub(super) enum End {
    /// Both sides know.
    Closed,
    /// The peer is gone, or does not read.
    Lost,
}

impl<'a> Connection<'a> {
    pub(super) fn new(begun: Begun, mailbox: Arc<Mailbox>, service: &'a Service) -> Self {
        let Begun { transport, stream, inlet, login_by } = begun;
        Self {
            transport: Some(transport),
            stream,
            mailbox,
            service,
            inlet,
            outgoing: BytesMut::new(),
            must_flush: false,
            pace: Pace::new(&service.terms().limits, login_by),
            close_code: NORMAL,
        }
    }

    pub(super) async fn run(&mut self) -> End {
        let mut step = self.digest();
        loop {
            match step {
                Step::Close => return self.finish().await,
                Step::StartTls => {
                    if self.start_tls().await.is_none() {
                        return End::Lost;
                    }
                }
                Step::Continue | Step::Pause(_) => {}
            }
            step = match poll_fn(|cx| self.poll_event(cx)).await {
                Event::Alarm => self.alarmed(),
                Event::Ended | Event::Ordered(Order::Cut) => return End::Lost,
                Event::Ordered(Order::Close(error)) => self.fail(error),
                Event::Read(bytes) => self.read(bytes),
            };
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
            match transport.poll_read(cx, self.inlet.buffer()) {
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
            self.outgoing = self.mailbox.take();
            if self.outgoing.is_empty() {
                break;
            }
            self.must_flush = true;
        }
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
            let Some(arrived) = self.inlet.next(&mut self.stream) else { return Step::Continue };
            match self.take(arrived) {
                Step::Continue => {}
                Step::Pause(wait) => self.pace.pause(wait),
                step => return step,
            }
        }
        Step::Continue
    }

    fn take(&mut self, arrived: Arrived) -> Step {
        match arrived {
            Arrived::Batch(batch) => self.handle(batch),
            Arrived::Close => Step::Close,
            Arrived::Ping(payload) => {
                self.mailbox.put_pieces([websocket::pong(&payload)]);
                Step::Continue
            }
            Arrived::Violation(violation) => {
                self.close_code = violation.code();
                self.fail(violation.into())
            }
        }
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
        self.inlet.clear();
        timeout_at(self.pace.login_by().into(), poll_fn(|cx| self.poll_write(cx))).await.ok()?.ok()?;
        let Some(Transport::Plain(tcp)) = self.transport.take() else { return None };
        let (beginning, by) = (Beginning::StartTls, self.pace.login_by());
        let (tls, bindings) = handshake(tcp, beginning, by, self.service, &self.mailbox).await?;
        self.transport = Some(Transport::Tls(Box::new(tls)));
        self.stream.secured(bindings);
        Some(())
    }

    /// Says the last words, closes, and waits for the peer to do so (RFC 6120 §4.4), lest what it sends
    /// destroys them.
    async fn finish(&mut self) -> End {
        let farewell = async {
            poll_fn(|cx| self.poll_write(cx)).await?;
            if self.inlet.is_websocket() {
                self.outgoing.extend_from_slice(&websocket::close(self.close_code));
                self.must_flush = true;
                poll_fn(|cx| self.poll_write(cx)).await?;
            }
            let Some(transport) = &mut self.transport else { return Ok(()) };
            poll_fn(|cx| transport.poll_shutdown(cx)).await?;
            loop {
                self.inlet.clear();
                if poll_fn(|cx| transport.poll_read(cx, self.inlet.buffer())).await? == 0 {
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
