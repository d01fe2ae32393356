//! Keys of accounts that do not exist: who asks for one gets a salt and a refusal as for a wrong password.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    hash::Hash,
    keys::{ITERATIONS, Verifier},
};
use crate::hex::hex;

/// What this server's decoys are made from. The store keeps it: the salt of a name that does not exist must
/// be the same at each asking, also after a restart, or else its changing would tell.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DecoySecret([u8; 32]);

impl DecoySecret {
    /// Takes over 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What stands for a name in a place. No prepared name and no place holds the NUL between them.
    pub(super) fn pseudonym(&self, place: &str, name: &str) -> String {
        let label = [b"p\0", place.as_bytes(), b"\0", name.as_bytes()].concat();
        hex(&Hash::Sha256.hmac(&self.0, &label).as_ref()[..20])
    }

    /// The keys that this name would have. No password leads to them.
    pub(super) fn verifier(&self, hash: Hash, name: &str) -> Verifier {
        let derive = |purpose: u8| {
            let label = [&[purpose, hash as u8], name.as_bytes()].concat();
            Hash::Sha256.hmac(&self.0, &label)
        };
        Verifier {
            salt: derive(b's').as_ref()[..16].to_vec(),
            iterations: ITERATIONS,
            stored_key: derive(b'k').as_ref()[..hash.length()].to_vec(),
            server_key: derive(b'v').as_ref()[..hash.length()].to_vec(),
        }
    }
}

impl fmt::Debug for DecoySecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DecoySecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoy_is_stable_and_its_own() {
        let secret = DecoySecret::new([1; 32]);
        let salt = |secret: &DecoySecret, hash, name| secret.verifier(hash, name).salt.clone();
        let expected = salt(&secret, Hash::Sha1, "romeo");
        assert_eq!(expected.len(), 16);
        assert_eq!(salt(&secret, Hash::Sha1, "romeo"), expected);
        assert_ne!(salt(&secret, Hash::Sha256, "romeo"), expected);
        assert_ne!(salt(&secret, Hash::Sha1, "juliet"), expected);
        assert_ne!(salt(&DecoySecret::new([2; 32]), Hash::Sha1, "romeo"), expected);
    }

    #[test]
    fn a_pseudonym_is_one_person_s_in_one_place() {
        let secret = DecoySecret::new([1; 32]);
        let expected = secret.pseudonym("balcony", "romeo");
        assert_eq!(expected.len(), 40);
        assert_eq!(secret.pseudonym("balcony", "romeo"), expected);
        assert_ne!(secret.pseudonym("orchard", "romeo"), expected);
        assert_ne!(secret.pseudonym("balcony", "juliet"), expected);
        assert_ne!(DecoySecret::new([2; 32]).pseudonym("balcony", "romeo"), expected);
    }
}
