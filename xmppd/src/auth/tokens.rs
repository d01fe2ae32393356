//! The tokens of every account (XEP-0484): what a client logs in with instead of the password.
//!
//! A client has two places (§6.1): a token that it has used, and a newer one that it may not have received yet. HT is
//! an HMAC under the token, so the token itself has to be kept, on disk as well: who steals the store can log in
//! until the tokens end. So they end: after some weeks without a login, with the password that they were obtained
//! with, with the account. And they are bound to the mechanism that they were asked for, and to the one client.

mod record;

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use time::OffsetDateTime;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{Agent, AuthError, TokenMechanism, TokenProof, keys::Fingerprint};
use crate::account::Account;

/// As many clients of one account as can have tokens; the one that has been away longest makes room.
const MOST_CLIENTS: usize = 16;
/// A token that is older is replaced when it is used (§3.5).
const ROTATED_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Who can log in by a token.
pub struct Tokens {
    lifetime: Duration,
    accounts: HashMap<String, Vec<Client>>,
}

/// One client of one account.
struct Client {
    agent: Agent,
    /// What it has logged in with.
    current: Option<Token>,
    /// What it was given since.
    new: Option<Token>,
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct Token {
    /// As the client has it, and as the HMAC is keyed with it.
    secret: String,
    #[zeroize(skip)]
    mechanism: TokenMechanism,
    /// The password that it stands for.
    #[zeroize(skip)]
    password: Fingerprint,
    #[zeroize(skip)]
    issued: OffsetDateTime,
    #[zeroize(skip)]
    expires: OffsetDateTime,
    /// The highest count that it was used with.
    #[zeroize(skip)]
    count: Option<u64>,
}

/// A token for a client.
pub struct Issued {
    /// The token.
    pub secret: Zeroizing<String>,
    /// When it ends.
    pub expires: OffsetDateTime,
    /// Whose tokens had to make room for it.
    pub displaced: Option<Agent>,
}

/// What a proof has shown.
pub struct Redeemed {
    /// Who it is.
    pub account: Arc<Account>,
    /// What proves to the client that we know the token as well.
    pub answer: Vec<u8>,
    /// Whether the token is to be replaced.
    pub is_due: bool,
    /// Whether what is known of the client's tokens is not what it was.
    pub has_changed: bool,
}

impl Tokens {
    /// None yet; each will end so long after it was given out.
    pub fn new(lifetime: Duration) -> Self {
        Self { lifetime, accounts: HashMap::new() }
    }

    /// Each that is given out from now on will end so long after.
    pub fn set_lifetime(&mut self, lifetime: Duration) {
        self.lifetime = lifetime;
    }

    /// Checks a proof against what the client has. `account` is the one that it names, if that may log in. Two
    /// digests are made for whoever asks, so that time tells nobody who has tokens.
    pub fn redeem(
        &mut self,
        proof: &TokenProof<'_>,
        account: Option<Arc<Account>>,
        now: OffsetDateTime,
    ) -> Result<Redeemed, AuthError> {
        let clients = account.as_ref().and_then(|account| self.accounts.get_mut(&account.name));
        let client =
            clients.and_then(|clients| clients.iter_mut().find(|client| client.agent == proof.agent));
        let is_of = |token: Option<&Token>| {
            let holds = proof.is_of(token.map_or(&[], |token| token.secret.as_bytes()));
            holds && token.is_some_and(|token| token.suits(proof, account.as_deref()))
        };
        let is_new = is_of(client.as_ref().and_then(|client| client.new.as_ref()));
        let is_current = is_of(client.as_ref().and_then(|client| client.current.as_ref()));
        let (Some(client), Some(account), true) = (client, account, is_new || is_current) else {
            return Err(AuthError::NotAuthorized);
        };
        if is_new {
            client.current = client.new.take();
        }
        let token = client.current.as_mut().ok_or(AuthError::NotAuthorized)?;
        if token.expires <= now {
            client.current = None;
            return Err(AuthError::Expired);
        }
        token.count = proof.count.or(token.count);
        let answer = proof.answer(token.secret.as_bytes());
        let is_due = now - token.issued >= ROTATED_AFTER;
        Ok(Redeemed { account, answer, is_due, has_changed: is_new || proof.count.is_some() })
    }

    /// Makes a token out of random bytes. What the client has used so far stays good until it uses this one.
    pub fn issue(
        &mut self,
        account: &Account,
        agent: Agent,
        mechanism: TokenMechanism,
        random: &[u8; 32],
        now: OffsetDateTime,
    ) -> Issued {
        let (secret, expires) = (BASE64.encode(random), now + self.lifetime);
        let given = Zeroizing::new(secret.clone());
        let password = account.keys.fingerprint();
        let token = Token { secret, mechanism, password, issued: now, expires, count: None };
        let clients = self.accounts.entry(account.name.clone()).or_default();
        let mut displaced = None;
        if let Some(client) = clients.iter_mut().find(|client| client.agent == agent) {
            client.new = Some(token);
        } else {
            displaced = make_room(clients);
            clients.push(Client { agent, current: None, new: Some(token) });
        }
        Issued { secret: given, expires, displaced }
    }

    /// Forgets the tokens of one client.
    pub fn invalidate(&mut self, account: &str, agent: Agent) {
        if let Some(clients) = self.accounts.get_mut(account) {
            clients.retain(|client| client.agent != agent);
        }
    }

    /// Forgets the tokens of a whole account; answers whose they were.
    pub fn revoke(&mut self, account: &str) -> Vec<Agent> {
        let clients = self.accounts.remove(account).unwrap_or_default();
        clients.into_iter().map(|client| client.agent).collect()
    }
}

/// Takes away the tokens of the client that was given its last one longest ago, if there are too many.
fn make_room(clients: &mut Vec<Client>) -> Option<Agent> {
    if clients.len() < MOST_CLIENTS {
        return None;
    }
    let oldest = (0..clients.len()).min_by_key(|index| clients[*index].issued())?;
    Some(clients.swap_remove(oldest).agent)
}

impl Client {
    /// When it was last given one.
    fn issued(&self) -> Option<OffsetDateTime> {
        [&self.current, &self.new].into_iter().flatten().map(|token| token.issued).max()
    }
}

impl Token {
    /// Whether it was asked for this mechanism, stands for the password that there is now, and was not used with
    /// this count before (§3.4).
    fn suits(&self, proof: &TokenProof<'_>, account: Option<&Account>) -> bool {
        let is_replay = proof.count.is_some() && proof.count <= self.count;
        let is_of_this_password = account.is_some_and(|account| account.keys.fingerprint() == self.password);
        self.mechanism == proof.mechanism && is_of_this_password && !is_replay
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Tokens({} accounts)", self.accounts.len())
    }
}

#[cfg(test)]
mod tests;
