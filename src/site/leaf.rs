//! The certificate that the appliance shows to clients.

use rcgen::{Certificate, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};
use time::{Duration, OffsetDateTime};
use x509_parser::parse_x509_certificate;

use super::{
    Site,
    authority::{Authority, distinguished_name, random_serial, validity},
    folder::Folder,
    key::PrivateKey,
    lint,
    names::Names,
};
use crate::{
    error::{Context, Error, Result},
    host::file::{self, read_if_there},
};

/// A leaf with less than this ahead of it is made anew.
const RENEW_BEFORE: Duration = Duration::days(30);

/// Makes a new key and a leaf for it, and puts both where the appliance takes them from.
pub(super) fn renew(site: &Site, folder: &Folder, authority: &Authority, now: OffsetDateTime) -> Result<()> {
    let key = PrivateKey::generate()?;
    let leaf = sign(site, folder, authority, &key, now)?;
    if let Some(finding) = lint::lint(&[leaf.der()], authority.certificate(), &site.domain, now).first() {
        return Err(Error::failed(format_args!("the new certificate would not do: {}", finding.what)));
    }
    key.write(&folder.key())?;
    file::write(&folder.chain(), format!("{}{}", leaf.pem(), authority.pem()).as_bytes(), file::PUBLIC)
}

/// Whether the folder has a leaf that needs no renewal: nothing to find fault with now or soon, and its key is there.
pub(super) fn is_good(
    site: &Site,
    folder: &Folder,
    authority: &Authority,
    now: OffsetDateTime,
) -> Result<bool> {
    let Some(chain) = read_if_there(&folder.chain())? else { return Ok(false) };
    let Some(key) = PrivateKey::read(&folder.key())? else { return Ok(false) };
    let Ok(chain) = lint::chain_from_pem(&chain) else { return Ok(false) };
    let soon = now + RENEW_BEFORE.min(Duration::days(site.tls.leaf_days.into()) / 3);
    let blameless = lint::lint(&chain, authority.certificate(), &site.domain, soon).is_empty();
    Ok(blameless && chain.first().is_some_and(|leaf| key.is_of(leaf)))
}

/// A leaf ends with its authority at the latest: clients take none that outlives it.
fn sign(
    site: &Site,
    folder: &Folder,
    authority: &Authority,
    key: &PrivateKey,
    now: OffsetDateTime,
) -> Result<Certificate> {
    let mut parameters = parameters(site, &Names::of(&site.domain), now)?;
    let (_, issuer) =
        parse_x509_certificate(authority.certificate()).doing("read the authority's certificate")?;
    parameters.not_after = parameters.not_after.min(issuer.validity().not_after.to_datetime());
    authority.sign(&parameters, key, folder)
}

pub(super) fn parameters(site: &Site, names: &Names, now: OffsetDateTime) -> Result<CertificateParams> {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = distinguished_name(site, site.domain.ascii());
    parameters.serial_number = Some(random_serial()?);
    (parameters.not_before, parameters.not_after) = validity(now, Duration::days(site.tls.leaf_days.into()));
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters.use_authority_key_identifier_extension = true;
    parameters.custom_extensions = vec![names.extension()];
    Ok(parameters)
}
