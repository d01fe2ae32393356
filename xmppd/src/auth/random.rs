//! The system's random source: the one impure function of this room.

use ring::rand::{SecureRandom, SystemRandom};

/// Fresh, unpredictable bytes for a salt, a nonce or a secret.
///
/// # Panics
/// When the operating system's random source fails: there is nothing safe to do without it.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the operating system's random source answers");
    bytes
}
