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
    /// Write what waits, then end the stream with this error.
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

    /// Appends what waits to `out`, up to about one TLS record; an order comes when nothing waits any more.
    pub(super) fn poll_take(&self, cx: &Context<'_>, out: &mut BytesMut) -> Poll<Option<Order>> {
        let mut inner = self.inner.lock();
        if inner.waiting.is_empty() {
            if let Some(order) = inner.order {
                return Poll::Ready(Some(order));
            }
            if !inner.reader.as_ref().is_some_and(|reader| reader.will_wake(cx.waker())) {
                inner.reader = Some(cx.waker().clone());
            }
            return Poll::Pending;
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
        Poll::Ready(None)
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

    fn take(mailbox: &Mailbox) -> (Poll<Option<Order>>, BytesMut) {
        let mut out = BytesMut::new();
        let taken = mailbox.poll_take(&Context::from_waker(Waker::noop()), &mut out);
        (taken, out)
    }

    fn packet(bytes: usize) -> Packet {
        Packet::from_iter([Bytes::from(vec![b'x'; bytes])])
    }

    #[test]
    fn an_order_comes_last() {
        let mailbox = Mailbox::default();
        mailbox.put(packet(3));
        mailbox.close(StreamError::Conflict);
        mailbox.put(packet(3));
        assert_eq!(take(&mailbox), (Poll::Ready(None), BytesMut::from("xxx")));
        assert_eq!(take(&mailbox).0, Poll::Ready(Some(Order::Close(StreamError::Conflict))));
    }

    #[test]
    fn who_does_not_read_is_cut_off() {
        let mailbox = Mailbox::default();
        for _ in 0..3 {
            mailbox.put(packet(MOST_BYTES - 1));
        }
        assert_eq!(take(&mailbox).0, Poll::Ready(Some(Order::Cut)));
    }
}
