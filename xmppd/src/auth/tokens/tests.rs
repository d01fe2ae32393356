#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::LazyLock;

use proptest::prelude::*;
use ring::hmac;
use time::macros::datetime;

use super::*;
use crate::auth::{ChannelBindings, Keys, Password};

const NOW: OffsetDateTime = datetime!(2026-09-01 08:00 UTC);
const DAY: Duration = Duration::from_secs(24 * 3600);
const REFUSED: Result<bool, AuthError> = Err(AuthError::NotAuthorized);

/// A server's tokens, and one account.
struct Case {
    tokens: Tokens,
    account: Account,
}

impl Case {
    fn new() -> Self {
        Self { tokens: Tokens::new(21 * DAY), account: account("romeo", "one password") }
    }

    fn issue(&mut self, client: &str, dice: u8, now: OffsetDateTime) -> String {
        let random = [dice; 32];
        let issued = self.tokens.issue(&self.account, agent(client), TokenMechanism::None, &random, now);
        issued.secret.to_string()
    }

    fn log_in(&mut self, client: &str, secret: &str, now: OffsetDateTime) -> Result<bool, AuthError> {
        self.log_in_counting(client, secret, None, now)
    }

    /// Logs in as a client would; answers whether the token is to be replaced.
    fn log_in_counting(
        &mut self,
        client: &str,
        secret: &str,
        count: Option<u64>,
        now: OffsetDateTime,
    ) -> Result<bool, AuthError> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let digest = hmac::sign(&key, b"Initiator");
        let message = [self.account.name.as_bytes(), b"\0", digest.as_ref()].concat();
        let none = ChannelBindings::default();
        let proof = TokenProof::parse(TokenMechanism::None, &none, agent(client), count, &message).unwrap();
        let redeemed = self.tokens.redeem(&proof, Some(Arc::new(self.account.clone())), now)?;
        assert_eq!(redeemed.answer, hmac::sign(&key, b"Responder").as_ref());
        Ok(redeemed.is_due)
    }
}

fn account(name: &str, password: &str) -> Account {
    static KEYS: LazyLock<[Keys; 2]> = LazyLock::new(|| {
        ["one password", "another password"].map(|text| Keys::derive(&Password::prepare(text).unwrap()))
    });
    let (name, display_name) = (name.to_owned(), name.to_owned());
    let keys = KEYS[usize::from(password == "another password")].clone();
    Account { name, display_name, groups: Vec::new(), kind: crate::account::Kind::Child, enabled: true, keys }
}

fn agent(name: &str) -> Agent {
    Agent::parse(name).unwrap()
}

#[test]
fn a_token_lets_its_client_in_until_it_ends() {
    let mut case = Case::new();
    let secret = case.issue("phone", 1, NOW);
    assert_eq!(secret.len(), 43, "256 random bits");
    assert_eq!(case.log_in("phone", &secret, NOW), Ok(false));
    assert_eq!(case.log_in("phone", &secret, NOW + DAY), Ok(true), "it is to be replaced");
    assert_eq!(case.log_in("phone", &secret, NOW + 21 * DAY), Err(AuthError::Expired));
    assert_eq!(case.log_in("phone", &secret, NOW), REFUSED);
}

#[test]
fn nobody_else_gets_in_by_it() {
    let mut case = Case::new();
    let secret = case.issue("phone", 1, NOW);
    assert_eq!(case.log_in("laptop", &secret, NOW), REFUSED);
    assert_eq!(case.log_in("phone", "", NOW), REFUSED, "no token is not the empty one");
    case.account = account("juliet", "one password");
    assert_eq!(case.log_in("phone", &secret, NOW), REFUSED);
    case.account = account("romeo", "another password");
    assert_eq!(case.log_in("phone", &secret, NOW), REFUSED);
    case.account = account("romeo", "one password");
    assert_eq!(case.log_in("phone", &secret, NOW), Ok(false));
}

#[test]
fn a_newer_token_ends_the_older_only_when_it_is_used() {
    let mut case = Case::new();
    let first = case.issue("phone", 1, NOW);
    assert_eq!(case.log_in("phone", &first, NOW), Ok(false));
    let lost = case.issue("phone", 2, NOW);
    let second = case.issue("phone", 3, NOW);
    assert_eq!(case.log_in("phone", &lost, NOW), REFUSED);
    assert_eq!(case.log_in("phone", &first, NOW), Ok(false));
    assert_eq!(case.log_in("phone", &second, NOW), Ok(false));
    assert_eq!(case.log_in("phone", &first, NOW), REFUSED);
}

#[test]
fn what_was_counted_once_does_not_count_again() {
    let mut case = Case::new();
    let secret = case.issue("phone", 1, NOW);
    let mut log_in = |count| case.log_in_counting("phone", &secret, count, NOW);
    assert_eq!(log_in(Some(0)), Ok(false));
    assert_eq!(log_in(Some(5)), Ok(false));
    assert_eq!(log_in(Some(5)), REFUSED);
    assert_eq!(log_in(Some(4)), REFUSED);
    assert_eq!(log_in(None), Ok(false), "without early data, nobody has to count");
    assert_eq!(log_in(Some(5)), REFUSED);
    assert_eq!(log_in(Some(6)), Ok(false));
}

#[test]
fn a_token_is_for_the_mechanism_that_it_was_asked_for() {
    let mut case = Case::new();
    let issued = case.tokens.issue(&case.account, agent("phone"), TokenMechanism::Exporter, &[1; 32], NOW);
    assert_eq!(case.log_in("phone", &issued.secret, NOW), REFUSED);
}

#[test]
fn tokens_can_be_taken_back() {
    let mut case = Case::new();
    let (phone, laptop) = (case.issue("phone", 1, NOW), case.issue("laptop", 2, NOW));
    case.tokens.invalidate("romeo", agent("phone"));
    assert_eq!(case.log_in("phone", &phone, NOW), REFUSED);
    assert_eq!(case.log_in("laptop", &laptop, NOW), Ok(false));
    assert_eq!(case.tokens.revoke("romeo"), [agent("laptop")]);
    assert_eq!(case.log_in("laptop", &laptop, NOW), REFUSED);
}

#[test]
fn only_so_many_clients_have_tokens() {
    let Case { mut tokens, account } = Case::new();
    let mut issue = |client: &str, days: u32| {
        tokens.issue(&account, agent(client), TokenMechanism::None, &[0; 32], NOW + DAY * days).displaced
    };
    for number in 0..u32::try_from(MOST_CLIENTS).unwrap() {
        assert_eq!(issue(&number.to_string(), number), None);
    }
    assert_eq!(issue("0", 100), None);
    assert_eq!(issue("one more", 101), Some(agent("1")), "the one that has been away longest makes room");
    assert_eq!(tokens.accounts["romeo"].len(), MOST_CLIENTS);
}

#[test]
fn what_is_written_down_leads_back_to_the_same_tokens() {
    let mut case = Case::new();
    let first = case.issue("phone", 1, NOW);
    assert_eq!(case.log_in_counting("phone", &first, Some(7), NOW), Ok(false));
    let second = case.issue("phone", 2, NOW);
    let (key, phone) = (Tokens::key(&agent("phone")), agent("phone"));
    let value = case.tokens.record("romeo", &phone).unwrap();
    assert_eq!(case.tokens.record("romeo", &agent("laptop")), None);

    case.tokens = Tokens::new(21 * DAY);
    case.tokens.restore("romeo", &key, &value);
    assert_eq!(case.tokens.record("romeo", &phone).unwrap(), value);
    assert_eq!(case.log_in_counting("phone", &first, Some(7), NOW), REFUSED);
    assert_eq!(case.log_in_counting("phone", &first, Some(8), NOW), Ok(false));
    assert_eq!(case.log_in("phone", &second, NOW + 21 * DAY), Err(AuthError::Expired));
}

#[test]
fn what_cannot_be_read_is_forgotten() {
    let mut case = Case::new();
    case.issue("phone", 1, NOW);
    let (key, value) = (Tokens::key(&agent("phone")), case.tokens.record("romeo", &agent("phone")).unwrap());
    let text = str::from_utf8(&value).unwrap();
    let restored = |key: &str, text: &str| {
        let mut tokens = Tokens::new(DAY);
        tokens.restore("romeo", key, text.as_bytes());
        tokens.accounts.len()
    };
    assert_eq!(restored(&key, text), 1);
    assert_eq!(restored("phone", text), 0);
    for damaged in
        [text.replace("new", "old"), text.replace("NONE", "NOON"), text.replace(" - ", " x "), "new".into()]
    {
        assert_eq!(restored(&key, &damaged), 0, "{damaged}");
    }
}

#[test]
fn debug_shows_nothing() {
    let mut case = Case::new();
    case.issue("phone", 1, NOW);
    assert_eq!(format!("{:?}", case.tokens), "Tokens(1 accounts)");
}

proptest! {
    #[test]
    fn no_bytes_make_reading_panic(bytes: Vec<u8>, text in "(new|current|old) HT-SHA-256-NONE [-A-Za-z0-9 ]{0,80}") {
        let key = Tokens::key(&agent("phone"));
        Tokens::new(DAY).restore("romeo", &key, &bytes);
        Tokens::new(DAY).restore("romeo", &key, text.as_bytes());
    }
}
