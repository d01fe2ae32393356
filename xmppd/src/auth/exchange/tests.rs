#![expect(clippy::unwrap_used, reason = "tests")]

use std::{num::NonZeroU32, sync::LazyLock};

use sasl::{
    client::{Mechanism as _, mechanisms::Scram},
    common::{
        ChannelBinding,
        scram::{ScramProvider, Sha1, Sha256},
    },
};

use super::*;
use crate::auth::{Keys, Password};

const NONCE: Nonce = [7; 18];

fn authenticator() -> Authenticator {
    Authenticator::new("school.test", DecoySecret::new([3; 32]))
}

fn account(enabled: bool, keys: Keys) -> Arc<Account> {
    let (name, display_name) = ("user".to_owned(), "User".to_owned());
    Arc::new(Account {
        name,
        display_name,
        groups: Vec::new(),
        kind: crate::account::Kind::Child,
        enabled,
        keys,
    })
}

fn pencil() -> Keys {
    static KEYS: LazyLock<Keys> =
        LazyLock::new(|| Keys::derive_with(&Password::prepare("pencil").unwrap(), [[1; 16], [2; 16]]));
    KEYS.clone()
}

/// Runs an unrelated client against us, each with its own password.
fn login<S: ScramProvider>(
    mechanism: Mechanism,
    bindings: &ChannelBindings,
    client_binding: ChannelBinding,
    account: Option<Arc<Account>>,
    password: &str,
) -> Result<Success, AuthError> {
    let mut client = Scram::<S>::new("user", password, client_binding).unwrap();
    let (exchange, challenge) =
        authenticator().begin(mechanism, bindings, &client.initial(), &NONCE, |name| {
            assert_eq!(name, "user");
            account
        })?;
    let success = exchange.finish(&client.response(&challenge).unwrap())?;
    client.success(success.server_final.as_ref().unwrap()).expect("the client accepts our signature");
    Ok(success)
}

/// A published exchange: the server's nonce is put in after the fact, and XEP-0474 left out.
fn published(
    mechanism: Mechanism,
    salt: &str,
    nonce: &str,
    client_final: &str,
    client_first: &[u8],
) -> Result<Success, AuthError> {
    let derive = |hash| {
        let salt = BASE64.decode(salt).unwrap();
        Verifier::derive(hash, &Password::prepare("pencil").unwrap(), &salt, NonZeroU32::new(4096).unwrap())
    };
    let keys = Keys::from_verifiers(derive(Hash::Sha1), derive(Hash::Sha256));
    let bindings = ChannelBindings::default();
    let (mut exchange, challenge) = authenticator()
        .begin(mechanism, &bindings, client_first, &NONCE, |_| Some(account(true, keys)))
        .unwrap();
    let ours = exchange.nonce.clone();
    let challenge = String::from_utf8(challenge).unwrap();
    let (published, extension) = challenge.rsplit_once(",h=").unwrap();
    exchange.transcript = exchange.transcript.replace(&ours, nonce).replace(&format!(",h={extension}"), "");
    exchange.nonce = nonce.to_owned();
    assert_eq!(published.replace(&ours, nonce), format!("r={nonce},s={salt},i=4096"));
    exchange.finish(client_final.as_bytes())
}

#[test]
fn rfc_5802_section_5() {
    let nonce = "fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j";
    let last = format!("c=biws,r={nonce},p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
    let first = b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL";
    let success = published(Mechanism::ScramSha1, "QSXCR+Q6sek8bf92", nonce, &last, first).unwrap();
    assert_eq!(success.account.name, "user");
    assert_eq!(success.server_final.unwrap(), b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
}

#[test]
fn rfc_7677_section_3() {
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let last = format!("c=biws,r={nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    let first = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    let success = published(Mechanism::ScramSha256, "W22ZaJ0SNY7soEsUEjb6gQ==", nonce, &last, first).unwrap();
    assert_eq!(success.server_final.unwrap(), b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

#[test]
fn an_unrelated_client_logs_in_with_every_mechanism() {
    let none = ChannelBindings::default();
    let exporter = ChannelBindings { tls_exporter: Some([9; 32]), tls_server_end_point: None };
    let known = || Some(account(true, pencil()));
    let bound = || ChannelBinding::TlsExporter(vec![9; 32]);
    for binding in [ChannelBinding::None, ChannelBinding::Unsupported] {
        login::<Sha1>(Mechanism::ScramSha1, &none, binding.clone(), known(), "pencil").unwrap();
        login::<Sha256>(Mechanism::ScramSha256, &none, binding, known(), "pencil").unwrap();
    }
    login::<Sha1>(Mechanism::ScramSha1Plus, &exporter, bound(), known(), "pencil").unwrap();
    login::<Sha256>(Mechanism::ScramSha256Plus, &exporter, bound(), known(), "pencil").unwrap();
}

#[test]
fn wrong_unknown_and_disabled_look_the_same() {
    let none = ChannelBindings::default();
    let attempt = |account, password| {
        login::<Sha256>(Mechanism::ScramSha256, &none, ChannelBinding::None, account, password).unwrap_err()
    };
    assert_eq!(attempt(Some(account(true, pencil())), "pencils"), AuthError::NotAuthorized);
    assert_eq!(attempt(Some(account(false, pencil())), "pencil"), AuthError::NotAuthorized);
    assert_eq!(attempt(None, "pencil"), AuthError::NotAuthorized);
}

#[test]
fn an_unknown_name_gets_a_challenge_like_any_other() {
    let ask = |account| {
        let (_, challenge) = authenticator()
            .begin(Mechanism::ScramSha1, &ChannelBindings::default(), b"n,,n=user,r=x", &NONCE, |_| account)
            .unwrap();
        String::from_utf8(challenge).unwrap()
    };
    let (known, unknown) = (ask(Some(account(true, pencil()))), ask(None));
    assert_eq!(unknown, ask(None));
    assert_eq!(known.len(), unknown.len());
    assert!(unknown.contains(",i=10000,h="));
}

#[test]
fn a_login_is_bound_to_its_connection() {
    let exporter = ChannelBindings { tls_exporter: Some([9; 32]), tls_server_end_point: None };
    let attempt = |mechanism, binding| {
        login::<Sha1>(mechanism, &exporter, binding, Some(account(true, pencil())), "pencil").unwrap_err()
    };
    let elsewhere = ChannelBinding::TlsExporter(vec![8; 32]);
    assert_eq!(attempt(Mechanism::ScramSha1Plus, elsewhere.clone()), AuthError::Binding);
    assert_eq!(attempt(Mechanism::ScramSha1Plus, ChannelBinding::TlsUnique(vec![9; 32])), AuthError::Binding);
    assert_eq!(attempt(Mechanism::ScramSha1Plus, ChannelBinding::None), AuthError::Malformed);
    assert_eq!(attempt(Mechanism::ScramSha1, elsewhere), AuthError::Malformed);
    // The client supports binding and was shown no PLUS, although we offered it.
    assert_eq!(attempt(Mechanism::ScramSha1, ChannelBinding::Unsupported), AuthError::Binding);
}

#[test]
fn nobody_acts_for_another() {
    let begin = |first: &[u8]| {
        let known = Some(account(true, pencil()));
        let bindings = ChannelBindings::default();
        authenticator().begin(Mechanism::ScramSha1, &bindings, first, &NONCE, |_| known).map(|_| ())
    };
    assert_eq!(begin(b"n,a=user@school.test,n=user,r=x"), Ok(()));
    for other in ["juliet@school.test", "user@elsewhere.test", "user", "school.test", "user@school.test/x"] {
        let first = format!("n,a={other},n=user,r=x");
        assert_eq!(begin(first.as_bytes()), Err(AuthError::InvalidAuthzid), "{other}");
    }
}

#[test]
fn names_are_prepared_before_they_are_looked_up() {
    let looked_up = |name: &str| {
        let mut seen = String::new();
        let first = format!("n,,n={name},r=x");
        let lookup = |name: &str| {
            name.clone_into(&mut seen);
            None
        };
        let none = ChannelBindings::default();
        authenticator().begin(Mechanism::ScramSha1, &none, first.as_bytes(), &NONCE, lookup).unwrap();
        seen
    };
    assert_eq!(looked_up("UsEr"), "user");
    assert_eq!(looked_up("with=2Ccomma"), "with,comma");
    assert_eq!(looked_up("no/localpart"), "no/localpart");
}

#[test]
fn a_last_message_of_another_exchange_is_refused() {
    let begin = || {
        let none = ChannelBindings::default();
        let known = Some(account(true, pencil()));
        authenticator().begin(Mechanism::ScramSha1, &none, b"n,,n=user,r=x", &NONCE, |_| known).unwrap().0
    };
    let nonce = begin().nonce;
    assert_eq!(begin().finish(b"c=biws,r=x,p=AA==").unwrap_err(), AuthError::Malformed);
    let other_header = format!("c=eSws,r={nonce},p=AA==");
    assert_eq!(begin().finish(other_header.as_bytes()).unwrap_err(), AuthError::Binding);
    for proof in ["AA==", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
        let last = format!("c=biws,r={nonce},p={proof}");
        assert_eq!(begin().finish(last.as_bytes()).unwrap_err(), AuthError::NotAuthorized);
    }
}
