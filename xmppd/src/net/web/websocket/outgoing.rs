//! Packets as messages. On TCP the header of a stream declares the namespaces of all that follows; a message has to
//! declare them itself (RFC 7395 §3.3.3), which is put between its first name and the rest, as little of which is
//! looked at as can be.

use bytes::{BufMut, Bytes, BytesMut};

use super::frame::{Opcode, put_head};
use crate::stanza::Packet;

/// Behind the name of what has no namespace of its own.
const CLIENT: &str = " xmlns='jabber:client'";
/// Behind the name of what is the stream's: its features, its error.
const STREAM: &str = " xmlns:stream='http://etherx.jabber.org/streams'";

/// The frame of a packet, which is one element, in pieces.
pub(in crate::net) fn message(packet: Packet) -> impl Iterator<Item = Bytes> {
    let first = packet.first().cloned().unwrap_or_default();
    let (name, declaration) = missing(&first);
    let length = packet.iter().map(Bytes::len).sum::<usize>() + declaration.len();
    let mut start = BytesMut::with_capacity(64);
    put_head(Opcode::Text, length, &mut start);
    start.put_slice(&first[..name]);
    start.put_slice(declaration.as_bytes());
    [start.freeze(), first.slice(name..)].into_iter().chain(packet.into_iter().skip(1))
}

/// The answer to a ping (RFC 6455 §5.5.3).
pub(in crate::net) fn pong(payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    put_head(Opcode::Pong, payload.len(), &mut frame);
    frame.put_slice(payload);
    frame.freeze()
}

/// The end of our side, with the reason's number (RFC 6455 §7.4).
pub(in crate::net) fn close(code: u16) -> Bytes {
    let mut frame = BytesMut::new();
    put_head(Opcode::Close, 2, &mut frame);
    frame.put_u16(code);
    frame.freeze()
}

/// Where the first name ends, and what must be declared behind it.
fn missing(first: &[u8]) -> (usize, &'static str) {
    if first.first() != Some(&b'<') {
        return (0, "");
    }
    let name = first.iter().position(|byte| ends_name(*byte)).unwrap_or(first.len());
    let declaration = match &first[..name] {
        own if own.starts_with(b"<stream:") => STREAM,
        _ if declares_default(&first[name..]) => "",
        _ => CLIENT,
    };
    (name, declaration)
}

/// Whether the attributes of a tag, which may break off, have an `xmlns` among them.
fn declares_default(mut attributes: &[u8]) -> bool {
    loop {
        attributes = attributes.trim_ascii_start();
        let name = attributes.iter().position(|byte| ends_name(*byte) || *byte == b'=').unwrap_or(0);
        match &attributes[..name] {
            b"" => return false,
            b"xmlns" => return true,
            _ => {}
        }
        let mut parts = attributes.splitn(2, |byte| matches!(byte, b'\'' | b'"'));
        let (equals, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let Some(quote) = attributes.get(equals.len()) else { return false };
        let Some(end) = memchr::memchr(*quote, value) else { return false };
        attributes = &value[end + 1..];
    }
}

fn ends_name(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'>')
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use tokio_tungstenite::tungstenite::{Message, WebSocket, protocol::Role};

    use super::*;

    /// What an unrelated client reads.
    fn read(frames: Vec<u8>) -> Message {
        WebSocket::from_raw_socket(std::io::Cursor::new(frames), Role::Client, None).read().unwrap()
    }

    fn sent(pieces: &[&str]) -> String {
        let packet = pieces.iter().map(|piece| Bytes::copy_from_slice(piece.as_bytes())).collect();
        let frames = message(packet).collect::<Vec<_>>().concat();
        read(frames).into_text().unwrap().to_string()
    }

    #[test]
    fn what_the_header_of_a_stream_declares_is_declared_again() {
        let told = [
            (
                &["<message from='a' to='", "b'", " ><body/></message>"][..],
                "<message xmlns='jabber:client' from='a' to='b' ><body/></message>",
            ),
            (&["<presence/>"], "<presence xmlns='jabber:client'/>"),
            (&["<iq>", "</iq>"], "<iq xmlns='jabber:client'></iq>"),
            (&["<r xmlns='urn:xmpp:sm:3'/>"], "<r xmlns='urn:xmpp:sm:3'/>"),
            (&["<r  a = '>' xmlns = \"urn:xmpp:sm:3\"/>"], "<r  a = '>' xmlns = \"urn:xmpp:sm:3\"/>"),
            (&["<iq id=\" xmlns='\" to='", "x'", "/>"], "<iq xmlns='jabber:client' id=\" xmlns='\" to='x'/>"),
            (&["<c:iq xmlns:c='jabber:client'/>"], "<c:iq xmlns='jabber:client' xmlns:c='jabber:client'/>"),
            (
                &["<stream:features><bind xmlns='x'/></stream:features>"],
                "<stream:features xmlns:stream='http://etherx.jabber.org/streams'><bind xmlns='x'/>\
                 </stream:features>",
            ),
        ];
        for (pieces, expected) in told {
            assert_eq!(sent(pieces), expected);
        }
    }

    #[test]
    fn nothing_that_is_no_tag_does_harm() {
        for pieces in [&[][..], &[""], &[" "], &["<"], &["<a"], &["<a b"], &["<a b="], &["<a b='"], &["<a ="]]
        {
            let packet = pieces.iter().map(|piece| Bytes::copy_from_slice(piece.as_bytes())).collect();
            assert!(message(packet).map(|piece| piece.len()).sum::<usize>() >= 2, "{pieces:?}");
        }
    }

    #[test]
    fn every_length_is_written_so_that_others_read_it() {
        for length in [100, 101, 102, 103, 104, 125, 126, 65_500, 65_513, 65_514, 70_000] {
            let text = format!("<r xmlns='x'>{}</r>", "x".repeat(length));
            assert_eq!(sent(&[&text]), text);
        }
    }

    #[test]
    fn the_payload_is_not_copied() {
        let tail = Bytes::from(vec![b'x'; 1000]);
        let packet = Packet::from_iter([Bytes::from_static(b"<message to='"), tail.clone()]);
        assert_eq!(message(packet).last().unwrap().as_ptr(), tail.as_ptr());
    }

    #[test]
    fn pong_and_close_are_as_others_expect_them() {
        assert_eq!(read(pong(b"abc").to_vec()), Message::Pong("abc".into()));
        let Message::Close(Some(frame)) = read(close(1009).to_vec()) else { panic!("not closed") };
        assert_eq!(u16::from(frame.code), 1009);
    }
}
