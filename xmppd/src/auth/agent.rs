//! Which of a person's clients it is (XEP-0388: the `id` of `<user-agent/>`).

use std::fmt;

use super::hash::sha256;

/// The longest identifier that is taken; a UUID, which XEP-0388 asks for, has 36 bytes.
const MOST_BYTES: usize = 128;

/// One installation of a client. Only the digest of its identifier is held: the identifier itself is the client's
/// own business.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Agent([u8; 32]);

impl Agent {
    /// Takes the `id` of a `<user-agent/>`.
    pub fn parse(id: &str) -> Option<Self> {
        (1..=MOST_BYTES).contains(&id.len()).then(|| Self(sha256(id.as_bytes())))
    }

    /// The agent of that digest.
    pub(super) fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest of its identifier.
    pub(super) fn digest(&self) -> &[u8] {
        &self.0
    }
}

/// Never the digest: it would tell one person's devices apart in a log.
impl fmt::Debug for Agent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Agent(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_short_and_not_empty() {
        assert!(Agent::parse("d4565fa7-4d72-4749-b3d3-740edbf87770").is_some());
        assert!(Agent::parse("").is_none() && Agent::parse(&"x".repeat(MOST_BYTES + 1)).is_none());
        assert!(Agent::parse("a") == Agent::parse("a") && Agent::parse("a") != Agent::parse("b"));
    }
}
