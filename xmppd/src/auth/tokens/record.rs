//! A client's tokens as they are written down: a line each, of words.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use bytes::Bytes;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{Client, Token, Tokens};
use crate::auth::{Agent, TokenMechanism};

impl Tokens {
    /// By what name a client's tokens are written down: not its own identifier.
    pub fn key(agent: &Agent) -> String {
        BASE64.encode(agent.digest())
    }

    /// A client's tokens, to be written down; `None` if it has none.
    pub fn record(&self, account: &str, agent: &Agent) -> Option<Bytes> {
        let client = self.accounts.get(account)?.iter().find(|client| client.agent == *agent)?;
        let mut text = Zeroizing::new(String::with_capacity(512));
        for (place, token) in [("current", &client.current), ("new", &client.new)] {
            if let Some(token) = token {
                token.write(place, &mut text);
            }
        }
        (!text.is_empty()).then(|| Bytes::from_owner(text))
    }

    /// Takes in what was written down. What cannot be read is forgotten: its client has a password, too.
    pub fn restore(&mut self, account: &str, key: &str, value: &[u8]) -> Option<()> {
        let client = Client::read(key, value)?;
        let clients = self.accounts.entry(account.to_owned()).or_default();
        clients.retain(|known| known.agent != client.agent);
        clients.push(client);
        Some(())
    }
}

impl Client {
    fn read(key: &str, value: &[u8]) -> Option<Self> {
        let agent = Agent::from_digest(BASE64.decode(key).ok()?.try_into().ok()?);
        let mut client = Self { agent, current: None, new: None };
        for line in str::from_utf8(value).ok()?.lines() {
            let (place, token) = line.split_once(' ')?;
            let token = Some(Token::read(token)?);
            match place {
                "current" => client.current = token,
                "new" => client.new = token,
                _ => return None,
            }
        }
        Some(client)
    }
}

impl Token {
    fn write(&self, place: &str, text: &mut String) {
        let Self { secret, mechanism, password, issued, expires, count } = self;
        let (mechanism, password) = (mechanism.name(), BASE64.encode(password));
        let (issued, expires) = (issued.unix_timestamp(), expires.unix_timestamp());
        let count = count.map_or_else(|| "-".to_owned(), |count| count.to_string());
        writeln!(text, "{place} {mechanism} {password} {issued} {expires} {count} {secret}")
            .expect("a string takes everything");
    }

    fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let mechanism = TokenMechanism::from_name(words.next()?)?;
        let password = BASE64.decode(words.next()?).ok()?.try_into().ok()?;
        let mut time = || OffsetDateTime::from_unix_timestamp(words.next()?.parse().ok()?).ok();
        let (issued, expires) = (time()?, time()?);
        let count = match words.next()? {
            "-" => None,
            count => Some(count.parse().ok()?),
        };
        let secret = words.next().filter(|secret| !secret.is_empty())?.to_owned();
        words.next().is_none().then_some(Self { secret, mechanism, password, issued, expires, count })
    }
}
