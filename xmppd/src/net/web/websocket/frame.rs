//! The heads of frames (RFC 6455 §5.2), and the mask of what clients send (§5.3).

use bytes::{Buf, BufMut, BytesMut};

use super::Violation;

/// RFC 6455 §5.5: the most that a frame may hold which is not part of a message.
pub(super) const MOST_CONTROL_BYTES: usize = 125;

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
const RESERVED: u8 = 0x70;
/// In the place of a length: the next two bytes say it, or the next eight.
const IN_TWO: u8 = 126;
const IN_EIGHT: u8 = 127;

/// RFC 6455 §11.8.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(super) enum Opcode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// What stands before the payload of a client's frame.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Head {
    pub(super) is_final: bool,
    pub(super) opcode: Opcode,
    /// How many bytes the payload has.
    pub(super) length: usize,
    bytes: usize,
    mask: [u8; 4],
}

impl Opcode {
    fn parse(number: u8) -> Option<Self> {
        let all = [Self::Continuation, Self::Text, Self::Binary, Self::Close, Self::Ping, Self::Pong];
        all.into_iter().find(|opcode| *opcode as u8 == number)
    }

    /// Whether it may come between the fragments of a message (RFC 6455 §5.5).
    pub(super) fn is_control(self) -> bool {
        self as u8 >= Self::Close as u8
    }
}

impl Head {
    /// Reads the head at the front of `buffer`; `None` until it is whole.
    pub(super) fn parse(mut buffer: &[u8]) -> Result<Option<Self>, Violation> {
        let before = buffer.len();
        let (Ok(first), Ok(second)) = (buffer.try_get_u8(), buffer.try_get_u8()) else { return Ok(None) };
        let opcode =
            Opcode::parse(first & 0x0F).filter(|_| first & RESERVED == 0).ok_or(Violation::Protocol)?;
        if second & MASKED == 0 {
            return Err(Violation::Protocol); // RFC 6455 §5.1: clients mask
        }
        let length = match second & !MASKED {
            IN_TWO => buffer.try_get_u16().map(u64::from),
            IN_EIGHT => buffer.try_get_u64(),
            short => Ok(short.into()),
        };
        let (Ok(length), Ok(mask)) = (length, buffer.try_get_u32()) else { return Ok(None) };
        Ok(Some(Self {
            is_final: first & FINAL != 0,
            opcode,
            length: usize::try_from(length).map_err(|_| Violation::TooBig)?,
            bytes: before - buffer.len(),
            mask: mask.to_be_bytes(),
        }))
    }

    /// Takes the frame out of the front of `buffer`, and answers with its payload, unmasked; `None` until it is whole.
    pub(super) fn take(&self, buffer: &mut BytesMut) -> Option<BytesMut> {
        if buffer.len() - self.bytes < self.length {
            return None;
        }
        buffer.advance(self.bytes);
        let mut payload = buffer.split_to(self.length);
        unmask(&mut payload, self.mask);
        Some(payload)
    }
}

/// Writes the head of a whole message, or of a frame that is none; ours are not masked (RFC 6455 §5.1).
pub(super) fn put_head(opcode: Opcode, length: usize, out: &mut BytesMut) {
    out.put_u8(FINAL | opcode as u8);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..IN_TWO), _) => out.put_u8(short),
        (_, Ok(length)) => {
            out.put_u8(IN_TWO);
            out.put_u16(length);
        }
        _ => {
            out.put_u8(IN_EIGHT);
            out.put_u64(length as u64);
        }
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let mut chunks = payload.chunks_exact_mut(16);
    let wide = u128::from_ne_bytes([mask; 4].as_flattened().try_into().expect("four times four is sixteen"));
    for chunk in &mut chunks {
        let plain = u128::from_ne_bytes((&*chunk).try_into().expect("sixteen each")) ^ wide;
        chunk.copy_from_slice(&plain.to_ne_bytes());
    }
    for (byte, mask) in chunks.into_remainder().iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}
