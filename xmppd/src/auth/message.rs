//! The client's two messages (RFC 5802 §7), parsed; a slice for each part, since they are hashed as they came.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use super::AuthError;

/// `gs2-cbind-flag`: what the client says about channel binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BindingFlag<'a> {
    /// `n`: it cannot.
    Unsupported,
    /// `y`: it could, and believes that we cannot.
    NotOffered,
    /// `p=`: it does, with the binding of this name.
    Used(&'a str),
}

/// `client-first-message`.
#[derive(Debug)]
pub(super) struct ClientFirst<'a> {
    pub(super) binding: BindingFlag<'a>,
    pub(super) authzid: Option<String>,
    pub(super) username: String,
    pub(super) nonce: &'a str,
    /// `gs2-header`, which comes back in the second message.
    pub(super) gs2_header: &'a str,
    /// `client-first-message-bare`, the first part of the `AuthMessage`.
    pub(super) bare: &'a str,
}

/// `client-final-message`.
#[derive(Debug)]
pub(super) struct ClientFinal<'a> {
    /// `c`, decoded: the gs2-header, then the channel binding's data.
    pub(super) binding: Vec<u8>,
    pub(super) nonce: &'a str,
    pub(super) proof: Vec<u8>,
    /// `client-final-message-without-proof`, the last part of the `AuthMessage`.
    pub(super) without_proof: &'a str,
}

impl<'a> ClientFirst<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, AuthError> {
        let message = text(message)?;
        let (flag, rest) = message.split_once(',').ok_or(AuthError::Malformed)?;
        let (authzid, bare) = rest.split_once(',').ok_or(AuthError::Malformed)?;
        // RFC 5802 §5.1: `m` is reserved for extensions that must be understood; we understand none.
        if bare.starts_with("m=") {
            return Err(AuthError::UnknownExtension);
        }
        let mut parts = bare.split(',');
        Ok(Self {
            binding: BindingFlag::parse(flag)?,
            authzid: (!authzid.is_empty()).then(|| saslname(attribute(Some(authzid), "a=")?)).transpose()?,
            username: saslname(attribute(parts.next(), "n=")?)?,
            nonce: nonce(attribute(parts.next(), "r=")?)?,
            gs2_header: &message[..message.len() - bare.len()],
            bare,
        })
    }
}

impl<'a> ClientFinal<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, AuthError> {
        let message = text(message)?;
        // The proof comes last; optional extensions before it may be ignored (RFC 5802 §7).
        let (without_proof, proof) = message.rsplit_once(",p=").ok_or(AuthError::Malformed)?;
        let mut parts = without_proof.split(',');
        Ok(Self {
            binding: base64(attribute(parts.next(), "c=")?)?,
            nonce: nonce(attribute(parts.next(), "r=")?)?,
            proof: base64(proof)?,
            without_proof,
        })
    }
}

impl<'a> BindingFlag<'a> {
    fn parse(flag: &'a str) -> Result<Self, AuthError> {
        match flag {
            "n" => Ok(Self::Unsupported),
            "y" => Ok(Self::NotOffered),
            _ => attribute(Some(flag), "p=").map(Self::Used),
        }
    }
}

fn text(message: &[u8]) -> Result<&str, AuthError> {
    let text = str::from_utf8(message).map_err(|_| AuthError::Malformed)?;
    if text.contains('\0') { Err(AuthError::Malformed) } else { Ok(text) }
}

fn base64(text: &str) -> Result<Vec<u8>, AuthError> {
    BASE64.decode(text).map_err(|_| AuthError::Malformed)
}

/// The value of the attribute that must stand here.
fn attribute<'a>(part: Option<&'a str>, name: &str) -> Result<&'a str, AuthError> {
    part.and_then(|part| part.strip_prefix(name))
        .filter(|value| !value.is_empty())
        .ok_or(AuthError::Malformed)
}

/// `printable` of RFC 5802 §7: visible ASCII; the comma has been split away already.
fn nonce(text: &str) -> Result<&str, AuthError> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) { Ok(text) } else { Err(AuthError::Malformed) }
}

/// `saslname` of RFC 5802 §5.1: `=2C` is a comma, `=3D` an equals sign, and no other `=` may stand.
fn saslname(encoded: &str) -> Result<String, AuthError> {
    let mut pieces = encoded.split('=');
    let mut name = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (character, rest) = match piece.split_at_checked(2) {
            Some(("2C", rest)) => (',', rest),
            Some(("3D", rest)) => ('=', rest),
            _ => return Err(AuthError::Malformed),
        };
        name.push(character);
        name.push_str(rest);
    }
    Ok(name)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_message_falls_into_its_parts() {
        let message = b"p=tls-exporter,a=romeo@school.test,n=ro=2Cm=3Deo,r=fyko+d2l,x=ignored";
        let first = ClientFirst::parse(message).unwrap();
        assert_eq!(first.binding, BindingFlag::Used("tls-exporter"));
        assert_eq!(first.authzid.as_deref(), Some("romeo@school.test"));
        assert_eq!(first.username, "ro,m=eo");
        assert_eq!(first.nonce, "fyko+d2l");
        assert_eq!(first.gs2_header, "p=tls-exporter,a=romeo@school.test,");
        assert_eq!(first.bare, "n=ro=2Cm=3Deo,r=fyko+d2l,x=ignored");
    }

    #[test]
    fn what_the_grammar_does_not_allow_is_refused() {
        for message in [
            "",
            "n",
            "n,",
            "n,,",
            "n,,n=romeo",
            "n,,n=,r=x",
            "n,,r=x,n=romeo",
            "x,,n=romeo,r=x",
            "p=,,n=romeo,r=x",
            "n,romeo,n=romeo,r=x",
            "n,a=,n=romeo,r=x",
            "n,,n=ro=2cmeo,r=x",
            "n,,n=romeo=,r=x",
            "n,,n=romeo,r=",
            "n,,n=romeo,r=a b",
            "n,,n=ro\0meo,r=x",
        ] {
            assert_eq!(
                ClientFirst::parse(message.as_bytes()).unwrap_err(),
                AuthError::Malformed,
                "{message}"
            );
        }
        for message in
            ["", "c=biws,r=x", "c=biws,p=AA==", "r=x,c=biws,p=AA==", "c=biws,r=x,p=A", "c=?,r=x,p=AA=="]
        {
            assert_eq!(
                ClientFinal::parse(message.as_bytes()).unwrap_err(),
                AuthError::Malformed,
                "{message}"
            );
        }
        assert_eq!(ClientFirst::parse(b"n,,m=x,n=romeo,r=x").unwrap_err(), AuthError::UnknownExtension);
    }

    proptest! {
        #[test]
        fn every_name_survives_its_encoding(name in "[^\0]{1,40}") {
            let encoded = name.replace('=', "=3D").replace(',', "=2C");
            prop_assert_eq!(saslname(&encoded).unwrap(), name);
        }

        #[test]
        fn no_bytes_make_the_parsers_panic(bytes: Vec<u8>) {
            let _ = ClientFirst::parse(&bytes);
            let _ = ClientFinal::parse(&bytes);
        }
    }
}
