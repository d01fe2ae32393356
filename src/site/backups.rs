//! For whom the school's backups are encrypted: `[backup]`.

use std::fmt;

use serde::Serialize;

use super::Mistake;

/// The `[backup]` of the school's file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Backups {
    /// Who can open a backup, where the command line names nobody.
    pub recipients: Vec<Recipient>,
}

/// Somebody who can open what is encrypted for them: a public key of age or of SSH.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Recipient(String);

impl Recipient {
    /// Accepts `age1…`, `ssh-ed25519 …` and `ssh-rsa …`, the latter two with or without a comment.
    ///
    /// # Errors
    /// A [`Mistake`] for all else.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        if text.starts_with("AGE-SECRET-KEY-") {
            return Err(Mistake::new(
                "this is a secret key, and not a recipient",
                "keep it to yourself, far from this host: `age-keygen -y FILE` prints its recipient",
            ));
        }
        match key(text) {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(Mistake::new(
                format!("`{}` is not a recipient", text.escape_debug()),
                "write the public key of `age-keygen` (`age1…`), or that of `ssh-keygen` (`ssh-ed25519 …`)",
            )),
        }
    }

    /// By what is encrypted for them.
    ///
    /// # Panics
    /// Never: it was parsed.
    pub fn key(&self) -> Box<dyn age::Recipient> {
        key(&self.0).expect("it is a recipient")
    }
}

fn key(text: &str) -> Option<Box<dyn age::Recipient>> {
    let of_age = || Some(Box::new(text.parse::<age::x25519::Recipient>().ok()?) as _);
    let of_ssh = || Some(Box::new(text.parse::<age::ssh::Recipient>().ok()?) as _);
    of_age().or_else(of_ssh)
}

impl fmt::Display for Recipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key that nobody has kept.
    const ED25519: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqfsRNoAXmuu/3ACHZrK3LwiZ8eVMsY7W0vLKhnRBDz";

    #[test]
    fn recipients_are_public_keys() {
        let age = age::x25519::Identity::generate();
        for text in [&age.to_public().to_string(), ED25519, &format!("{ED25519} anna@office")] {
            assert!(Recipient::parse(text).is_ok(), "{text}");
        }
        for text in ["", "anna", "age1", "ssh-ed25519", "ssh-ed25519 AAAA", "ecdsa-sha2-nistp256 AAAA"] {
            assert!(Recipient::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_key_is_not_repeated() {
        use age::secrecy::ExposeSecret as _;
        let secret = age::x25519::Identity::generate().to_string();
        let mistake = Recipient::parse(secret.expose_secret()).expect_err("it is secret");
        assert!(!format!("{mistake:?}").contains(secret.expose_secret()));
    }
}
