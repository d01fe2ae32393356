//! What of a school goes into a backup, where its administrator keeps it.

use std::{collections::BTreeMap, fs, path::Path};

use zeroize::Zeroizing;

use super::Place;
use crate::{
    error::{Context as _, Error, Result},
    host::file,
    site::{Origin, Site},
};

/// How the names of files begin that are being written.
const DRAFT: &str = ".draft-";

/// A school, with all that makes it this one but the daemon's database.
pub struct School {
    /// Its file, understood.
    pub site: Site,
    pub(super) files: BTreeMap<Place, Zeroizing<Vec<u8>>>,
}

impl School {
    /// Where its administrator keeps it: the school's file, and all that is in the folder `site/` beside it.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the file cannot be understood; [`Error::Failed`] if something cannot be read.
    pub fn of(origin: &Origin) -> Result<Self> {
        let text = origin.text()?;
        let mut school = Self::with(Site::parse(&origin.path(), &text)?, text);
        let folder = origin.folder();
        if folder.root().is_dir() {
            // A renewal may be under way, after which only one of key and certificate is still the old one.
            let _held = folder.hold()?;
            school.add_folder(folder.root(), "site/site")?;
        }
        Ok(school)
    }

    /// Whether the key of its authority is among its files: without it, there is no new certificate that clients accept.
    pub fn has_authority_key(&self) -> bool {
        self.files.keys().any(|place| place.as_str() == "site/site/ca/ca.key")
    }

    /// Its files, each with its length.
    pub fn files(&self) -> impl Iterator<Item = (&Place, usize)> {
        self.files.iter().map(|(place, bytes)| (place, bytes.len()))
    }

    /// A school of which there is nothing yet but its file.
    pub fn with(site: Site, text: String) -> Self {
        let files = BTreeMap::from([(Place::school(), Zeroizing::new(text.into_bytes()))]);
        Self { site, files }
    }

    /// Puts a file among its own.
    pub fn add(&mut self, place: Place, bytes: Vec<u8>) {
        self.files.insert(place, Zeroizing::new(bytes));
    }

    /// Files only: a link could lead to anything that root can read.
    fn add_folder(&mut self, folder: &Path, place: &str) -> Result<()> {
        let mut entries: Vec<_> =
            fs::read_dir(folder).and_then(Iterator::collect).doing_to("list", folder)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (path, kind) = (entry.path(), entry.file_type().doing_to("look at", &entry.path())?);
            let name = entry.file_name();
            let name = name.to_str().ok_or_else(|| unfit(&path, "its name is not UTF-8"))?;
            let place = format!("{place}/{name}");
            if kind.is_dir() {
                self.add_folder(&path, &place)?;
            } else if !kind.is_file() {
                return Err(unfit(&path, "it is neither a file nor a folder"));
            } else if !name.starts_with(DRAFT) {
                self.add(place.parse()?, file::read(&path)?);
            }
        }
        Ok(())
    }
}

fn unfit(path: &Path, why: &str) -> Error {
    Error::configuration(
        format_args!("`{}` cannot go into a backup: {why}", path.display()),
        "take it out of the school's folder, or put the file itself there",
    )
}
