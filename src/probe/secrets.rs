//! What must be nowhere in the image: the site's keys, in whatever form.

use base64::{Engine, prelude::BASE64_STANDARD};
use zeroize::{Zeroize, Zeroizing};

use super::search::Needle;
use crate::{Result, error::Context};

/// Something secret, as the bytes by which it would be known again.
pub struct Secret {
    /// Such as `the authority's key`.
    what: String,
    needles: Vec<Needle>,
}

impl Secret {
    /// A password or the like.
    pub fn text(what: &str, text: &str) -> Self {
        Self { what: what.to_owned(), needles: vec![Needle::new(text.as_bytes())] }
    }

    /// A private key in PEM: its encoding, and the number within that is the key whatever the encoding.
    pub fn private_key(what: &str, pem: &str) -> Result<Self> {
        let lines = pem.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("-----"));
        let mut body = Zeroizing::new(String::new());
        lines.for_each(|line| body.push_str(line));
        let der = BASE64_STANDARD.decode(body.as_bytes()).doing(format_args!("read {what}"))?;
        let der = Zeroizing::new(der);
        let mut needles = vec![Needle::new(&der)];
        needles.extend(p256_scalar(&der).map(Needle::new));
        needles.extend(ed25519_seed(pem).map(|mut seed| {
            let needle = Needle::new(&seed);
            seed.zeroize();
            needle
        }));
        Ok(Self { what: what.to_owned(), needles })
    }

    /// What it is; never what it says.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Each by itself would give it away.
    pub(crate) fn needles(&self) -> &[Needle] {
        &self.needles
    }

    /// Whether any form of it is in there.
    pub(super) fn is_in(&self, hay: &[u8]) -> bool {
        self.needles.iter().any(|needle| needle.is_in(hay))
    }
}

/// RFC 5915: in an `ECPrivateKey` of P-256 stands version 1, then an octet string of 32 bytes.
fn p256_scalar(der: &[u8]) -> Option<&[u8]> {
    const BEFORE: [u8; 5] = [2, 1, 1, 4, 32];
    let begin = memchr::memmem::find(der, &BEFORE)? + BEFORE.len();
    der.get(begin..begin + 32)
}

/// The seed within an OpenSSH private key.
fn ed25519_seed(pem: &str) -> Option<[u8; 32]> {
    let key = ssh_key::PrivateKey::from_openssh(pem).ok()?;
    key.key_data().ed25519().map(|pair| pair.private.to_bytes())
}

/// Whether there is a private key in PEM, of any kind and anyone's. The words of its first line alone do not count: every
/// program that reads keys holds them.
pub(crate) fn holds_pem_key(hay: &[u8]) -> bool {
    const MARK: &[u8] = b"PRIVATE KEY-----";
    memchr::memmem::find_iter(hay, MARK).any(|at| {
        let rest = &hay[at + MARK.len()..];
        let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
        rest.strip_prefix(b"\n").is_some_and(|body| {
            let letters = body
                .iter()
                .take(40)
                .take_while(|letter| letter.is_ascii_alphanumeric() || b"+/".contains(letter));
            letters.count() == 40
        })
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_again_in_pem_in_der_and_as_a_bare_number() {
        let pair = rcgen::KeyPair::generate().unwrap();
        let (pem, der) = (pair.serialize_pem(), pair.serialize_der());
        let secret = Secret::private_key("the key", &pem).unwrap();
        assert!(secret.is_in(&der));
        assert!(secret.is_in(&[b"...", p256_scalar(&der).unwrap(), b"..."].concat()));
        assert!(!secret.is_in(&rcgen::KeyPair::generate().unwrap().serialize_der()));
        assert!(holds_pem_key(pem.as_bytes()));
    }

    #[test]
    fn the_words_of_a_first_line_are_no_key() {
        assert!(!holds_pem_key(b"-----BEGIN PRIVATE KEY-----\0-----BEGIN EC PRIVATE KEY-----\nexpected"));
    }
}
