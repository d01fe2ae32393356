//! What waits to be written to one connection. It is bounded: a reader who does not read is cut off, not
//! buffered for.

use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker},
};

use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;

use crate::{stanza::Packet, stream::StreamError};

/// What may wait before it is clear that nobody reads.
const MOST_BYTES: usize = 2 * 1024 * 1024;
/// What goes into one write: a TLS record holds 16 KiB.
const GULP: usize = 16 * 1024;

/// The way from the router to one connection.
#[derive(Default)]
pub(super) struct Mailbox {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    waiting: VecDeque<Bytes>,
    bytes: usize,
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
    /// Puts a packet in; in order, and whole.
    pub(super) fn put(&self, packet: Packet) {
        let mut inner = self.inner.lock();
        if inner.order.is_some() {
            return;
        }
        if inner.bytes > MOST_BYTES {
            inner.waiting = VecDeque::new();
            inner.order = Some(Order::Cut);
        } else {
            inner.bytes += packet.iter().map(Bytes::len).sum::<usize>();
            inner.waiting.extend(packet);
        }
        inner.wake();
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

    /// Appends what waits to `out`, up to about one TLS record; `false` if nothing waits.
    pub(super) fn take(&self, out: &mut BytesMut) -> bool {
        let mut inner = self.inner.lock();
        if inner.waiting.is_empty() {
            return false;
        }
        while out.len() < GULP
            && let Some(piece) = inner.waiting.pop_front()
        {
            inner.bytes -= piece.len();
            out.extend_from_slice(&piece);
        }
        if inner.waiting.is_empty() {
            inner.waiting = VecDeque::new(); // an idle connection holds no buffers
        }
        true
    }
}

impl Inner {
    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(mailbox: &Mailbox) -> Poll<Order> {
        mailbox.poll_order(&Context::from_waker(Waker::noop()))
    }

    fn packet(bytes: usize) -> Packet {
        Packet::from_iter([Bytes::from(vec![b'x'; bytes])])
    }

    #[test]
    fn nothing_comes_behind_an_order_but_last_words() {
        let (mailbox, mut out) = (Mailbox::default(), BytesMut::new());
        assert_eq!(order(&mailbox), Poll::Pending);
        mailbox.put(packet(3));
        mailbox.close(StreamError::Conflict);
        mailbox.put(packet(5));
        assert_eq!(order(&mailbox), Poll::Ready(Order::Close(StreamError::Conflict)));
        mailbox.reopen();
        mailbox.put(packet(1));
        assert!(mailbox.take(&mut out) && !mailbox.take(&mut out));
        assert_eq!(out, "xxxx");
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
