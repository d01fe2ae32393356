//! The hashed-token mechanisms (draft-schmaus-kitten-sasl-ht): one message with a digest of a token, one back.

use std::fmt;

use ring::hmac;
use subtle::ConstantTimeEq;

use super::{Agent, AuthError, ChannelBindings, exchange::prepared, hash::Hash};

/// One of the mechanisms with SHA-256. `HT-SHA-256-UNIQ` is not among them: `tls-unique` does not exist in TLS 1.3,
/// and is not safe before.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum TokenMechanism {
    /// `HT-SHA-256-ENDP`: bound to our certificate.
    EndPoint,
    /// `HT-SHA-256-EXPR`: bound to the TLS connection.
    Exporter,
    /// `HT-SHA-256-NONE`: bound to nothing.
    None,
}

/// A client's message that claims to know a token.
pub struct TokenProof<'a> {
    /// The mechanism by which it came.
    pub mechanism: TokenMechanism,
    /// Which client says so.
    pub agent: Agent,
    /// How often it has used the token so far, if it counts (XEP-0484 §3.4).
    pub count: Option<u64>,
    name: String,
    digest: &'a [u8],
    binding: &'a [u8],
}

impl TokenMechanism {
    /// Best first.
    const ALL: [Self; 3] = [Self::Exporter, Self::EndPoint, Self::None];

    /// What can be offered on a connection with these bindings, best first.
    pub fn offered(bindings: &ChannelBindings) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|mechanism| mechanism.binding(bindings).is_some())
    }

    /// The mechanism of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.name() == name)
    }

    /// The name by which it is announced.
    pub fn name(self) -> &'static str {
        match self {
            Self::EndPoint => "HT-SHA-256-ENDP",
            Self::Exporter => "HT-SHA-256-EXPR",
            Self::None => "HT-SHA-256-NONE",
        }
    }

    /// What the proof has to cover; `None` where the connection has no such binding.
    fn binding(self, bindings: &ChannelBindings) -> Option<&[u8]> {
        match self {
            Self::EndPoint => bindings.data("tls-server-end-point"),
            Self::Exporter => bindings.data("tls-exporter"),
            Self::None => Some(&[]),
        }
    }
}

impl<'a> TokenProof<'a> {
    /// Takes the client's only message: `authcid NUL digest`.
    pub fn parse(
        mechanism: TokenMechanism,
        bindings: &'a ChannelBindings,
        agent: Agent,
        count: Option<u64>,
        message: &'a [u8],
    ) -> Result<Self, AuthError> {
        let binding = mechanism.binding(bindings).ok_or(AuthError::Binding)?;
        let end = memchr::memchr(0, message).ok_or(AuthError::Malformed)?;
        let (name, digest) = (str::from_utf8(&message[..end]), &message[end + 1..]);
        let name = name.map_err(|_| AuthError::Malformed)?;
        if name.is_empty() || digest.len() != Hash::Sha256.length() {
            return Err(AuthError::Malformed);
        }
        Ok(Self { mechanism, agent, count, name: prepared(name), digest, binding })
    }

    /// The name that the client gave, prepared.
    pub fn account(&self) -> &str {
        &self.name
    }

    /// Whether it was made with this token. The time that this takes does not depend on either.
    pub(super) fn is_of(&self, token: &[u8]) -> bool {
        self.keyed(token, b"Initiator").as_ref().ct_eq(self.digest).into()
    }

    /// What proves to the client that we know the token as well.
    pub(super) fn answer(&self, token: &[u8]) -> Vec<u8> {
        self.keyed(token, b"Responder").as_ref().to_vec()
    }

    fn keyed(&self, token: &[u8], role: &[u8]) -> hmac::Tag {
        Hash::Sha256.hmac(token, &[role, self.binding].concat())
    }
}

impl fmt::Debug for TokenProof<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TokenProof({})", self.mechanism.name())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bindings() -> ChannelBindings {
        ChannelBindings { tls_exporter: Some([9; 32]), tls_server_end_point: Some(vec![8; 32]) }
    }

    /// HMAC of RFC 2104 §2 written out over the bare hash: a second path to the same bytes.
    fn written_out(key: &[u8], text: &[u8]) -> Vec<u8> {
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(key);
        let padded = |pad: u8| block.map(|byte| byte ^ pad);
        let inner = Hash::Sha256.digest(&[&padded(0x36), text].concat());
        Hash::Sha256.digest(&[&padded(0x5c), inner.as_ref()].concat()).as_ref().to_vec()
    }

    #[test]
    fn names_lead_back_to_their_mechanism() {
        for mechanism in TokenMechanism::ALL {
            assert_eq!(TokenMechanism::from_name(mechanism.name()), Some(mechanism));
        }
        assert_eq!(TokenMechanism::from_name("HT-SHA-256-UNIQ"), None);
    }

    #[test]
    fn only_what_the_connection_can_be_bound_to_is_offered() {
        let names =
            |bindings| TokenMechanism::offered(&bindings).map(TokenMechanism::name).collect::<Vec<_>>();
        assert_eq!(names(ChannelBindings::default()), ["HT-SHA-256-NONE"]);
        assert_eq!(names(bindings()), ["HT-SHA-256-EXPR", "HT-SHA-256-ENDP", "HT-SHA-256-NONE"]);
    }

    #[test]
    fn a_proof_covers_the_token_and_the_binding() {
        let (bindings, agent) = (bindings(), Agent::parse("phone").unwrap());
        for (mechanism, data) in [
            (TokenMechanism::Exporter, &[9; 32][..]),
            (TokenMechanism::EndPoint, &[8; 32]),
            (TokenMechanism::None, &[]),
        ] {
            let message = [b"Romeo\0", &written_out(b"token", &[b"Initiator", data].concat())[..]].concat();
            let proof = TokenProof::parse(mechanism, &bindings, agent, None, &message).unwrap();
            assert_eq!(proof.account(), "romeo");
            assert!(proof.is_of(b"token") && !proof.is_of(b"nekot"));
            assert_eq!(proof.answer(b"token"), written_out(b"token", &[b"Responder", data].concat()));
            for other in TokenMechanism::ALL.into_iter().filter(|other| *other != mechanism) {
                let proof = TokenProof::parse(other, &bindings, agent, None, &message).unwrap();
                assert!(!proof.is_of(b"token"), "{mechanism:?} is not {other:?}");
            }
        }
    }

    #[test]
    fn what_is_no_proof_is_refused() {
        let (none, agent) = (ChannelBindings::default(), Agent::parse("phone").unwrap());
        let parse = |mechanism, message: &[u8]| {
            TokenProof::parse(mechanism, &none, agent, None, message).map(|_| ()).unwrap_err()
        };
        let good = [b"romeo\0", &[7; 32][..]].concat();
        assert_eq!(parse(TokenMechanism::Exporter, &good), AuthError::Binding);
        for message in
            [&b""[..], b"romeo", b"romeo\0", b"romeo\0short", &good[5..], &[b"\xff", &good[..]].concat()]
        {
            assert_eq!(parse(TokenMechanism::None, message), AuthError::Malformed);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes: Vec<u8>) {
            let (none, agent) = (ChannelBindings::default(), Agent::parse("phone").unwrap());
            let _ = TokenProof::parse(TokenMechanism::None, &none, agent, None, &bytes);
        }
    }
}
