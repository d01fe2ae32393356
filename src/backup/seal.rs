//! Encrypted, and opened: the age format (<https://age-encryption.org/v1>), which the programs `age` and `rage` open, too.

use std::io::{self, Read as _, Write as _};

use age::{DecryptError, Decryptor, Encryptor, Identity, Recipient, scrypt};
use zeroize::Zeroizing;

use super::{Key, Lock, damaged};
use crate::error::{Context as _, Error, Result};

/// How much a guess at a passphrase costs (2^18: about a second and 256 MiB), as with `age`.
const WORK: u8 = if cfg!(test) { 10 } else { 18 };

/// The most that is done for somebody else's file: 1 GiB.
const MOST_WORK: u8 = 20;

/// The bytes, encrypted.
pub(super) fn sealed(bytes: &[u8], lock: &Lock) -> Result<Vec<u8>> {
    let recipients: Vec<Box<dyn Recipient>> = match lock {
        Lock::Recipients(all) => all.iter().map(crate::site::Recipient::key).collect(),
        Lock::Passphrase(passphrase) => {
            let mut recipient = scrypt::Recipient::new(passphrase.clone());
            recipient.set_work_factor(WORK);
            vec![Box::new(recipient)]
        }
    };
    let encryptor = Encryptor::with_recipients(recipients.iter().map(|one| &**one));
    let encryptor = encryptor.map_err(|error| {
        Error::configuration(
            format_args!("cannot encrypt the backup: {error}"),
            "name recipients with `--recipient`, or take a `--passphrase`",
        )
    })?;
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed).doing("encrypt the backup")?;
    writer.write_all(bytes).and_then(|()| writer.finish()).doing("encrypt the backup")?;
    Ok(sealed)
}

/// The bytes, if the key opens them and not one of them was changed.
pub(super) fn opened(sealed: &[u8], key: &Key) -> Result<Zeroizing<Vec<u8>>> {
    let decryptor = Decryptor::new_buffered(sealed).map_err(|error| refusal(&error, key))?;
    match (key, decryptor.is_scrypt()) {
        (Key::Identities(_), true) => return Err(other_kind("a passphrase", "leave out `--identity`")),
        (Key::Passphrase(_), false) => {
            return Err(other_kind("the key of a recipient", "`--identity FILE` names it"));
        }
        _ => {}
    }
    let mut reader = match key {
        Key::Identities(all) => decryptor.decrypt(all.iter().map(|one| &**one as &dyn Identity)),
        Key::Passphrase(passphrase) => {
            let mut identity = scrypt::Identity::new(passphrase.clone());
            identity.set_max_work_factor(MOST_WORK);
            decryptor.decrypt(std::iter::once(&identity as &dyn Identity))
        }
    }
    .map_err(|error| refusal(&error, key))?;
    let mut bytes = Zeroizing::new(Vec::new());
    reader.read_to_end(&mut bytes).map_err(|error| damaged(cut_off(&error)))?;
    Ok(bytes)
}

fn other_kind(kind: &str, hint: &str) -> Error {
    Error::configuration(format_args!("{kind} opens this backup, and nothing else"), hint)
}

fn cut_off(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "its end is missing".to_owned(),
        _ => error.to_string(),
    }
}

fn refusal(error: &DecryptError, key: &Key) -> Error {
    let wrong = match (error, key) {
        (DecryptError::NoMatchingKeys, _) => "none of these keys opens the backup",
        (DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed, Key::Passphrase(_)) => {
            "this passphrase does not open the backup"
        }
        (DecryptError::KeyDecryptionFailed, Key::Identities(_)) => "that passphrase does not open the key",
        (DecryptError::ExcessiveWork { .. }, _) => {
            return damaged("to try a passphrase would take more than a backup of jailbuild's does");
        }
        (DecryptError::UnknownFormat, _) => {
            return damaged("it is no backup, or in a format of age that is not known yet");
        }
        (DecryptError::Io(error), _) => return damaged(cut_off(error)),
        (error, _) => return damaged(error),
    };
    Error::configuration(wrong, "nothing was changed: look which one belongs to this file")
}
