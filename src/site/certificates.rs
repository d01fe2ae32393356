//! The certificates of a site: made once, kept while they are good, shown.

use std::{fmt, path::Path};

use rustls::pki_types::CertificateDer;
use serde::Serialize;
use sha2::{Digest, Sha256};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use x509_parser::parse_x509_certificate;

use super::{Site, authority::Authority, folder::Folder, leaf, lint, names::Names};
use crate::{
    error::{Context, Error, Result},
    host::file::read_if_there,
};

/// What was there already, and what was made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Made {
    /// Whether the authority is new: then every device must be told to trust it.
    pub authority: bool,
    /// Whether the leaf is new.
    pub leaf: bool,
}

/// Makes the authority and the leaf where there is none that is good for this site.
///
/// The authority's key is wanted only to sign: it may be kept elsewhere while the leaf is good.
///
/// # Errors
/// [`Error::Configuration`] if the authority in the folder is another domain's, at its end, or lacks the key that is wanted.
pub fn ensure(site: &Site, folder: &Folder, now: OffsetDateTime) -> Result<Made> {
    folder.ensure()?;
    let _held = folder.hold()?;
    let (authority, new) = authority(site, folder, now)?;
    let good = leaf::is_good(site, folder, &authority, now)?;
    if !good {
        leaf::renew(site, folder, &authority, now)?;
    }
    Ok(Made { authority: new, leaf: !good })
}

/// Refuses what [`ensure`] would refuse, and makes nothing.
///
/// # Errors
/// As [`ensure`].
pub fn require(site: &Site, folder: &Folder, now: OffsetDateTime) -> Result<()> {
    let Some(authority) = Authority::find(folder)? else { return Ok(()) };
    judge(&authority, site, folder, now)?;
    if !leaf::is_good(site, folder, &authority, now)? {
        authority.require_key(folder)?;
    }
    Ok(())
}

/// Makes a new leaf with a new key, by the same authority.
///
/// # Errors
/// As [`ensure`].
pub fn renew(site: &Site, folder: &Folder, now: OffsetDateTime) -> Result<Made> {
    folder.ensure()?;
    let _held = folder.hold()?;
    let (authority, new) = authority(site, folder, now)?;
    leaf::renew(site, folder, &authority, now)?;
    Ok(Made { authority: new, leaf: true })
}

fn authority(site: &Site, folder: &Folder, now: OffsetDateTime) -> Result<(Authority, bool)> {
    let (authority, new) = Authority::ensure(site, folder, now)?;
    judge(&authority, site, folder, now)?;
    Ok((authority, new))
}

fn judge(authority: &Authority, site: &Site, folder: &Folder, now: OffsetDateTime) -> Result<()> {
    match lint::lint_authority(authority.certificate(), &site.domain, now).first() {
        None => Ok(()),
        Some(finding) => Err(Error::configuration(
            format_args!("the authority `{}` will not do: {}", folder.authority().display(), finding.what),
            "move the site's folders `ca/` and `tls/` away to start anew, which every device must then be told",
        )),
    }
}

/// The certificates in a site's folder.
///
/// # Errors
/// [`Error::Failed`] if there are none yet, or they cannot be read.
pub fn show(folder: &Folder, now: OffsetDateTime) -> Result<Shown> {
    let read = |path: &Path| Summary::in_pem(&text(path)?, path, now);
    Ok(Shown { authority: read(&folder.authority())?, leaf: read(&folder.chain())? })
}

/// The fingerprint of the certificate in a file, or of the first in it.
///
/// # Errors
/// [`Error::Failed`] if there is none yet, or it cannot be read.
pub fn fingerprint_in(path: &Path) -> Result<String> {
    Ok(fingerprint(&first(&text(path)?, path)?))
}

fn text(path: &Path) -> Result<String> {
    read_if_there(path)?.ok_or_else(|| {
        Error::failed_with_hint(
            format_args!("there is no certificate `{}` yet", path.display()),
            "`jailbuild cert renew` makes one",
        )
    })
}

fn first(text: &str, path: &Path) -> Result<CertificateDer<'static>> {
    let mut chain = lint::chain_from_pem(text).doing_to("read the certificate", path)?.into_iter();
    chain.next().ok_or_else(|| Error::failed(format_args!("`{}` is empty", path.display())))
}

/// When the first certificate of a file ends; nothing where there is none that can be read.
pub fn end(path: &Path) -> Option<OffsetDateTime> {
    let chain = lint::chain_from_pem(&read_if_there(path).ok()??).ok()?;
    let (_, parsed) = parse_x509_certificate(chain.first()?).ok()?;
    Some(parsed.validity().not_after.to_datetime())
}

/// The certificates of a site, as they are shown.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Shown {
    /// The authority.
    pub authority: Summary,
    /// The leaf.
    pub leaf: Summary,
}

/// A certificate, as it is shown.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    /// Whose it is.
    pub subject: String,
    /// The names that it is for, each with its form before it; none for an authority.
    pub names: Vec<String>,
    /// Its last moment, in UTC (RFC 3339).
    pub not_after: String,
    /// Whole days until then, below zero when it has passed.
    pub days_left: i64,
    /// The SHA-256 of its DER, as browsers and clients show it.
    pub sha256: String,
}

impl Summary {
    /// That of the first certificate in a file with this text.
    ///
    /// # Errors
    /// [`Error::Failed`] where there is none.
    pub fn in_pem(text: &str, path: &Path, now: OffsetDateTime) -> Result<Self> {
        Self::of(&first(text, path)?, now)
    }

    fn of(certificate: &CertificateDer<'_>, now: OffsetDateTime) -> Result<Self> {
        let (_, parsed) = parse_x509_certificate(certificate).doing("read a certificate")?;
        let not_after = parsed.validity().not_after.to_datetime();
        Ok(Self {
            subject: parsed.subject().to_string(),
            names: Names::in_certificate(&parsed).shown(),
            not_after: not_after.format(&Rfc3339).doing("write a date")?,
            days_left: (not_after - now).whole_days(),
            sha256: fingerprint(certificate),
        })
    }
}

/// The SHA-256 of a certificate's DER: pairs of hexadecimal digits with colons between.
pub fn fingerprint(certificate: &[u8]) -> String {
    hexadecimal(&Sha256::digest(certificate))
}

/// Pairs of hexadecimal digits with colons between.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "authority\n{}\n\nleaf\n{}", self.authority, self.leaf)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "  subject  {}", self.subject)?;
        for name in &self.names {
            writeln!(formatter, "  name     {name}")?;
        }
        writeln!(formatter, "  ends     {} ({} days left)", self.not_after, self.days_left)?;
        write!(formatter, "  sha256   {}", self.sha256)
    }
}
