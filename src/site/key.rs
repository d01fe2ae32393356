//! A private key.

use std::path::Path;

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    error::{Context, Result},
    host::file::{self, read_secret_if_there},
};
use x509_parser::parse_x509_certificate;

/// An ECDSA key on P-256, wiped when it is dropped: its encoded form, that is, since ring does not wipe its own.
pub(super) struct PrivateKey(KeyPair);

impl PrivateKey {
    pub(super) fn generate() -> Result<Self> {
        KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map(Self).doing("make a key")
    }

    /// Reads a key from a file for its owner alone; `None` if there is no such file.
    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        let Some(pem) = read_secret_if_there(path)? else { return Ok(None) };
        KeyPair::from_pem(&pem).map(|key| Some(Self(key))).doing_to("read the key", path)
    }

    pub(super) fn write(&self, path: &Path) -> Result<()> {
        file::write(path, Zeroizing::new(self.0.serialize_pem()).as_bytes(), file::SECRET)
    }

    /// Whether a certificate is for this key.
    pub(super) fn is_of(&self, certificate: &[u8]) -> bool {
        parse_x509_certificate(certificate)
            .is_ok_and(|(_, parsed)| parsed.public_key().subject_public_key.data == self.0.public_key_raw())
    }

    pub(super) fn pair(&self) -> &KeyPair {
        &self.0
    }
}

impl Drop for PrivateKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
