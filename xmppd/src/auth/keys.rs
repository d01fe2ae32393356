//! What is kept instead of a password: salt, cost, `StoredKey` and `ServerKey` (RFC 5802 §3), for both hashes.

use std::{fmt, num::NonZeroU32};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    Password,
    hash::{Hash, sha256},
    random_bytes,
};

/// The random bytes that make equal passwords unequal.
pub type Salt = [u8; 16];

/// See [`Keys::fingerprint`].
pub(super) type Fingerprint = [u8; 32];

/// How often PBKDF2 hashes. The *client* pays for this, at each login and on the battery of a child's phone:
/// RFC 7677 §4 asks for 4096 at least; this is Prosody's choice too, and costs an old phone some tenths of a
/// second. Passwords that we make have 64 random bits, and need no more to be safe from a thief of the store.
pub(super) const ITERATIONS: NonZeroU32 = NonZeroU32::new(10_000).expect("ten thousand is not zero");

/// What SCRAM needs of a password, for both hashes; the password itself is never kept.
#[derive(Clone)]
pub struct Keys {
    sha1: Verifier,
    sha256: Verifier,
}

/// What SCRAM needs of a password, for one hash.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Verifier {
    pub(super) salt: Vec<u8>,
    #[zeroize(skip)]
    pub(super) iterations: NonZeroU32,
    pub(super) stored_key: Vec<u8>,
    pub(super) server_key: Vec<u8>,
}

/// A text that is not keys in the form of RFC 5803.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored keys are not in the form of RFC 5803")]
pub struct KeysError;

impl Keys {
    /// Derives the keys of a password with fresh salts; takes some milliseconds.
    pub fn derive(password: &Password) -> Self {
        Self::derive_with(password, [random_bytes(), random_bytes()])
    }

    /// Derives the keys of a password with these salts, the one for SHA-1 first.
    pub fn derive_with(password: &Password, [sha1, sha256]: [Salt; 2]) -> Self {
        Self {
            sha1: Verifier::derive(Hash::Sha1, password, &sha1, ITERATIONS),
            sha256: Verifier::derive(Hash::Sha256, password, &sha256, ITERATIONS),
        }
    }

    /// Keys that no password has: for what is tried, and not done.
    pub(crate) fn nobodys() -> Self {
        let verifier = || Verifier {
            salt: Vec::new(),
            iterations: ITERATIONS,
            stored_key: Vec::new(),
            server_key: Vec::new(),
        };
        Self { sha1: verifier(), sha256: verifier() }
    }

    /// The keys as the store holds them: the form of RFC 5803 §3 for each hash, a line each.
    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        let lines = [self.sha1.to_text("SCRAM-SHA-1"), self.sha256.to_text("SCRAM-SHA-256")];
        Zeroizing::new(lines.each_ref().map(|line| line.as_str()).join("\n"))
    }

    /// The keys from the form that [`Keys::to_text`] gives.
    pub(crate) fn from_text(text: &str) -> Result<Self, KeysError> {
        let (sha1, sha256) = text.split_once('\n').ok_or(KeysError)?;
        Ok(Self {
            sha1: Verifier::from_text(Hash::Sha1, "SCRAM-SHA-1", sha1)?,
            sha256: Verifier::from_text(Hash::Sha256, "SCRAM-SHA-256", sha256)?,
        })
    }

    /// Whether these are keys of the same setting of a password: each has salts of its own.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let pairs = [(&self.sha1, &other.sha1), (&self.sha256, &other.sha256)];
        let same =
            pairs.map(|(one, other)| one.salt.ct_eq(&other.salt) & one.stored_key.ct_eq(&other.stored_key));
        bool::from(same[0] & same[1])
    }

    /// Names this setting of the password, and tells nothing about it: another has other salts.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        sha256(&[self.sha1.salt.as_slice(), self.sha256.salt.as_slice()].concat())
    }

    pub(super) fn verifier(&self, hash: Hash) -> &Verifier {
        match hash {
            Hash::Sha1 => &self.sha1,
            Hash::Sha256 => &self.sha256,
        }
    }

    #[cfg(test)]
    pub(super) fn from_verifiers(sha1: Verifier, sha256: Verifier) -> Self {
        Self { sha1, sha256 }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keys(…)")
    }
}

impl Verifier {
    /// RFC 5802 §3: `StoredKey := H(HMAC(SaltedPassword, "Client Key"))`, `ServerKey` likewise without `H`.
    pub(super) fn derive(hash: Hash, password: &Password, salt: &[u8], iterations: NonZeroU32) -> Self {
        let salted = hash.salted_password(password.reveal().as_bytes(), salt, iterations);
        let client_key = hash.hmac(&salted, b"Client Key");
        Self {
            salt: salt.to_vec(),
            iterations,
            stored_key: hash.digest(client_key.as_ref()).as_ref().to_vec(),
            server_key: hash.hmac(&salted, b"Server Key").as_ref().to_vec(),
        }
    }

    /// `SCHEME$ITERATIONS:SALT$STOREDKEY:SERVERKEY` of RFC 5803 §3.
    fn to_text(&self, scheme: &str) -> Zeroizing<String> {
        let [salt, stored, server] =
            [&self.salt, &self.stored_key, &self.server_key].map(|part| Zeroizing::new(BASE64.encode(part)));
        let iterations = self.iterations;
        Zeroizing::new(format!("{scheme}${iterations}:{}${}:{}", *salt, *stored, *server))
    }

    fn from_text(hash: Hash, scheme: &str, text: &str) -> Result<Self, KeysError> {
        let rest = text.strip_prefix(scheme).and_then(|rest| rest.strip_prefix('$')).ok_or(KeysError)?;
        let (cost, keys) = rest.split_once('$').ok_or(KeysError)?;
        let (iterations, salt) = cost.split_once(':').ok_or(KeysError)?;
        let (stored, server) = keys.split_once(':').ok_or(KeysError)?;
        let decode = |part| BASE64.decode(part).map_err(|_| KeysError);
        let verifier = Self {
            salt: decode(salt)?,
            iterations: iterations.parse().map_err(|_| KeysError)?,
            stored_key: decode(stored)?,
            server_key: decode(server)?,
        };
        let complete =
            verifier.stored_key.len() == hash.length() && verifier.server_key.len() == hash.length();
        complete.then_some(verifier).ok_or(KeysError)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::derive_with(&Password::prepare("pencil").unwrap(), [[1; 16], [2; 16]])
    }

    #[test]
    fn the_stored_form_leads_back_to_the_same_keys() {
        let text = keys().to_text();
        assert!(text.starts_with("SCRAM-SHA-1$10000:AQEBAQEBAQEBAQEBAQEBAQ==$"));
        assert!(text.contains("\nSCRAM-SHA-256$10000:AgICAgICAgICAgICAgICAg==$"));
        assert_eq!(*Keys::from_text(&text).unwrap().to_text(), *text);
    }

    #[test]
    fn a_damaged_form_is_refused() {
        let text = keys().to_text();
        for damaged in ["", "\n", &text[1..], &text[..text.len() - 4], &text.replace("10000", "0")] {
            assert!(Keys::from_text(damaged).is_err());
        }
    }

    #[test]
    fn equal_passwords_have_unequal_keys() {
        let password = Password::prepare("pencil").unwrap();
        assert_ne!(*Keys::derive(&password).to_text(), *Keys::derive(&password).to_text());
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", keys()), "Keys(…)");
    }
}
