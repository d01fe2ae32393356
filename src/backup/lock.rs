//! Who shall be able to open a backup.

use std::path::Path;

use age::secrecy::{ExposeSecret as _, SecretString};

use crate::{
    error::{Context as _, Error, Result},
    host::{file, terminal},
    site::Recipient,
};

/// Shorter passphrases are found by trying.
const LEAST_CHARACTERS: usize = 12;

/// Who shall be able to open a backup.
pub enum Lock {
    /// Whoever has the key of one of these.
    Recipients(Vec<Recipient>),
    /// Whoever knows this.
    Passphrase(SecretString),
}

impl Lock {
    /// For these recipients, each as text or as a file of them.
    ///
    /// # Errors
    /// [`Error::Configuration`] for what is neither.
    pub fn for_recipients(named: &[String]) -> Result<Self> {
        let mut all = Vec::new();
        for named in named {
            all.extend(recipients(named)?);
        }
        Ok(Self::Recipients(all))
    }

    /// Asks twice for a passphrase, which nobody sees.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the two differ, or are easily guessed.
    pub fn asked() -> Result<Self> {
        let first = ask("Passphrase of the backup: ")?;
        let passphrase = strong(first)?;
        if ask("The same again: ")?.expose_secret() == passphrase.expose_secret() {
            return Ok(Self::Passphrase(passphrase));
        }
        Err(Error::configuration("the two passphrases differ", "type the command again; nothing was written"))
    }

    /// The first line of a file that others cannot read.
    ///
    /// # Errors
    /// [`Error::Configuration`] if there is none, or it is easily guessed.
    pub fn of_file(path: &Path) -> Result<Self> {
        strong(passphrase_of(path)?).map(Self::Passphrase)
    }
}

/// Asks for a passphrase at the terminal.
pub(super) fn ask(prompt: &str) -> Result<SecretString> {
    terminal::ask_unseen(prompt).map(SecretString::from).map_err(|cause| {
        Error::configuration(
            format_args!("cannot ask for a passphrase here: {cause}"),
            "where there is no terminal, `--passphrase-file FILE` names a file that holds it",
        )
    })
}

/// The first line of a file that others cannot read.
pub(super) fn passphrase_of(path: &Path) -> Result<SecretString> {
    let text = file::read_secret_if_there(path)?.ok_or_else(|| {
        Error::configuration(
            format_args!("there is no file `{}`", path.display()),
            "write the passphrase into it, in a line of its own, and `chmod 600` it",
        )
    })?;
    Ok(SecretString::from(text.lines().next().unwrap_or_default().to_owned()))
}

fn strong(passphrase: SecretString) -> Result<SecretString> {
    if passphrase.expose_secret().chars().count() >= LEAST_CHARACTERS {
        return Ok(passphrase);
    }
    Err(Error::configuration(
        format_args!("the passphrase is too short: {LEAST_CHARACTERS} characters are the least"),
        "take four or five words that do not belong together",
    ))
}

/// A recipient, or those of a file: a line each, as `ssh-keygen` and `age-keygen -y` write them.
fn recipients(named: &str) -> Result<Vec<Recipient>> {
    if named.starts_with("age1") || named.starts_with("ssh-") {
        return Ok(vec![Recipient::parse(named)?]);
    }
    let path = Path::new(named);
    let bytes = file::read_named("the recipients", path)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let all: Vec<_> = lines
        .map(|line| Recipient::parse(line).map_err(Error::from).doing_to("read the recipients", path))
        .collect::<Result<_>>()?;
    if !all.is_empty() {
        return Ok(all);
    }
    Err(Error::configuration(
        format_args!("there is no recipient in `{}`", path.display()),
        "`age-keygen` and `ssh-keygen -t ed25519` make a key, and print or write its recipient",
    ))
}
