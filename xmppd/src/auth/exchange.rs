//! The SCRAM conversation (RFC 5802 §5): the client's first message, our challenge, its proof, our signature.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use jid::NodePart;
use subtle::{Choice, ConstantTimeEq};

use super::{
    Agent, ChannelBindings, DecoySecret, Mechanism, downgrade,
    hash::Hash,
    keys::Verifier,
    message::{BindingFlag, ClientFinal, ClientFirst},
};
use crate::account::Account;

/// The random bytes that make each exchange its own; see [`super::random_bytes`].
pub type Nonce = [u8; 18];

/// Why a login is refused. Nothing here tells a wrong password from an account that is disabled or unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The channel binding is missing, unknown, of another connection, or was hidden from the client.
    #[error("the channel binding does not hold")]
    Binding,
    /// The token was right once.
    #[error("the token has expired")]
    Expired,
    /// The client asks to act as somebody else.
    #[error("only one's own address can be used")]
    InvalidAuthzid,
    /// A message is not what RFC 5802 §7 allows.
    #[error("the message does not follow RFC 5802")]
    Malformed,
    /// The proof does not hold, or there is no such account, or it is disabled.
    #[error("name or password is wrong")]
    NotAuthorized,
    /// The client insists on an extension that we do not know.
    #[error("a mandatory extension is not supported")]
    UnknownExtension,
}

/// What every exchange of this server shares.
#[derive(Clone, Debug)]
pub struct Authenticator {
    domain: String,
    decoys: DecoySecret,
    takes_plain: bool,
}

/// An exchange that waits for the client's proof.
pub struct Exchange {
    hash: Hash,
    name: String,
    verifier: Verifier,
    /// Who may log in by this name, if anybody may.
    account: Option<Arc<Account>>,
    nonce: String,
    /// What `c` must hold: the gs2-header and the binding's data.
    binding: Vec<u8>,
    /// The `AuthMessage` up to the client's last part.
    transcript: String,
}

/// A login that has succeeded.
#[derive(Debug)]
pub struct Success {
    /// The account as it was when the exchange began.
    pub account: Arc<Account>,
    /// What proves to the client that we know its keys (RFC 5802: `server-final-message`), where the mechanism has
    /// such a thing.
    pub server_final: Option<Vec<u8>>,
}

impl AuthError {
    /// The name of the SASL error condition of RFC 6120 §6.5.
    pub fn condition(self) -> &'static str {
        match self {
            Self::Binding | Self::NotAuthorized => "not-authorized",
            Self::Expired => "credentials-expired",
            Self::InvalidAuthzid => "invalid-authzid",
            Self::Malformed | Self::UnknownExtension => "malformed-request",
        }
    }
}

impl Authenticator {
    /// For accounts of this (prepared) domain.
    pub fn new(domain: impl Into<String>, decoys: DecoySecret) -> Self {
        Self { domain: domain.into(), decoys, takes_plain: false }
    }

    /// Whether PLAIN is offered, too.
    #[must_use]
    pub fn taking_plain(self, takes_plain: bool) -> Self {
        Self { takes_plain, ..self }
    }

    /// The same from now on.
    pub fn take_plain(&mut self, takes_plain: bool) {
        self.takes_plain = takes_plain;
    }

    /// The mechanisms for a connection that has these bindings, strongest first.
    pub fn offered(&self, bindings: &ChannelBindings) -> &'static [Mechanism] {
        Mechanism::offered(bindings.available(), self.takes_plain)
    }

    /// What tells this client of this account from its others, and who it is to nobody.
    pub fn pseudonym(&self, account: &str, agent: &Agent) -> String {
        self.decoys.pseudonym(account, agent)
    }

    /// What stands for an account in a room: the same each time, another in another room, and nothing to guess
    /// the name from.
    pub fn occupant_id(&self, room: &str, name: &str) -> String {
        self.decoys.occupant_id(room, name)
    }

    /// Takes the client's first message; answers with the exchange and our `server-first-message`.
    ///
    /// `bindings` are those of the connection: the PLUS mechanisms count as offered when there is one.
    pub fn begin(
        &self,
        mechanism: Mechanism,
        bindings: &ChannelBindings,
        client_first: &[u8],
        nonce: &Nonce,
        lookup: impl FnOnce(&str) -> Option<Arc<Account>>,
    ) -> Result<(Exchange, Vec<u8>), AuthError> {
        let first = ClientFirst::parse(client_first)?;
        let bound = bound_data(mechanism, bindings, first.binding)?;
        let name = prepared(&first.username);
        self.check_authzid(first.authzid.as_deref(), &name)?;

        let hash = mechanism.hash();
        let (account, verifier) = self.verifier(hash, &name, lookup);

        let nonce = format!("{}{}", first.nonce, BASE64.encode(nonce));
        let server_first = format!(
            "r={nonce},s={},i={},h={}",
            BASE64.encode(&verifier.salt),
            verifier.iterations,
            downgrade::hash(hash, self.offered(bindings), bindings)
        );
        let exchange = Exchange {
            hash,
            name,
            verifier,
            account,
            nonce,
            binding: [first.gs2_header.as_bytes(), bound].concat(),
            transcript: format!("{},{server_first},", first.bare),
        };
        Ok((exchange, server_first.into_bytes()))
    }

    /// Who may log in by that name, if anybody may, and what a password is checked against all the same.
    pub(super) fn verifier(
        &self,
        hash: Hash,
        name: &str,
        lookup: impl FnOnce(&str) -> Option<Arc<Account>>,
    ) -> (Option<Arc<Account>>, Verifier) {
        // Made for every name, so that a name which exists does not take less time.
        let decoy = self.decoys.verifier(hash, name);
        let account = lookup(name);
        let verifier = account.as_ref().map_or(decoy, |account| account.keys.verifier(hash).clone());
        (account.filter(|account| account.enabled), verifier)
    }

    /// RFC 6120 §6.3.8: an authorization identity is a bare JID; nobody here acts for another.
    pub(super) fn check_authzid(&self, authzid: Option<&str>, name: &str) -> Result<(), AuthError> {
        let Some(authzid) = authzid else { return Ok(()) };
        let own = jid::BareJid::new(authzid).is_ok_and(|jid| {
            jid.node().is_some_and(|node| node.as_str() == name) && jid.domain().as_str() == self.domain
        });
        if own { Ok(()) } else { Err(AuthError::InvalidAuthzid) }
    }
}

impl Exchange {
    /// The name that the client gave, prepared; to ask the throttle before [`Exchange::finish`].
    pub fn account(&self) -> &str {
        &self.name
    }

    /// Takes the client's last message and decides.
    pub fn finish(self, client_final: &[u8]) -> Result<Success, AuthError> {
        let last = ClientFinal::parse(client_final)?;
        if last.nonce != self.nonce {
            return Err(AuthError::Malformed);
        }
        if last.binding != self.binding {
            return Err(AuthError::Binding);
        }
        let transcript = [self.transcript.as_bytes(), last.without_proof.as_bytes()].concat();
        let holds = self.proof_holds(&transcript, &last.proof);
        let signature = self.hash.hmac(&self.verifier.server_key, &transcript);
        let account = self.account.filter(|_| holds.into()).ok_or(AuthError::NotAuthorized)?;
        let server_final = format!("v={}", BASE64.encode(signature)).into_bytes();
        Ok(Success { account, server_final: Some(server_final) })
    }

    /// RFC 5802 §3: `ClientKey := ClientProof XOR HMAC(StoredKey, AuthMessage)`, and its hash is the `StoredKey`.
    fn proof_holds(&self, transcript: &[u8], proof: &[u8]) -> Choice {
        let signature = self.hash.hmac(&self.verifier.stored_key, transcript);
        let client_key: Vec<u8> = signature.as_ref().iter().zip(proof).map(|(a, b)| a ^ b).collect();
        let client_key = zeroize::Zeroizing::new(client_key);
        let lengths = Choice::from(u8::from(proof.len() == self.hash.length()));
        lengths & self.hash.digest(&client_key).as_ref().ct_eq(&self.verifier.stored_key)
    }
}

/// The localpart that is meant; a name that cannot be one stays as it is, and will not be found.
pub(super) fn prepared(username: &str) -> String {
    NodePart::new(username).map_or_else(|_| username.to_owned(), |name| name.as_str().to_owned())
}

/// The data that the client's flag binds to; RFC 5802 §6 for what flag goes with what mechanism.
fn bound_data<'a>(
    mechanism: Mechanism,
    bindings: &'a ChannelBindings,
    flag: BindingFlag<'_>,
) -> Result<&'a [u8], AuthError> {
    match (flag, mechanism.is_plus()) {
        (BindingFlag::Used(name), true) => bindings.data(name).ok_or(AuthError::Binding),
        // The client could bind and did not see our PLUS offer: somebody in between took it away.
        (BindingFlag::NotOffered, false) if bindings.available() => Err(AuthError::Binding),
        (BindingFlag::NotOffered | BindingFlag::Unsupported, false) => Ok(&[]),
        (BindingFlag::Used(_), false) | (_, true) => Err(AuthError::Malformed),
    }
}

#[cfg(test)]
mod tests;
