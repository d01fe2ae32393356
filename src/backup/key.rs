//! What opens a backup.

use std::path::{Path, PathBuf};

use age::{Callbacks, Identity, IdentityFile, secrecy::SecretString, ssh};

use super::lock::{ask, passphrase_of};
use crate::{
    error::{Context as _, Error, Result},
    host::file,
};

/// What opens a backup.
pub enum Key {
    /// Keys of recipients.
    Identities(Vec<Box<dyn Identity + Send + Sync>>),
    /// The passphrase that it is locked with.
    Passphrase(SecretString),
}

impl Key {
    /// The keys in these files, of age or of SSH. A key of SSH that has a passphrase asks for it when it is used.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a file that is not there, that others can read, or that holds no such key.
    pub fn of_files(paths: &[PathBuf]) -> Result<Self> {
        let mut all = Vec::new();
        for path in paths {
            all.extend(identities(path)?);
        }
        Ok(Self::Identities(all))
    }

    /// Asks for the passphrase, which nobody sees.
    ///
    /// # Errors
    /// [`Error::Configuration`] where there is no terminal.
    pub fn asked() -> Result<Self> {
        ask("Passphrase of the backup: ").map(Self::Passphrase)
    }

    /// The first line of a file that others cannot read.
    ///
    /// # Errors
    /// [`Error::Configuration`] if there is none.
    pub fn of_passphrase_file(path: &Path) -> Result<Self> {
        passphrase_of(path).map(Self::Passphrase)
    }
}

fn identities(path: &Path) -> Result<Vec<Box<dyn Identity + Send + Sync>>> {
    let text = file::read_secret_if_there(path)?.ok_or_else(|| {
        Error::configuration(
            format_args!("there is no key `{}`", path.display()),
            "name the file of the key that belongs to one of the backup's recipients",
        )
    })?;
    let none = |why: String| {
        Error::configuration(
            format_args!("`{}` holds no key that could open a backup: {why}", path.display()),
            "name a file of `age-keygen`, or a private key of `ssh-keygen`",
        )
    };
    if !text.starts_with("-----BEGIN") {
        let keys = IdentityFile::from_buffer(text.as_bytes()).map_err(|error| none(error.to_string()))?;
        return keys.into_identities().doing_to("read the keys of", path);
    }
    let name = path.display().to_string();
    match ssh::Identity::from_buffer(text.as_bytes(), Some(name)).map_err(|error| none(error.to_string()))? {
        ssh::Identity::Unsupported(_) => Err(none("it is of a kind that age does not take".to_owned())),
        key => Ok(vec![Box::new(key.with_callbacks(Terminal))]),
    }
}

/// Asks for the passphrase of a key.
#[derive(Clone)]
struct Terminal;

impl Callbacks for Terminal {
    fn display_message(&self, _: &str) {}

    fn confirm(&self, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
        None
    }

    fn request_public_string(&self, _: &str) -> Option<String> {
        None
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        ask(&format!("{description}: ")).ok()
    }
}
