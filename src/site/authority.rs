//! The school's own certificate authority, which can vouch for the school's domain and for nothing else.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyUsagePurpose, NameConstraints, SerialNumber,
};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use time::{Duration, OffsetDateTime};

use super::{Site, folder::Folder, key::PrivateKey};
use crate::{
    error::{Context, Error, Result},
    host::file::{self, read_if_there},
};

/// How long an authority lives: parents install it once for a child's time at school.
pub(super) const LIFETIME: Duration = Duration::days(3652);

/// The school's authority: its certificate, and the key that never leaves `site/ca/`, unless it is kept elsewhere.
pub(super) struct Authority {
    certificate: CertificateDer<'static>,
    pem: String,
    key: Option<PrivateKey>,
}

impl Authority {
    /// The one in the folder, or a new one. Tells whether it is new.
    pub(super) fn ensure(site: &Site, folder: &Folder, now: OffsetDateTime) -> Result<(Self, bool)> {
        match Self::find(folder)? {
            Some(authority) => Ok((authority, false)),
            None => Self::make(site, folder, now).map(|authority| (authority, true)),
        }
    }

    /// The one in the folder, if there is one.
    pub(super) fn find(folder: &Folder) -> Result<Option<Self>> {
        let Some(pem) = read_if_there(&folder.authority())? else { return Ok(None) };
        let key = PrivateKey::read(&folder.authority_key())?;
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
            .doing_to("read the certificate", &folder.authority())?;
        if key.as_ref().is_none_or(|key| key.is_of(&certificate)) {
            return Ok(Some(Self { certificate, pem, key }));
        }
        Err(Error::configuration(
            format_args!(
                "the authority's key `{}` is not that of its certificate `{}`",
                folder.authority_key().display(),
                folder.authority().display()
            ),
            "bring both back from the same copy; or move `ca/` and `tls/` away to start anew, which every device must then be told",
        ))
    }

    pub(super) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// As text, for the end of a chain.
    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    /// Refuses an authority whose key is not in its folder: it can be trusted, but signs nothing.
    pub(super) fn require_key(&self, folder: &Folder) -> Result<&PrivateKey> {
        self.key.as_ref().ok_or_else(|| {
            Error::configuration(
                format_args!(
                    "the key of the authority, `{}`, is not there",
                    folder.authority_key().display()
                ),
                "bring it back from your copy; or move `ca/` away to start anew, which every device must then be told",
            )
        })
    }

    /// Signs a certificate for a key.
    pub(super) fn sign(
        &self,
        parameters: &CertificateParams,
        key: &PrivateKey,
        folder: &Folder,
    ) -> Result<Certificate> {
        let issuer = Issuer::from_ca_cert_der(&self.certificate, self.require_key(folder)?.pair())
            .doing("use the authority")?;
        parameters.signed_by(key.pair(), &issuer).doing("sign a certificate")
    }

    /// The key is written first: without a certificate nobody trusts it yet, and it serves the next attempt.
    fn make(site: &Site, folder: &Folder, now: OffsetDateTime) -> Result<Self> {
        let key = match PrivateKey::read(&folder.authority_key())? {
            Some(key) => key,
            None => PrivateKey::generate()?,
        };
        let certificate = parameters(site, now)?.self_signed(key.pair()).doing("sign the authority")?;
        key.write(&folder.authority_key())?;
        file::write(&folder.authority(), certificate.pem().as_bytes(), file::PUBLIC)?;
        Ok(Self { pem: certificate.pem(), certificate: certificate.into(), key: Some(key) })
    }
}

pub(super) fn parameters(site: &Site, now: OffsetDateTime) -> Result<CertificateParams> {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = distinguished_name(site, &format!("Chat authority of {}", site.domain));
    parameters.serial_number = Some(random_serial()?);
    (parameters.not_before, parameters.not_after) = validity(now, LIFETIME);
    // No further authority below it.
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // Not for mail, not for code.
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters.name_constraints = Some(constraints(site.domain.ascii()));
    Ok(parameters)
}

/// The domain and what is below it, and no IP address: a constraint on one form of name leaves the other forms free
/// (RFC 5280 §4.2.1.10). The forms of XMPP cannot be constrained by themselves, for want of clients that could read
/// that; but these always look for the domain in `dNSName` too.
fn constraints(domain: &str) -> NameConstraints {
    NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName(domain.to_owned())],
        excluded_subtrees: vec![
            GeneralSubtree::IpAddress(CidrSubnet::V4([0; 4], [0; 4])),
            GeneralSubtree::IpAddress(CidrSubnet::V6([0; 16], [0; 16])),
        ],
    }
}

/// Each part is cut to the 64 characters that RFC 5280 appendix A.1 allows (`ub-common-name`).
pub(super) fn distinguished_name(site: &Site, common_name: &str) -> DistinguishedName {
    let cut = |text: &str| text.chars().take(64).collect::<String>();
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, cut(site.organisation.as_str()));
    name.push(DnType::CommonName, cut(common_name));
    name
}

/// From yesterday, for devices whose clock is late; both ends belong to it (RFC 5280 §4.1.2.5).
pub(super) fn validity(now: OffsetDateTime, lifetime: Duration) -> (OffsetDateTime, OffsetDateTime) {
    let start = now.replace_nanosecond(0).unwrap_or(now) - Duration::days(1);
    (start, start + lifetime - Duration::seconds(1))
}

/// Positive, not to be guessed, and shorter than 20 bytes (RFC 5280 §4.1.2.2).
pub(super) fn random_serial() -> Result<SerialNumber> {
    let mut bytes = [0; 16];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut bytes).map_err(|_| Error::failed("the system gives no random bytes"))?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}
