//! What makes an appliance one school's: the texts that are put in place for it.

use std::{fmt, path::PathBuf};

use zeroize::Zeroizing;

use super::Layout;
use crate::{
    error::{Error, Result},
    host::{Host, file},
    site::{Folder, Origin, Site},
};

/// A school's file, and the certificates that go with it.
#[derive(Clone, Debug)]
pub struct School {
    /// The file, understood.
    pub site: Site,
    /// Its text.
    pub text: String,
    /// The certificate of the school's authority.
    pub authority: String,
    /// The certificate that the daemon shows.
    pub chain: String,
    /// Its key.
    pub key: Key,
}

/// A key, as PEM. It has no `Debug` that shows it.
#[derive(Clone, Eq, PartialEq)]
pub struct Key(Zeroizing<String>);

impl Key {
    /// This PEM.
    pub fn new(pem: impl Into<String>) -> Self {
        Self(Zeroizing::new(pem.into()))
    }

    /// The PEM.
    pub fn pem(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key")
    }
}

impl School {
    /// The school where its administrator keeps it; the certificates must be there.
    pub fn of(origin: &Origin) -> Result<Self> {
        Self::with(origin, &origin.folder())
    }

    /// The same school, with the certificates of this folder.
    pub fn with(origin: &Origin, folder: &Folder) -> Result<Self> {
        let text = origin.text()?;
        let site = Site::parse(&origin.path(), &text)?;
        // A renewal may be under way, after which only one of the two is still the old one.
        let _held = folder.hold()?;
        Ok(Self {
            authority: file::read_text(&folder.authority())?,
            chain: file::read_text(&folder.chain())?,
            key: Self::key_of(folder)?,
            site,
            text,
        })
    }

    /// The school of an appliance that is installed.
    pub fn installed(layout: &Layout, host: &dyn Host) -> Result<Self> {
        let read = |path: PathBuf| {
            let missing = || Error::failed(format_args!("there is no `{}`", path.display()));
            host.text(&path)?.ok_or_else(missing)
        };
        let text = read(layout.site())?;
        let settings = layout.settings();
        Ok(Self {
            site: Site::parse(&layout.site(), &text)?,
            text,
            authority: read(layout.authority())?,
            chain: read(settings.join("chain.pem"))?,
            key: Key::new(read(settings.join("key.pem"))?),
        })
    }

    fn key_of(folder: &Folder) -> Result<Key> {
        let missing = || {
            Error::failed_with_hint(
                format_args!("there is no key `{}`", folder.key().display()),
                "`jailbuild cert renew` makes one",
            )
        };
        file::read_secret_if_there(&folder.key())?.ok_or_else(missing).map(Key)
    }
}
