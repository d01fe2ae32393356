//! What the twin's SCRAM knows of passwords.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use sasl::{
    common::{
        Identity,
        scram::{ScramProvider, Sha256},
    },
    secret::{Pbkdf2Secret, Pbkdf2Sha256},
    server::{Provider, ProviderError, Validator, ValidatorError},
};

use super::world::{Habit, World};

/// The name in a SCRAM client's first message (RFC 5802 §7).
pub(super) fn name_in(first: &[u8]) -> String {
    let first = String::from_utf8_lossy(first);
    first.split(',').find_map(|part| part.strip_prefix("n=")).unwrap_or_default().to_owned()
}

/// Keys derived from the passwords as they are asked for; for unknown names too, so as not to tell.
pub(super) struct Passwords(pub(super) Arc<World>);

impl Provider<Pbkdf2Sha256> for Passwords {
    fn provide(&self, identity: &Identity) -> Result<Pbkdf2Sha256, ProviderError> {
        let Identity::Username(name) = identity else { return Err(ProviderError::AuthenticationFailed) };
        let accounts = self.0.accounts.lock().unwrap();
        let known = accounts.get(name).map(|account| account.password.clone());
        let fresh = if known.is_none() && self.0.has(Habit::RandomSalts) { self.0.next() } else { 0 };
        let salt = format!("{name:-<30.30}{fresh}");
        let password = known.unwrap_or_else(|| "\u{1}nobody".to_owned());
        Ok(Pbkdf2Sha256::derive(&password, salt.as_bytes(), 16)?)
    }
}

/// The last word of a server (RFC 5802 §3) that believes whatever binding the client claims. `said` is what both said before.
pub(super) fn signature_for_any_binding(
    passwords: &Passwords,
    name: &str,
    said: &[u8],
    last: &[u8],
) -> Vec<u8> {
    let secret = passwords.provide(&Identity::Username(name.to_owned())).unwrap();
    let proof = memchr::memmem::find(last, b",p=").unwrap();
    let server_key = Sha256::hmac(b"Server Key", secret.digest()).unwrap();
    let signature = Sha256::hmac(&[said, b",", &last[..proof]].concat(), &server_key).unwrap();
    format!("v={}", BASE64_STANDARD.encode(signature)).into_bytes()
}

/// What is signed of a client's first message and of the challenge.
pub(super) fn said(first: &[u8], challenge: &[u8]) -> Vec<u8> {
    let header = memchr::memmem::find(first, b",,").unwrap() + 2;
    [&first[header..], b",", challenge].concat()
}

impl Validator<Pbkdf2Sha256> for Passwords {
    fn validate(&self, _: &Identity, _: &Pbkdf2Sha256) -> Result<(), ValidatorError> {
        Err(ValidatorError::AuthenticationFailed)
    }
}
