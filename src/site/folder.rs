//! The folder `site/` beside the school's file: what makes an appliance this school's, and nobody else's business.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use crate::{
    error::Result,
    host::file::{self, ensure_private_folder},
};

/// The folder of a site, whose owner alone may enter it.
///
/// ```text
/// ca/ca.pem  ca/ca.key                  the school's authority
/// tls/chain.pem  tls/key.pem            the appliance's certificate
/// signing/id_ed25519  id_ed25519.pub    signs images
/// texts/LANGUAGE/*.toml                 the school's own words on what is printed
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder at a path.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder `site/` beside a school's file.
    pub fn beside(site_file: &Path) -> Self {
        Self::at(site_file.with_file_name("site"))
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes the folder and those in it, or closes those that are there to all but their owner.
    ///
    /// # Errors
    /// [`crate::Error::Failed`] if it cannot be made or closed.
    pub fn ensure(&self) -> Result<()> {
        ensure_private_folder(&self.root)?;
        ["ca", "signing", "tls"].iter().try_for_each(|name| ensure_private_folder(&self.root.join(name)))
    }

    /// Waits until no other process changes the folder, and keeps it from others until the result is dropped.
    ///
    /// # Errors
    /// [`crate::Error::Failed`] if there is no such folder.
    pub fn hold(&self) -> Result<File> {
        file::hold_folder(&self.root)
    }

    /// The authority's certificate, for the trust stores of clients.
    pub fn authority(&self) -> PathBuf {
        self.root.join("ca/ca.pem")
    }

    /// The authority's key: it never leaves this folder.
    pub fn authority_key(&self) -> PathBuf {
        self.root.join("ca/ca.key")
    }

    /// The leaf certificate, then the authority's.
    pub fn chain(&self) -> PathBuf {
        self.root.join("tls/chain.pem")
    }

    /// The key of the leaf certificate.
    pub fn key(&self) -> PathBuf {
        self.root.join("tls/key.pem")
    }

    /// The folder of the key that signs images.
    pub fn signing(&self) -> PathBuf {
        self.root.join("signing")
    }

    /// The OpenSSH private key that signs images.
    pub fn signing_key(&self) -> PathBuf {
        self.root.join("signing/id_ed25519")
    }

    /// The OpenSSH public key that checks images.
    pub fn signing_public_key(&self) -> PathBuf {
        self.root.join("signing/id_ed25519.pub")
    }

    /// The folder of the school's own words on what is printed, with one folder a language.
    pub fn texts(&self) -> PathBuf {
        self.root.join("texts")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn every_folder_is_its_owners_alone() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::beside(&parent.path().join("jailbuild.toml"));
        folder.ensure().unwrap();
        folder.ensure().unwrap();
        for file in [folder.authority_key(), folder.key(), folder.signing_key()] {
            for at in [file.parent().unwrap(), file.parent().unwrap().parent().unwrap()] {
                assert_eq!(
                    fs::metadata(at).unwrap().permissions().mode() & 0o7777,
                    0o700,
                    "{}",
                    at.display()
                );
            }
        }
    }
}
