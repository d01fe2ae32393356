//! Bytes of a client in, whole messages out. A message is refused by what its heads announce, before it is there.

use bytes::{Bytes, BytesMut};

use super::frame::{Head, MOST_CONTROL_BYTES, Opcode};
use crate::stream::StreamError;

/// One client's side of a WebSocket.
#[derive(Debug, Default)]
pub(in crate::net) struct Incoming {
    /// The fragments so far of a message that is not whole.
    fragments: Option<BytesMut>,
}

/// What a client has sent.
pub(in crate::net) enum Event {
    /// RFC 6455 §5.5.1: nothing more comes.
    Close,
    /// A whole message.
    Message(BytesMut),
    /// RFC 6455 §5.5.2: wants this back.
    Ping(Bytes),
}

/// Why a WebSocket cannot go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::net) enum Violation {
    /// RFC 7395 §3.2: messages are text.
    Binary,
    /// RFC 6455 does not allow it.
    Protocol,
    /// A message exceeds what a stanza may have.
    TooBig,
}

impl Violation {
    /// RFC 6455 §7.4.1.
    pub(in crate::net) fn code(self) -> u16 {
        match self {
            Self::Protocol => 1002,
            Self::Binary => 1003,
            Self::TooBig => 1009,
        }
    }
}

impl From<Violation> for StreamError {
    fn from(violation: Violation) -> Self {
        match violation {
            Violation::Binary | Violation::Protocol => Self::BadFormat,
            Violation::TooBig => Self::PolicyViolation, // RFC 6120 §4.9.3.14
        }
    }
}

impl Incoming {
    /// What comes next, taken out of the front of `buffer`; `None` until it is whole. A message may have `most` bytes.
    pub(in crate::net) fn next(
        &mut self,
        buffer: &mut BytesMut,
        most: usize,
    ) -> Result<Option<Event>, Violation> {
        while let Some(head) = Head::parse(buffer)? {
            self.check(&head, most)?;
            let Some(payload) = head.take(buffer) else { break };
            if let Some(event) = self.take(&head, payload) {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// Whether the frame may come now (RFC 6455 §5.4, §5.5), and its message be so long.
    fn check(&self, head: &Head, most: usize) -> Result<(), Violation> {
        let so_far = self.fragments.as_ref().map(BytesMut::len);
        let is_well_placed = match head.opcode {
            Opcode::Binary => return Err(Violation::Binary),
            Opcode::Close | Opcode::Ping | Opcode::Pong => head.is_final && head.length <= MOST_CONTROL_BYTES,
            Opcode::Continuation => so_far.is_some(),
            Opcode::Text => so_far.is_none(),
        };
        if !is_well_placed {
            return Err(Violation::Protocol);
        }
        let is_too_big = !head.opcode.is_control() && head.length > most.saturating_sub(so_far.unwrap_or(0));
        if is_too_big { Err(Violation::TooBig) } else { Ok(()) }
    }

    fn take(&mut self, head: &Head, payload: BytesMut) -> Option<Event> {
        match head.opcode {
            Opcode::Close => Some(Event::Close),
            Opcode::Ping => Some(Event::Ping(payload.freeze())),
            Opcode::Pong => None,
            Opcode::Binary | Opcode::Continuation | Opcode::Text => {
                let message = match self.fragments.take() {
                    None => payload,
                    Some(mut fragments) => {
                        fragments.extend_from_slice(&payload);
                        fragments
                    }
                };
                if head.is_final {
                    return Some(Event::Message(message));
                }
                self.fragments = Some(message);
                None
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use bytes::BufMut;
    use proptest::prelude::*;
    use tokio_tungstenite::tungstenite::protocol::frame::{
        FrameHeader,
        coding::{Control, Data, OpCode},
    };

    use super::*;

    /// A frame as an unrelated client writes it.
    fn frame(opcode: OpCode, is_final: bool, payload: &[u8]) -> Vec<u8> {
        let mask = [7, 11, 13, 17];
        let header = FrameHeader { is_final, opcode, mask: Some(mask), ..FrameHeader::default() };
        let mut bytes = Vec::new();
        header.format(payload.len() as u64, &mut bytes).unwrap();
        bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        bytes
    }

    fn text(is_final: bool, payload: &[u8]) -> Vec<u8> {
        frame(OpCode::Data(Data::Text), is_final, payload)
    }

    fn rest(is_final: bool, payload: &[u8]) -> Vec<u8> {
        frame(OpCode::Data(Data::Continue), is_final, payload)
    }

    fn ping(payload: &[u8]) -> Vec<u8> {
        frame(OpCode::Control(Control::Ping), true, payload)
    }

    /// What comes of the bytes, in words.
    fn read(bytes: &[u8], piece: usize, most: usize) -> Result<Vec<String>, Violation> {
        let (mut incoming, mut buffer, mut seen) = (Incoming::default(), BytesMut::new(), Vec::new());
        for piece in bytes.chunks(piece) {
            buffer.extend_from_slice(piece);
            while let Some(event) = incoming.next(&mut buffer, most)? {
                seen.push(match event {
                    Event::Close => "close".to_owned(),
                    Event::Message(text) => String::from_utf8(text.to_vec()).unwrap(),
                    Event::Ping(payload) => format!("ping {}", payload.len()),
                });
            }
        }
        Ok(seen)
    }

    #[test]
    fn control_frames_may_come_between_fragments() {
        let bytes = [
            text(false, b"<mess"),
            ping(b"..."),
            rest(false, b""),
            rest(true, b"age/>"),
            frame(OpCode::Control(Control::Pong), true, b"unasked"),
            frame(OpCode::Control(Control::Close), true, b""),
        ];
        assert_eq!(read(&bytes.concat(), 3, 99).unwrap(), ["ping 3", "<message/>", "close"]);
    }

    #[test]
    fn what_is_out_of_place_ends_it() {
        let mut unmasked = text(true, b"x");
        unmasked[1] &= 0x7F;
        let mut reserved = text(true, b"x");
        reserved[0] |= 0x40;
        let mut unknown = text(true, b"x");
        unknown[0] |= 0x04;
        let refused = [
            (unmasked, Violation::Protocol),
            (reserved, Violation::Protocol),
            (unknown, Violation::Protocol),
            (rest(true, b"of nothing"), Violation::Protocol),
            ([text(false, b"<a"), text(true, b"/>")].concat(), Violation::Protocol),
            (frame(OpCode::Control(Control::Ping), false, b""), Violation::Protocol),
            (ping(&[0; 126]), Violation::Protocol),
            (frame(OpCode::Data(Data::Binary), true, b"x"), Violation::Binary),
            (text(true, &[b'x'; 100]), Violation::TooBig),
            ([text(false, &[b'x'; 60]), rest(true, &[b'x'; 60])].concat(), Violation::TooBig),
        ];
        for (bytes, violation) in refused {
            assert_eq!(read(&bytes, 1000, 99), Err(violation));
        }
    }

    #[test]
    fn a_message_that_will_be_too_big_is_not_waited_for() {
        let mut head = BytesMut::from(&[0x81, 0xFF][..]);
        head.put_u64(u64::MAX >> 1);
        head.put_u32(0);
        assert_eq!(read(&head, 1, 10_000), Err(Violation::TooBig));
    }

    proptest! {
        #[test]
        fn however_it_is_cut_it_reads_the_same(
            texts in proptest::collection::vec("[<a-zé/>]{0,300}", 1..5),
            piece in 1..700_usize,
            long in 65_530..65_600_usize,
        ) {
            let texts = [texts, vec!["x".repeat(long)]].concat();
            let whole: Vec<_> = texts.iter().flat_map(|one| text(true, one.as_bytes())).collect();
            prop_assert!(read(&whole, piece, 100_000).unwrap() == texts);
            let fragments: Vec<_> = texts
                .iter()
                .flat_map(|one| {
                    let (start, end) = one.as_bytes().split_at(one.len() / 3);
                    [text(false, start), ping(b""), rest(true, end)].concat()
                })
                .collect();
            let expected: Vec<_> = texts.iter().flat_map(|one| ["ping 0".to_owned(), one.clone()]).collect();
            prop_assert!(read(&fragments, piece, 100_000).unwrap() == expected);
        }
    }
}
