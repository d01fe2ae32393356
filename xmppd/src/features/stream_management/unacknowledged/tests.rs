#![expect(clippy::unwrap_used, reason = "tests may")]

use bytes::BytesMut;
use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

fn stanza(number: usize) -> Parcel {
    Parcel::plain(Packet::from_iter([number.to_string().into()]))
}

fn number(packet: &Packet) -> usize {
    String::from_utf8(packet.concat()).unwrap().parse().unwrap()
}

fn counting_from(acknowledged: u32) -> Unacknowledged {
    Unacknowledged { acknowledged, ..Unacknowledged::default() }
}

#[test]
fn the_count_wraps() {
    let mut queue = counting_from(u32::MAX - 1);
    for number in 0..4 {
        queue.push(stanza(number), OffsetDateTime::UNIX_EPOCH, true);
    }
    assert!(queue.acknowledge(u32::MAX).is_ok());
    assert!(queue.acknowledge(1).is_ok());
    assert_eq!(queue.acknowledge(3), Err(StreamError::HandledCountTooHigh { handled: 3, sent: 2 }));
    assert_eq!(queue.acknowledge(0), Err(StreamError::HandledCountTooHigh { handled: 0, sent: 2 }));
    assert!(queue.is_outstanding());
    assert!(queue.acknowledge(2).is_ok());
    assert!(!queue.is_outstanding() && queue.bytes == 0);
}

#[test]
fn what_was_not_sent_cannot_be_acknowledged() {
    let mut queue = Unacknowledged::default();
    queue.push(stanza(0), OffsetDateTime::UNIX_EPOCH, true);
    queue.push(stanza(1), OffsetDateTime::UNIX_EPOCH, false);
    assert_eq!(queue.acknowledge(2), Err(StreamError::HandledCountTooHigh { handled: 2, sent: 1 }));
    assert_eq!(queue.retransmit().map(number).collect::<Vec<_>>(), [0, 1]);
    assert!(queue.acknowledge(2).is_ok());
}

#[test]
fn messages_of_the_store_are_named_once_they_are_acknowledged() {
    let mut queue = Unacknowledged::default();
    for id in [7, 9] {
        let nature = Nature::Waited(MessageId(id));
        queue.push(Parcel { nature, ..stanza(0) }, OffsetDateTime::UNIX_EPOCH, true);
    }
    assert_eq!(queue.acknowledge(1), Ok(vec![MessageId(7)]));
    assert_eq!(queue.acknowledge(2), Ok(vec![MessageId(9)]));
}

#[test]
fn what_waits_long_holds_no_more_memory_than_it_counts() {
    let slice = |buffer: &Bytes| Parcel::plain(Packet::from_iter([buffer.slice(..100)]));
    let (first, behind) = (Bytes::from(vec![b'x'; 1 << 16]), Bytes::from(vec![b'x'; 1 << 16]));
    let mut queue = Unacknowledged::default();
    queue.push(slice(&first), OffsetDateTime::UNIX_EPOCH, true);
    assert!(!first.is_unique(), "for a moment it is shared");
    queue.detach();
    assert!(first.is_unique());
    let bulk = Bytes::from(vec![b'x'; LAG]);
    queue.push(Parcel::plain(Packet::from_iter([bulk])), OffsetDateTime::UNIX_EPOCH, true);
    queue.push(slice(&behind), OffsetDateTime::UNIX_EPOCH, true);
    assert!(behind.is_unique());
    assert!(queue.acknowledge(3).is_ok());
    queue.detach();
    assert_eq!(queue.stanzas.capacity(), 0, "an idle session holds no buffers");
}

#[test]
fn there_is_an_end_to_it() {
    let mut queue = Unacknowledged::default();
    let piece = Bytes::from(BytesMut::zeroed(MOST_BYTES));
    queue.push(Parcel::plain(Packet::from_iter([piece])), OffsetDateTime::UNIX_EPOCH, true);
    assert!(!queue.is_too_much());
    queue.push(stanza(1), OffsetDateTime::UNIX_EPOCH, true);
    assert!(queue.is_too_much());
}

#[derive(Clone, Copy, Debug)]
enum Event {
    /// Something is to go to the client.
    Send,
    /// One more stanza reaches it.
    Arrive,
    /// It says how many have, and that reaches the server.
    Acknowledge,
    /// The connection breaks, and all that is under way is lost.
    Cut,
    /// The client comes back.
    Resume,
}

/// A server's queue, a wire, and a client that only counts.
struct Model {
    queue: Unacknowledged,
    origin: u32,
    sent: usize,
    wire: Option<VecDeque<usize>>,
    had: Vec<usize>,
}

impl Model {
    fn count(&self) -> u32 {
        self.origin.wrapping_add(u32::try_from(self.had.len()).unwrap())
    }

    fn play(&mut self, event: Event) {
        match event {
            Event::Send => {
                self.queue.push(stanza(self.sent), OffsetDateTime::UNIX_EPOCH, self.wire.is_some());
                self.wire.iter_mut().for_each(|wire| wire.push_back(self.sent));
                self.sent += 1;
            }
            Event::Arrive => self.had.extend(self.wire.as_mut().and_then(VecDeque::pop_front)),
            Event::Acknowledge if self.wire.is_some() => {
                self.queue.acknowledge(self.count()).unwrap();
            }
            Event::Resume if self.wire.is_none() => {
                self.queue.acknowledge(self.count()).unwrap();
                self.wire = Some(self.queue.retransmit().map(number).collect());
            }
            Event::Cut => {
                self.wire = None;
                self.queue.detach();
            }
            Event::Acknowledge | Event::Resume => {}
        }
    }
}

proptest! {
    /// Whatever happens in whatever order, the client has had each stanza once and in order, and the server still has
    /// all that the client has not had.
    #[test]
    fn nothing_is_lost_and_nothing_comes_twice(
        origin in prop_oneof![Just(0), Just(u32::MAX - 3), any::<u32>()],
        events in vec(select(vec![
            Event::Send, Event::Send, Event::Send, Event::Arrive, Event::Arrive, Event::Acknowledge, Event::Cut,
            Event::Resume,
        ]), 0..200),
    ) {
        let mut model = Model {
            queue: counting_from(origin), origin, sent: 0, wire: Some(VecDeque::new()), had: Vec::new(),
        };
        for event in events {
            model.play(event);
            prop_assert_eq!(&model.had, &(0..model.had.len()).collect::<Vec<_>>());
        }
        let too_much = model.queue.count_sent().wrapping_add(1);
        prop_assert!(model.queue.acknowledge(too_much).is_err());
        let count = model.count();
        model.queue.acknowledge(count).unwrap();
        let (_, rest) = model.queue.into_rest();
        let rest: Vec<_> = rest.iter().map(|pending| number(&pending.parcel.packet)).collect();
        prop_assert_eq!(rest, (model.had.len()..model.sent).collect::<Vec<_>>());
    }
}
