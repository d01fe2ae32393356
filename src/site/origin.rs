//! Where a school's file is: on disk, or built in.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{FILE_NAME, Folder, Site};
use crate::{error::Result, host::file, lock};

/// The folder of the example school, apart from a real school's `site/`.
const EXAMPLE_FOLDER: &str = "example-site";

/// Where a school comes from.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The built-in example, whose folder is `example-site/` here.
    Example,
    /// A file, with its folder `site/` beside it.
    File(PathBuf),
}

impl Origin {
    /// The file that was named; else the one in this folder; else the example.
    pub fn find(named: Option<&Path>) -> Self {
        match named {
            Some(file) => Self::File(file.to_owned()),
            // Even one that cannot be read: it is a mistake then, not a reason to take the example.
            None if Path::new(FILE_NAME).symlink_metadata().is_ok() => Self::File(FILE_NAME.into()),
            None => Self::Example,
        }
    }

    /// Reads and parses the school's file.
    ///
    /// # Errors
    /// As [`Site::load`].
    pub fn load(&self) -> Result<Site> {
        match self {
            Self::Example => Ok(Site::example()),
            Self::File(path) => Site::load(path),
        }
    }

    /// Where the digests of its base are, if they were locked.
    pub fn lock(&self) -> PathBuf {
        match self {
            Self::Example => lock::FILE_NAME.into(),
            Self::File(path) => path.with_file_name(lock::FILE_NAME),
        }
    }

    /// The school's file itself, for who keeps it.
    ///
    /// # Errors
    /// [`crate::Error::Configuration`] if it cannot be read.
    pub fn text(&self) -> Result<String> {
        match self {
            Self::Example => Site::example_text(),
            Self::File(path) => {
                let bytes = file::read_named("the school's file", path)?;
                // What is not UTF-8 in it, the parser points at.
                Ok(String::from_utf8_lossy(&bytes).into_owned())
            }
        }
    }

    /// Where that file is, or would be.
    pub fn path(&self) -> PathBuf {
        match self {
            Self::Example => FILE_NAME.into(),
            Self::File(path) => path.clone(),
        }
    }

    /// The folder with the school's keys and certificates.
    pub fn folder(&self) -> Folder {
        match self {
            Self::Example => Folder::at(EXAMPLE_FOLDER),
            Self::File(path) => Folder::beside(path),
        }
    }
}
