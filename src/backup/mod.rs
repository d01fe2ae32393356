//! A school in one file: its accounts and all that is theirs, its own file, its authority, its keys. No conversation.
//!
//! | file | what it holds |
//! |---|---|
//! | [`gather`] | what of a school goes in, and where it is |
//! | [`place`] | where a file lies within a backup |
//! | [`manifest`] | what a backup says of itself |
//! | [`database`] | the daemon's database, as far as can be judged without opening it |
//! | [`archive`] | the files as tar.gz, each with its digest |
//! | [`lock`], [`key`] | who can open it: passphrases, age's recipients and those of SSH |
//! | [`seal`] | encrypted, and opened: age |
//! | [`unpack`] | a backup laid out in a new folder |
//!
//! A file is `age(tar.gz(backup.json, data/xmppd.sqlite, site/jailbuild.toml, site/site/…, installed/appliance.json))`.
//! It is read and judged as a whole before anything of it is put anywhere. Whoever knows a recipient can make such a
//! file: it says what is in it, not who made it.

pub mod archive;
pub mod database;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
pub(crate) mod fixture;
pub mod gather;
pub mod key;
pub mod lock;
pub mod manifest;
pub mod place;
pub mod seal;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests;
pub mod unpack;

use std::{collections::BTreeMap, fmt, path::Path};

use time::OffsetDateTime;
use zeroize::Zeroizing;

pub use gather::School;
pub use key::Key;
pub use lock::Lock;
pub use manifest::Manifest;
pub use place::Place;

use crate::{
    error::{Context as _, Error, Result},
    host::file,
    site::{FILE_NAME, Site},
};

/// What the names of such files end in.
pub const ENDING: &str = "jailbuild-backup.age";

/// A backup: what it says of itself, and its files. Nobody sees these who prints it: they are keys.
#[derive(Clone, Eq, PartialEq)]
pub struct Backup {
    /// What it says of itself.
    pub manifest: Manifest,
    files: BTreeMap<Place, Zeroizing<Vec<u8>>>,
}

impl Backup {
    /// A backup of this school with this copy of its daemon's database, made at this time.
    ///
    /// # Errors
    /// [`Error::Failed`] if the daemon's copy is no database.
    pub fn new(school: School, database: Zeroizing<Vec<u8>>, at: OffsetDateTime) -> Result<Self> {
        let schema = database::schema(&database)?;
        let School { site, mut files } = school;
        files.insert(Place::database(), database);
        Ok(Self { manifest: Manifest::of(&site, &files, schema, at)?, files })
    }

    /// Writes it, encrypted: complete and for its owner alone, or not at all. Answers how long the file is.
    ///
    /// # Errors
    /// [`Error::Configuration`] if there is such a file already.
    pub fn write(&self, path: &Path, lock: &Lock) -> Result<u64> {
        let sealed = seal::sealed(&archive::written(self)?, lock)?;
        if !file::write_new(path, &sealed, file::SECRET)? {
            return Err(taken(path));
        }
        Ok(sealed.len() as u64)
    }

    /// Reads and judges all of a file.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the key is not the right one or a newer program wrote it, [`Error::Untrusted`] if it
    /// is damaged.
    pub fn open(path: &Path, key: &Key) -> Result<Self> {
        let sealed = file::read_named("the backup", path)?;
        Self::judged(&sealed, key).doing_to("use", path)
    }

    fn judged(sealed: &[u8], key: &Key) -> Result<Self> {
        let backup = archive::read(&seal::opened(sealed, key)?)?;
        database::require(backup.database(), backup.manifest.schema)?;
        let site = backup.site()?;
        if site.domain.as_str() == backup.manifest.domain && site.name.as_str() == backup.manifest.name {
            return Ok(backup);
        }
        Err(damaged("its school's file is another school's"))
    }

    /// Whose it is.
    ///
    /// # Errors
    /// [`Error::Configuration`] if this program does not understand the school's file.
    pub fn site(&self) -> Result<Site> {
        let text = self.file(&Place::school()).unwrap_or_default();
        let text = str::from_utf8(text).map_err(|_| damaged("its school's file is no text"))?;
        Site::parse(&Path::new("site").join(FILE_NAME), text)
    }

    /// The daemon's database.
    pub fn database(&self) -> &[u8] {
        self.file(&Place::database()).unwrap_or_default()
    }

    /// One of its files.
    pub fn file(&self, place: &Place) -> Option<&[u8]> {
        self.files.get(place).map(|bytes| &***bytes)
    }

    /// Its files, by their places.
    pub fn files(&self) -> impl Iterator<Item = (&Place, &[u8])> {
        self.files.iter().map(|(place, bytes)| (place, &***bytes))
    }
}

impl fmt::Debug for Backup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Backup").field("manifest", &self.manifest).finish_non_exhaustive()
    }
}

/// Nothing is written over: it may be the last good one.
pub(crate) fn taken(path: &Path) -> Error {
    file::taken(path, "name another file with `--out`, or move this one away")
}

/// A backup that must not be used.
fn damaged(why: impl fmt::Display) -> Error {
    Error::untrusted(
        format_args!("the backup is damaged: {why}"),
        "nothing was changed: take another copy of it, or an older backup",
    )
}
