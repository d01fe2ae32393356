//! What waits to be written to one connection. A reader who does not read is cut off, not buffered for: once
//! [`MOST_BYTES`] wait, what comes next ends it, so that no more waits than that and one packet.

use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker},
};

use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::web::websocket;
use crate::{
    stanza::Packet,
    stream::{Framing, StreamError},
};

/// What may wait before it is clear that nobody reads.
const MOST_BYTES: usize = 2 * 1024 * 1024;
/// What goes into one write: four TLS records, as many as rustls takes at once.
const GULP: usize = 64 * 1024;
/// With so much waiting, what is added is copied: a slice of a hundred bytes would hold on to all that was read
/// with it, and [`MOST_BYTES`] would bound nothing.
const LAG: usize = 2 * 1024;

/// The way from the router to one connection.
#[derive(Default)]
pub(super) struct Mailbox {
    framing: Framing,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// The first to go, shared with whoever else gets them.
    waiting: VecDeque<Bytes>,
    /// What came when [`LAG`] was waiting already, in one piece.
    lag: BytesMut,
    /// In both.
    bytes: usize,
    /// All that has ever been taken, and how much of that is known to be with the operating system.
    taken: u64,
    flushed: u64,
    /// Whom to tell when so much has been flushed; in order.
    receipts: VecDeque<(u64, oneshot::Sender<()>)>,
    /// Something was put in that nobody will take.
    has_dropped: bool,
    order: Option<Order>,
    reader: Option<Waker>,
}

/// What the connection is told to do beside writing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Order {
    /// End the stream with this error, behind what waits.
    Close(StreamError),
    /// Drop everything: the peer does not read.
    Cut,
}

impl Mailbox {
    /// For a connection whose packets are framed that way.
    pub(super) fn new(framing: Framing) -> Self {
        Self { framing, inner: Mutex::default() }
    }

    /// Puts a packet in; in order, and whole.
    pub(super) fn put(&self, packet: Packet) {
        match self.framing {
            Framing::Document => self.put_pieces(packet),
            Framing::Messages => self.put_pieces(websocket::message(packet)),
        }
    }

    /// Puts in bytes as they are to be sent, between packets.
    pub(super) fn put_pieces(&self, pieces: impl IntoIterator<Item = Bytes>) {
        let mut inner = self.inner.lock();
        if inner.order.is_some() {
            inner.has_dropped = true;
            return;
        }
        if inner.bytes > MOST_BYTES {
            inner.waiting = VecDeque::new();
            inner.lag = BytesMut::new();
            inner.receipts = VecDeque::new();
            inner.has_dropped = true;
            inner.order = Some(Order::Cut);
        } else {
            for piece in pieces {
                inner.add(piece);
            }
        }
        inner.wake();
    }

    /// Tells when all that was put in before is written, and fails when it never will be; `None` if that is
    /// clear already.
    pub(super) fn receipt(&self) -> Option<oneshot::Receiver<()>> {
        let inner = &mut *self.inner.lock();
        if inner.has_dropped {
            return None;
        }
        let (receipt, written) = oneshot::channel();
        inner.receipts.push_back((inner.taken + inner.bytes as u64, receipt));
        inner.tell();
        Some(written)
    }

    /// All that was taken is with the operating system.
    pub(super) fn flushed(&self) {
        let inner = &mut *self.inner.lock();
        inner.flushed = inner.taken;
        inner.tell();
    }

    /// Nothing may come after this error. The first one counts.
    pub(super) fn close(&self, error: StreamError) {
        let mut inner = self.inner.lock();
        inner.order.get_or_insert(Order::Close(error));
        inner.wake();
    }

    /// The mailbox's connection takes the order that ended it, and may then say its last words.
    pub(super) fn reopen(&self) {
        self.inner.lock().order = None;
    }

    /// Ready when there is an order; until then, the task is woken by whatever comes.
    pub(super) fn poll_order(&self, cx: &Context<'_>) -> Poll<Order> {
        let mut inner = self.inner.lock();
        if let Some(order) = inner.order {
            return Poll::Ready(order);
        }
        if !inner.reader.as_ref().is_some_and(|reader| reader.will_wake(cx.waker())) {
            inner.reader = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// What waits, as far as it goes into one write, but a piece that is shared goes whole; empty if nothing
    /// waits.
    pub(super) fn take(&self) -> BytesMut {
        let inner = &mut *self.inner.lock();
        let mut out = BytesMut::with_capacity(inner.waiting.iter().map(Bytes::len).sum());
        for piece in std::mem::take(&mut inner.waiting) {
            out.extend_from_slice(&piece);
        }
        let room = GULP.saturating_sub(out.len());
        out.unsplit(inner.lag.split_to(inner.lag.len().min(room)));
        if inner.lag.is_empty() {
            inner.lag = BytesMut::new(); // an idle connection holds no buffers
        }
        inner.bytes -= out.len();
        inner.taken += out.len() as u64;
        out
    }
}

impl Inner {
    fn add(&mut self, piece: Bytes) {
        let waits_already = self.bytes;
        self.bytes += piece.len();
        if waits_already > LAG {
            self.lag.extend_from_slice(&piece);
        } else {
            self.waiting.push_back(piece);
        }
    }

    fn tell(&mut self) {
        let due = self.receipts.partition_point(|(end, _)| *end <= self.flushed);
        for (_, receipt) in self.receipts.drain(..due) {
            let _ = receipt.send(()); // who asked may not wait any more
        }
    }

    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;

    fn order(mailbox: &Mailbox) -> Poll<Order> {
        mailbox.poll_order(&Context::from_waker(Waker::noop()))
    }

    fn packet(bytes: usize) -> Packet {
        Packet::from_iter([Bytes::from(vec![b'x'; bytes])])
    }

    #[test]
    fn nothing_comes_behind_an_order_but_last_words() {
        let mailbox = Mailbox::default();
        assert_eq!(order(&mailbox), Poll::Pending);
        mailbox.put(packet(3));
        mailbox.close(StreamError::Conflict);
        mailbox.put(packet(5));
        assert_eq!(order(&mailbox), Poll::Ready(Order::Close(StreamError::Conflict)));
        mailbox.reopen();
        mailbox.put(packet(1));
        assert_eq!((mailbox.take(), mailbox.take()), ("xxxx".into(), "".into()));
    }

    #[test]
    fn what_waits_long_holds_no_more_memory_than_it_counts() {
        let (mailbox, read) = (Mailbox::default(), Bytes::from(vec![b'x'; 64 * 1024]));
        mailbox.put(packet(LAG + 1));
        mailbox.put(Packet::from_iter([read.slice(..100)]));
        assert!(read.is_unique(), "a slice keeps the whole buffer");
    }

    #[test]
    fn a_burst_fills_writes_and_keeps_its_order() {
        let mailbox = Mailbox::default();
        let text: Vec<u8> = (0..=250).cycle().take(3 * GULP).collect();
        for piece in text.chunks(300) {
            mailbox.put(Packet::from_iter([Bytes::copy_from_slice(piece)]));
        }
        let writes: Vec<_> =
            std::iter::repeat_with(|| mailbox.take()).take_while(|write| !write.is_empty()).collect();
        assert_eq!(writes.iter().map(BytesMut::len).collect::<Vec<_>>(), [GULP; 3]);
        assert!(writes.concat() == text);
    }

    #[test]
    fn a_receipt_comes_when_all_before_it_is_flushed() {
        let mailbox = Mailbox::default();
        mailbox.put(packet(GULP));
        let mut first = mailbox.receipt().unwrap();
        mailbox.put(packet(1));
        let mut second = mailbox.receipt().unwrap();
        assert_eq!(mailbox.take().len(), GULP);
        assert_eq!(first.try_recv(), Err(TryRecvError::Empty));
        mailbox.flushed();
        assert_eq!((first.try_recv(), second.try_recv()), (Ok(()), Err(TryRecvError::Empty)));
        assert_eq!(mailbox.receipt().unwrap().try_recv(), Err(TryRecvError::Empty));
        drop(mailbox);
        assert_eq!(second.try_recv(), Err(TryRecvError::Closed));
    }

    #[test]
    fn there_is_no_receipt_for_what_was_dropped() {
        let mailbox = Mailbox::default();
        mailbox.close(StreamError::Conflict);
        mailbox.put(packet(1));
        mailbox.reopen();
        assert!(mailbox.receipt().is_none());
    }

    #[test]
    fn who_does_not_read_is_cut_off() {
        let mailbox = Mailbox::default();
        for _ in 0..3 {
            mailbox.put(packet(MOST_BYTES - 1));
        }
        assert_eq!(order(&mailbox), Poll::Ready(Order::Cut));
    }
}
