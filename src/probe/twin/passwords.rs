//! What the twin's SCRAM knows of passwords.

use std::sync::Arc;

use sasl::{
    common::Identity,
    secret::Pbkdf2Sha256,
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

impl Validator<Pbkdf2Sha256> for Passwords {
    fn validate(&self, _: &Identity, _: &Pbkdf2Sha256) -> Result<(), ValidatorError> {
        Err(ValidatorError::AuthenticationFailed)
    }
}
