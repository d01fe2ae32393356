//! Hellos of TLS versions that no library here will speak any more, written by hand (RFC 6101, 2246, 4346, 5246).

use std::{fmt, net::SocketAddrV4, time::Instant};

use crate::probe::{
    Shortfall, Subject,
    client::{ClientError, Input, Stream, Transport, ns},
};

/// Which version's hello is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Hello {
    Ssl3,
    Tls10,
    Tls11,
    Tls12,
}

/// What came back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reply {
    /// The server goes on with the handshake.
    ServerHello,
    /// It ended it with this alert (RFC 5246 §7.2).
    Alert(u8),
    /// It hung up.
    Closed,
    /// Nothing came in time.
    Silence,
    /// Something that is no TLS.
    Other(u8),
}

impl Reply {
    /// Whether the server clearly would not.
    pub(super) fn is_refusal(self) -> bool {
        matches!(self, Self::Alert(_) | Self::Closed)
    }

    /// By the first bytes of the first record: type, version (2), length (2), then level or type of handshake.
    fn of(record: &[u8]) -> Self {
        match *record {
            [] => Self::Closed,
            [22, _, _, _, _, 2, ..] => Self::ServerHello,
            [21, _, _, _, _, _, description, ..] => Self::Alert(description),
            [other, ..] => Self::Other(other),
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServerHello => f.write_str("a server hello"),
            Self::Alert(70) => f.write_str("the alert `protocol_version`"),
            Self::Alert(40) => f.write_str("the alert `handshake_failure`"),
            Self::Alert(number) => write!(f, "the alert {number}"),
            Self::Closed => f.write_str("the end of the connection"),
            Self::Silence => f.write_str("nothing"),
            Self::Other(first) => write!(f, "something that is no TLS and begins with {first:#04x}"),
        }
    }
}

impl Hello {
    /// Sends this hello, after STARTTLS if need be, and tells what comes back.
    pub(super) fn ask(
        self,
        subject: &Subject,
        address: SocketAddrV4,
        starttls: bool,
    ) -> Result<Reply, Shortfall> {
        let mut transport =
            if starttls { after_proceed(subject, address)? } else { Transport::connect(address)? };
        transport.write(&self.record(subject.server_name()))?;
        let deadline = Instant::now() + crate::probe::client::ANSWER;
        let (mut record, mut buffer) = (Vec::new(), [0; 1024]);
        while record.len() < 7 {
            match transport.read(&mut buffer, deadline)? {
                Input::Bytes(length) => record.extend_from_slice(&buffer[..length]),
                Input::Closed => break,
                Input::Silence => return Ok(Reply::Silence),
            }
        }
        Ok(Reply::of(&record))
    }

    fn version(self) -> u16 {
        match self {
            Self::Ssl3 => 0x0300,
            Self::Tls10 => 0x0301,
            Self::Tls11 => 0x0302,
            Self::Tls12 => 0x0303,
        }
    }

    /// The whole record. Its cipher suites are those that a server of the time would like, and with TLS 1.2 newer ones:
    /// so a server that refuses can only mean the version.
    fn record(self, server_name: &str) -> Vec<u8> {
        let mut suites: Vec<u16> =
            vec![0xc009, 0xc00a, 0xc013, 0xc014, 0x0033, 0x0039, 0x002f, 0x0035, 0x000a];
        if self == Self::Tls12 {
            suites.splice(0..0, [0xc02b, 0xc02c, 0xc02f, 0xc030]);
        }
        let suites: Vec<u8> = suites.into_iter().flat_map(u16::to_be_bytes).collect();
        let mut body = self.version().to_be_bytes().to_vec();
        body.extend([0x5a; 32]); // its randomness protects nobody here
        body.push(0); // no session
        body.extend(sized(&suites));
        body.extend([1, 0]); // no compression
        if self != Self::Ssl3 {
            body.extend(sized(&extensions(server_name, self == Self::Tls12)));
        }
        let mut handshake = vec![1, 0];
        handshake.extend(sized(&body));
        // RFC 5246 appendix E.1: a record of a hello carries an old version.
        let mut record = vec![22, 3, u8::from(self != Self::Ssl3)];
        record.extend(sized(&handshake));
        record
    }
}

/// Server name, curves, point formats, extended master secret; signature algorithms where the version has them.
fn extensions(server_name: &str, signatures: bool) -> Vec<u8> {
    let mut name = vec![0];
    name.extend(sized(server_name.as_bytes()));
    let mut all = extension(0, &sized(&name));
    all.extend(extension(10, &sized(&[0, 0x1d, 0, 0x17, 0, 0x18])));
    all.extend(extension(11, &[1, 0]));
    all.extend(extension(23, &[]));
    if signatures {
        all.extend(extension(13, &sized(&[4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1])));
    }
    all
}

fn extension(number: u16, content: &[u8]) -> Vec<u8> {
    let mut extension = number.to_be_bytes().to_vec();
    extension.extend(sized(content));
    extension
}

/// The content after its length in two bytes.
fn sized(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("all that a hello holds is short");
    let mut sized = length.to_be_bytes().to_vec();
    sized.extend_from_slice(content);
    sized
}

/// The connection just after `<proceed/>`, where the TLS handshake is to begin.
fn after_proceed(subject: &Subject, address: SocketAddrV4) -> Result<Transport, Shortfall> {
    let mut stream = Stream::connect(address)?;
    stream.open(subject.domain())?;
    stream.send(&format!("<starttls xmlns='{}'/>", ns::STARTTLS))?;
    let answer = stream.element()?;
    if answer.is("proceed", ns::STARTTLS) {
        return Ok(stream.into_transport());
    }
    Err(ClientError::Unexpected(format!("STARTTLS was answered with `{}`", answer.name)).into())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use std::sync::Arc;

    use rustls::{crypto::ring, server::Acceptor};

    use super::*;

    #[test]
    fn an_unrelated_reader_understands_the_hello_of_tls_1_2() {
        let mut acceptor = Acceptor::default();
        acceptor.read_tls(&mut Hello::Tls12.record("school.test").as_slice()).unwrap();
        let accepted = acceptor.accept().unwrap().expect("the hello is whole");
        assert_eq!(accepted.client_hello().server_name(), Some("school.test"));
        let suites = accepted.client_hello().cipher_suites().to_vec();
        let known = Arc::new(ring::default_provider());
        assert!(known.cipher_suites.iter().any(|suite| suites.contains(&suite.suite())));
    }

    #[test]
    fn replies_are_told_apart() {
        assert_eq!(Reply::of(&[22, 3, 1, 0, 80, 2, 0]), Reply::ServerHello);
        assert_eq!(Reply::of(&[21, 3, 1, 0, 2, 2, 70]), Reply::Alert(70));
        assert_eq!(Reply::of(b"<stream:"), Reply::Other(b'<'));
        assert!(Reply::of(&[]).is_refusal());
        assert!(
            !Reply::ServerHello.is_refusal()
                && !Reply::Silence.is_refusal()
                && !Reply::Other(60).is_refusal()
        );
    }
}
