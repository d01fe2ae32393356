//! The best mechanism that both sides know; keys derived once an account, lest the clients hash all day.

use std::{
    collections::HashMap,
    marker::PhantomData,
    sync::{LazyLock, Mutex},
};

use miette::{Result, miette};
use rustls::{ClientConnection, ProtocolVersion};
use sasl::{
    client::{
        Mechanism,
        mechanisms::{Plain, Scram},
    },
    common::{
        ChannelBinding, Password,
        scram::{DeriveError, ScramProvider, Sha1, Sha256},
    },
};

use crate::server::Account;

/// Bound to the connection where the server offers it, hashed where it does, plain where nothing else is left.
pub(crate) fn choose(
    features: &str,
    account: &Account,
    tls: &ClientConnection,
) -> Result<Box<dyn Mechanism + Send>> {
    let offers = |name: &str| features.contains(&format!("<mechanism>{name}</mechanism>"));
    let bound = exporter(tls).filter(|_| features.contains("tls-exporter"));
    let none = ChannelBinding::None;
    match bound {
        Some(exported) if offers("SCRAM-SHA-256-PLUS") => {
            scram::<Sha256>(account, ChannelBinding::TlsExporter(exported))
        }
        Some(exported) if offers("SCRAM-SHA-1-PLUS") => {
            scram::<Sha1>(account, ChannelBinding::TlsExporter(exported))
        }
        _ if offers("SCRAM-SHA-256") => scram::<Sha256>(account, none),
        _ if offers("SCRAM-SHA-1") => scram::<Sha1>(account, none),
        _ if offers("PLAIN") => Ok(Box::new(Plain::new(&account.name, &account.password))),
        _ => Err(miette!("no mechanism of the server is known here: `{features}`")),
    }
}

fn scram<H: ScramProvider + Send + 'static>(
    account: &Account,
    binding: ChannelBinding,
) -> Result<Box<dyn Mechanism + Send>> {
    let scram = Scram::<Once<H>>::new(&account.name, account.password.as_str(), binding);
    Ok(Box::new(scram.map_err(|error| miette!("no login for `{}`: {error:?}", account.name))?))
}

/// RFC 9266, for TLS 1.3.
fn exporter(tls: &ClientConnection) -> Option<Vec<u8>> {
    let is_new = tls.protocol_version() == Some(ProtocolVersion::TLSv1_3);
    let export = || tls.export_keying_material(vec![0; 32], b"EXPORTER-Channel-Binding", None).ok();
    is_new.then(export).flatten()
}

/// A hash of SCRAM that derives the key of each salt once. All passwords of a run are known to it anyway.
struct Once<H>(PhantomData<H>);

/// By hash, password, salt and iterations.
type Derived = HashMap<(&'static str, String, Vec<u8>, u32), Vec<u8>>;

static DERIVED: LazyLock<Mutex<Derived>> = LazyLock::new(Mutex::default);

impl<H: ScramProvider> ScramProvider for Once<H> {
    type Secret = H::Secret;

    fn name() -> &'static str {
        H::name()
    }

    fn hash(data: &[u8]) -> Vec<u8> {
        H::hash(data)
    }

    fn hmac(data: &[u8], key: &[u8]) -> Result<Vec<u8>, hmac::digest::InvalidLength> {
        H::hmac(data, key)
    }

    fn derive(password: &Password, salt: &[u8], iterations: u32) -> Result<Vec<u8>, DeriveError> {
        let Password::Plain(plain) = password else { return H::derive(password, salt, iterations) };
        let request = (H::name(), plain.clone(), salt.to_vec(), iterations);
        if let Some(known) = derived().get(&request) {
            return Ok(known.clone());
        }
        let fresh = H::derive(password, salt, iterations)?;
        derived().insert(request, fresh.clone());
        Ok(fresh)
    }
}

fn derived() -> std::sync::MutexGuard<'static, Derived> {
    DERIVED.lock().expect("nobody panics with it")
}
