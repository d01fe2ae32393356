//! SHA-256 digests: what a file is, whoever handed it over.

use std::{
    fmt,
    io::{self, Read},
    str::FromStr,
};

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::error::Error;

/// A SHA-256 digest (FIPS 180-4), written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The digest of all that can be read, without holding it in memory.
    pub fn of_stream(stream: impl Read) -> io::Result<Self> {
        let mut hashing = Hashing::new(stream);
        io::copy(&mut hashing, &mut io::sink())?;
        Ok(hashing.digest())
    }
}

/// Passes a stream on, and keeps the digest of what has passed.
pub struct Hashing<R> {
    stream: R,
    state: sha2::Sha256,
}

impl<R> Hashing<R> {
    /// Listens in on this stream.
    pub fn new(stream: R) -> Self {
        Self { stream, state: sha2::Sha256::new() }
    }

    /// The digest of everything that was read so far.
    pub fn digest(self) -> Sha256 {
        Sha256(self.state.finalize().into())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.state.update(&buffer[..count]);
        Ok(count)
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sha256({self})")
    }
}

impl FromStr for Sha256 {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse_hexadecimal(text).map(Self).ok_or_else(|| {
            Error::configuration(
                format_args!("`{text}` is not a SHA-256 digest"),
                "write its 64 hexadecimal digits, as sha256sum(1) and FreeBSD's `sha256 -q` print them",
            )
        })
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Sha256 {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

fn parse_hexadecimal(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    /// FIPS 180-2, appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_digest_of_abc_is_the_standards() {
        assert_eq!(Sha256::of(b"abc").to_string(), ABC);
        assert_eq!(Sha256::of_stream(&b"abc"[..]).unwrap(), ABC.parse().unwrap());
    }

    #[test]
    fn anything_but_64_hexadecimal_digits_is_refused() {
        for text in ["", "abc", &ABC[1..], &ABC.replace('b', "g"), &format!("{ABC}0"), &"é".repeat(32)] {
            assert_eq!(text.parse::<Sha256>().unwrap_err().exit_code(), 3, "{text}");
        }
    }
}
