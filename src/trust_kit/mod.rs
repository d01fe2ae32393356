//! What a school gives to who looks after a device: its authority's certificate in every form that devices take, pages on
//! how it is told to them, and fingerprints to compare. Made from that certificate alone: there is no key at hand.
//!
//! | file | what it holds |
//! |---|---|
//! | `profile` | the certificate as Apple's devices take it |
//! | `fingerprints` | what is compared |

mod fingerprints;
mod profile;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests;

use std::path::Path;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rustls::pki_types::CertificateDer;

use self::fingerprints::Fingerprints;
use crate::{
    error::{Context as _, Error, Result},
    host::file,
    paper::Size,
    site::{Site, lint::chain_from_pem},
    texts::{Texts, device_pages},
};

/// The kit of a school: files, each with its name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Kit {
    /// The SHA-256 of the certificate, which everybody compares.
    pub fingerprint: String,
    /// The files, in the order in which they matter.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Kit {
    /// The kit for this authority (PEM), in all of the school's languages. The same always makes the same.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a text that will not do, [`Error::Failed`] for what is no certificate.
    pub fn of(site: &Site, authority: &str, texts: &Texts, paper: Size) -> Result<Self> {
        let certificate = first_of(authority)?;
        let fingerprints = Fingerprints::of(&certificate)?;
        let mut files = vec![
            ("ca.crt".to_owned(), certificate.to_vec()),
            ("ca.pem".to_owned(), pem(&certificate).into_bytes()),
            (format!("{}.mobileconfig", site.name), profile::profile(site, &certificate)?),
            ("FINGERPRINTS.txt".to_owned(), fingerprints.text(site).into_bytes()),
        ];
        for language in &site.languages {
            for (device, page) in device_pages(texts, site, language, paper, &fingerprints.sha256)? {
                files.push((format!("{}-{language}.pdf", device.file_name()), page.pdf()?));
            }
        }
        Ok(Self { fingerprint: fingerprints.sha256, files })
    }

    /// Writes the files into a folder. Those of these names are replaced, whatever else is there stays.
    ///
    /// # Errors
    /// [`Error::Failed`] if one cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        file::create_folder(folder, 0o755)?;
        self.files
            .iter()
            .try_for_each(|(name, content)| file::write(&folder.join(name), content, file::PUBLIC))
    }
}

fn first_of(pem: &str) -> Result<CertificateDer<'static>> {
    let chain = chain_from_pem(pem).doing("read the authority's certificate")?;
    chain.into_iter().next().ok_or_else(|| Error::failed("the file of the authority holds no certificate"))
}

/// RFC 7468, from the certificate alone: whatever else stood in the file does not come along.
fn pem(certificate: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(certificate);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
