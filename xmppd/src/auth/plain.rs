//! PLAIN (RFC 4616): the password itself, protected by TLS alone. Checking it costs the server what SCRAM costs the
//! client, some milliseconds: one more reason why it is off unless the site asks for it.

use std::sync::Arc;

use subtle::ConstantTimeEq;

use super::{AuthError, Authenticator, Mechanism, Password, Success, exchange::prepared, keys::Verifier};
use crate::account::Account;

/// A name with a password that has not been looked at yet.
pub struct PlainProof {
    name: String,
    /// `None` where no account can have it.
    password: Option<Password>,
    verifier: Verifier,
    account: Option<Arc<Account>>,
}

impl Authenticator {
    /// Takes the client's only message.
    pub fn plain(
        &self,
        message: &[u8],
        lookup: impl FnOnce(&str) -> Option<Arc<Account>>,
    ) -> Result<PlainProof, AuthError> {
        let text = str::from_utf8(message).map_err(|_| AuthError::Malformed)?;
        let [authzid, username, password] = split(text).ok_or(AuthError::Malformed)?;
        let name = prepared(username);
        self.check_authzid(Some(authzid).filter(|authzid| !authzid.is_empty()), &name)?;
        let (account, verifier) = self.verifier(Mechanism::Plain.hash(), &name, lookup);
        Ok(PlainProof { name, password: Password::prepare(password).ok(), verifier, account })
    }
}

impl PlainProof {
    /// The name that the client gave, prepared; to ask the throttle before [`PlainProof::finish`].
    pub fn account(&self) -> &str {
        &self.name
    }

    /// Decides. Whether there is such an account makes no difference to the time that it takes.
    pub fn finish(self) -> Result<Success, AuthError> {
        let password = self.password.ok_or(AuthError::NotAuthorized)?;
        let Verifier { salt, iterations, stored_key, .. } = &self.verifier;
        let derived = Verifier::derive(Mechanism::Plain.hash(), &password, salt, *iterations);
        let holds = derived.stored_key.ct_eq(stored_key);
        let account = self.account.filter(|_| holds.into()).ok_or(AuthError::NotAuthorized)?;
        Ok(Success { account, server_final: None })
    }
}

/// RFC 4616 §2: `[authzid] UTF8NUL authcid UTF8NUL passwd`, the last two not empty.
fn split(message: &str) -> Option<[&str; 3]> {
    let (authzid, rest) = message.split_once('\0')?;
    let (username, password) = rest.split_once('\0')?;
    let is_whole = !username.is_empty() && !password.is_empty() && !password.contains('\0');
    is_whole.then_some([authzid, username, password])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::auth::{DecoySecret, Keys};

    fn log_in(message: &str, enabled: bool) -> Result<String, AuthError> {
        let keys = Keys::derive_with(&Password::prepare("pencil").expect("a password"), [[1; 16], [2; 16]]);
        let lookup = |name: &str| {
            (name == "user").then(|| {
                let (name, display_name) = (name.to_owned(), "User".to_owned());
                Arc::new(Account {
                    name,
                    display_name,
                    groups: Vec::new(),
                    kind: crate::account::Kind::Child,
                    enabled,
                    keys,
                })
            })
        };
        let authenticator = Authenticator::new("school.test", DecoySecret::new([3; 32]));
        let success = authenticator.plain(message.as_bytes(), lookup)?.finish()?;
        Ok(success.account.name.clone())
    }

    #[test]
    fn the_right_password_is_enough() {
        assert_eq!(log_in("\0user\0pencil", true).as_deref(), Ok("user"));
        assert_eq!(log_in("\0USER\0pen\u{ad}cil", true).as_deref(), Ok("user"), "both are prepared");
        assert_eq!(log_in("user@school.test\0user\0pencil", true).as_deref(), Ok("user"));
    }

    #[test]
    fn wrong_unknown_and_disabled_look_the_same() {
        for (message, enabled) in [
            ("\0user\0pencils", true),
            ("\0nobody\0pencil", true),
            ("\0user\0pencil", false),
            ("\0user\0\x07", true),
        ] {
            assert_eq!(log_in(message, enabled), Err(AuthError::NotAuthorized), "{message:?}");
        }
    }

    #[test]
    fn nobody_acts_for_another() {
        for other in ["juliet@school.test", "user@elsewhere.test", "user", "user@school.test/x"] {
            assert_eq!(
                log_in(&format!("{other}\0user\0pencil"), true),
                Err(AuthError::InvalidAuthzid),
                "{other}"
            );
        }
    }

    #[test]
    fn what_the_grammar_does_not_allow_is_refused() {
        for message in
            ["", "user", "\0user", "\0user\0", "\0\0pencil", "\0user\0pencil\0", "\0user\0pen\0cil"]
        {
            assert_eq!(log_in(message, true), Err(AuthError::Malformed), "{message:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes: Vec<u8>) {
            let authenticator = Authenticator::new("school.test", DecoySecret::new([3; 32]));
            let _ = authenticator.plain(&bytes, |_| None);
        }
    }
}
