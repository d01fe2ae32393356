//! The two hash functions of SCRAM, as ring has them.

use std::num::NonZeroU32;

use ring::{digest, hmac, pbkdf2};
use zeroize::Zeroizing;

/// SHA-1 (RFC 5802) or SHA-256 (RFC 7677).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
}

/// `SHA-256(data)`, where it names something.
pub(super) fn sha256(data: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, data).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

impl Hash {
    /// The hash's length in bytes.
    pub(super) fn length(self) -> usize {
        self.digest_algorithm().output_len()
    }

    /// `H(data)` of RFC 5802 §2.2.
    pub(super) fn digest(self, data: &[u8]) -> digest::Digest {
        digest::digest(self.digest_algorithm(), data)
    }

    /// `HMAC(key, data)` of RFC 5802 §2.2.
    pub(super) fn hmac(self, key: &[u8], data: &[u8]) -> hmac::Tag {
        let algorithm = match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
        };
        hmac::sign(&hmac::Key::new(algorithm, key), data)
    }

    /// `Hi(password, salt, iterations)` of RFC 5802 §2.2, which is PBKDF2.
    pub(super) fn salted_password(
        self,
        password: &[u8],
        salt: &[u8],
        iterations: NonZeroU32,
    ) -> Zeroizing<Vec<u8>> {
        let algorithm = match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
        };
        let mut salted = Zeroizing::new(vec![0; self.length()]);
        pbkdf2::derive(algorithm, iterations, salt, password, &mut salted);
        salted
    }

    fn digest_algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
        }
    }
}
