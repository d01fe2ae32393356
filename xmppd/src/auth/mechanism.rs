//! The SASL mechanisms that we speak: SCRAM alone, since it needs no password on our side (RFC 6120 §13.8).

use super::hash::Hash;

/// One of the four SCRAM mechanisms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// `SCRAM-SHA-1` (RFC 5802).
    ScramSha1,
    /// `SCRAM-SHA-1-PLUS`: with channel binding.
    ScramSha1Plus,
    /// `SCRAM-SHA-256` (RFC 7677).
    ScramSha256,
    /// `SCRAM-SHA-256-PLUS`: with channel binding.
    ScramSha256Plus,
}

impl Mechanism {
    /// What is offered, strongest first: channel binding weighs more than the hash, for it is what defeats
    /// somebody in the middle. The PLUS forms are offered only where there is something to bind to.
    pub fn offered(binding: bool) -> &'static [Self] {
        const ALL: [Mechanism; 4] = [
            Mechanism::ScramSha256Plus,
            Mechanism::ScramSha1Plus,
            Mechanism::ScramSha256,
            Mechanism::ScramSha1,
        ];
        if binding { &ALL } else { &ALL[2..] }
    }

    /// The mechanism of this name, as IANA registers it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::offered(true).iter().copied().find(|mechanism| mechanism.name() == name)
    }

    /// The name that IANA registers.
    pub fn name(self) -> &'static str {
        match self {
            Self::ScramSha1 => "SCRAM-SHA-1",
            Self::ScramSha1Plus => "SCRAM-SHA-1-PLUS",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha256Plus => "SCRAM-SHA-256-PLUS",
        }
    }

    /// Whether it binds the login to its TLS connection.
    pub fn is_plus(self) -> bool {
        matches!(self, Self::ScramSha1Plus | Self::ScramSha256Plus)
    }

    pub(super) fn hash(self) -> Hash {
        match self {
            Self::ScramSha1 | Self::ScramSha1Plus => Hash::Sha1,
            Self::ScramSha256 | Self::ScramSha256Plus => Hash::Sha256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_mechanism() {
        for &mechanism in Mechanism::offered(true) {
            assert_eq!(Mechanism::from_name(mechanism.name()), Some(mechanism));
        }
        assert_eq!(Mechanism::from_name("PLAIN"), None);
        assert_eq!(Mechanism::from_name("scram-sha-1"), None);
    }

    #[test]
    fn binding_forms_are_offered_only_where_there_is_something_to_bind_to() {
        assert!(Mechanism::offered(true)[0].is_plus());
        assert_eq!(Mechanism::offered(false), [Mechanism::ScramSha256, Mechanism::ScramSha1]);
    }
}
