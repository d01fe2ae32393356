//! What is made from names and a secret of this server: keys of accounts that do not exist, so that who asks for
//! one gets a salt and a refusal as for a wrong password; and pseudonyms of clients.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};

use super::{
    Agent,
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

    /// XEP-0421 §4.1: what stands for an account in a room. No name holds the NUL between the two.
    pub(super) fn occupant_id(&self, room: &str, name: &str) -> String {
        let label = [b"o\0", room.as_bytes(), b"\0", name.as_bytes()].concat();
        hex(&Hash::Sha256.hmac(&self.0, &label).as_ref()[..20])
    }

    /// Tells this client of this account from others, and is always the same for it; the agent's own identifier
    /// does not show in it (XEP-0386 §3.2.1).
    pub(super) fn pseudonym(&self, account: &str, agent: &Agent) -> String {
        let label = [b"a\0", account.as_bytes(), b"\0", agent.digest()].concat();
        BASE64.encode(&Hash::Sha256.hmac(&self.0, &label).as_ref()[..9])
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
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_is_stable_and_its_own() {
        let (phone, laptop) = (Agent::parse("phone").unwrap(), Agent::parse("laptop").unwrap());
        let secret = DecoySecret::new([1; 32]);
        let expected = secret.pseudonym("romeo", &phone);
        assert_eq!(expected.len(), 12);
        assert_eq!(secret.pseudonym("romeo", &phone), expected);
        assert_ne!(secret.pseudonym("romeo", &laptop), expected);
        assert_ne!(secret.pseudonym("juliet", &phone), expected);
        assert_ne!(DecoySecret::new([2; 32]).pseudonym("romeo", &phone), expected);
    }

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
    fn an_occupant_is_one_person_in_one_room() {
        let secret = DecoySecret::new([1; 32]);
        let expected = secret.occupant_id("balcony", "romeo");
        assert_eq!(expected.len(), 40);
        assert_eq!(secret.occupant_id("balcony", "romeo"), expected);
        assert_ne!(secret.occupant_id("orchard", "romeo"), expected);
        assert_ne!(secret.occupant_id("balcony", "juliet"), expected);
        assert_ne!(DecoySecret::new([2; 32]).occupant_id("balcony", "romeo"), expected);
    }
}
