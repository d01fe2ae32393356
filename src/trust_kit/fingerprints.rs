//! What people compare, on paper and on screens.

use sha1::{Digest, Sha1};
use time::{OffsetDateTime, macros::format_description};
use x509_parser::parse_x509_certificate;

use crate::{
    error::{Context as _, Result},
    site::{Site, certificates},
};

/// The fingerprints of a certificate.
pub(super) struct Fingerprints {
    /// What is to be compared.
    pub(super) sha256: String,
    /// What Windows shows before it trusts a certificate. Nobody can make another certificate of a given one's SHA-1 either.
    sha1: String,
    ends: OffsetDateTime,
}

impl Fingerprints {
    pub(super) fn of(certificate: &[u8]) -> Result<Self> {
        let (_, parsed) = parse_x509_certificate(certificate).doing("read the authority's certificate")?;
        Ok(Self {
            sha256: certificates::fingerprint(certificate),
            sha1: certificates::hexadecimal(&Sha1::digest(certificate)),
            ends: parsed.validity().not_after.to_datetime(),
        })
    }

    /// The file to print, to put on a wall, or to read out on the telephone.
    pub(super) fn text(&self, site: &Site) -> String {
        let Self { sha256, sha1, ends } = self;
        let ends = ends.format(format_description!("[year]-[month]-[day]")).unwrap_or_default();
        format!(
            "The certificate of the authority of {}, which stands for {} and nothing else.\n\
             Compare before a device is told to trust it.\n\n\
             SHA-256\n{}\n\n\
             SHA-1, which Windows asks about\n{sha1}\n\n\
             It ends on {ends}. ca.crt, ca.pem and {}.mobileconfig hold this one certificate.\n",
            site.organisation,
            site.domain,
            crate::texts::in_lines(sha256),
            site.name
        )
    }
}
