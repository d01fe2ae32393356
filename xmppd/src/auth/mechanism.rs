//! The SASL mechanisms for passwords: SCRAM, since it needs no password on our side (RFC 6120 §13.8); PLAIN only
//! where the site asks for it.

use super::hash::Hash;

/// One of the four SCRAM mechanisms, or PLAIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// `PLAIN` (RFC 4616): the password itself, for clients that know nothing better.
    Plain,
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
    /// Strongest first: channel binding weighs more than the hash, for it is what defeats somebody in the middle.
    const ALL: [Self; 5] =
        [Self::ScramSha256Plus, Self::ScramSha1Plus, Self::ScramSha256, Self::ScramSha1, Self::Plain];

    /// What is offered, strongest first. The PLUS forms are offered only where there is something to bind to,
    /// PLAIN only where the site takes it.
    pub fn offered(binding: bool, plain: bool) -> &'static [Self] {
        let first = if binding { 0 } else { 2 };
        let end = if plain { 5 } else { 4 };
        &Self::ALL[first..end]
    }

    /// The mechanism of this name, as IANA registers it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.name() == name)
    }

    /// The name that IANA registers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
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

    /// Which of an account's keys it is checked against.
    pub(super) fn hash(self) -> Hash {
        match self {
            Self::ScramSha1 | Self::ScramSha1Plus => Hash::Sha1,
            Self::Plain | Self::ScramSha256 | Self::ScramSha256Plus => Hash::Sha256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_mechanism() {
        for &mechanism in Mechanism::offered(true, true) {
            assert_eq!(Mechanism::from_name(mechanism.name()), Some(mechanism));
        }
        assert_eq!(Mechanism::from_name("DIGEST-MD5"), None);
        assert_eq!(Mechanism::from_name("scram-sha-1"), None);
    }

    #[test]
    fn binding_forms_are_offered_only_where_there_is_something_to_bind_to() {
        assert!(Mechanism::offered(true, false)[0].is_plus());
        assert_eq!(Mechanism::offered(false, false), [Mechanism::ScramSha256, Mechanism::ScramSha1]);
    }

    #[test]
    fn plain_comes_last_and_only_where_it_is_taken() {
        for binding in [true, false] {
            assert!(!Mechanism::offered(binding, false).contains(&Mechanism::Plain));
            assert_eq!(Mechanism::offered(binding, true).last(), Some(&Mechanism::Plain));
        }
    }
}
