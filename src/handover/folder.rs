//! The folder that is handed over: complete, or not there.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{Handover, page};
use crate::{
    error::{Context as _, Error, Result},
    host::file,
    image::{Image, SBOM},
    paper::Size,
};

/// What is handed over: files, by their names in the folder.
pub struct Bundle {
    files: Vec<(String, Vec<u8>)>,
}

/// A file of the folder.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: usize,
}

impl Bundle {
    /// An image with all that goes with it.
    ///
    /// # Errors
    /// [`Error::Failed`] if it has no bill of materials, or the page cannot be printed.
    pub fn of(image: &Image, size: Size) -> Result<Self> {
        let name = image.manifest.file_name();
        let sbom =
            image.tree.file(SBOM).ok_or_else(|| Error::failed(format_args!("the image has no `{SBOM}`")))?;
        let page = Handover::beside(image, name.clone())?.render()?;
        let pdf = page::document(&page, size).pdf()?;
        let files = vec![
            (format!("{name}.sha256"), format!("{}  {name}\n", image.digest).into_bytes()),
            (format!("{name}.sig"), image.signature.clone()),
            (SBOM.to_owned(), sbom.to_vec()),
            ("HANDOVER.md".to_owned(), page.into_bytes()),
            ("HANDOVER.pdf".to_owned(), pdf),
            (name, image.archive.clone()),
        ];
        Ok(Self { files })
    }

    /// What is in it.
    pub fn parts(&self) -> Vec<Part> {
        self.files.iter().map(|(name, bytes)| Part { name: name.clone(), bytes: bytes.len() }).collect()
    }

    /// Writes all of it into a new folder, which appears once everything in it is on the disk.
    ///
    /// # Errors
    /// [`Error::Configuration`] if there is something of that name; [`Error::Failed`] if it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        refuse_existing(folder)?;
        let parent = parent(folder);
        file::create_folder(&parent, 0o755)?;
        let draft = tempfile::Builder::new().prefix(".handover-").tempdir_in(&parent);
        let draft = draft.doing_to("write into", &parent)?;
        for (name, bytes) in &self.files {
            file::write(&draft.path().join(name), bytes, file::PUBLIC)?;
        }
        fs::set_permissions(draft.path(), Permissions::from_mode(0o755)).doing_to("open", draft.path())?;
        file::settle(draft.path())?;
        fs::rename(draft.path(), folder).doing_to("write", folder)?;
        // Its name is gone, so there is nothing left for it to remove.
        let _ = draft.keep();
        file::settle_name(folder)
    }
}

/// Refuses a folder that is there: nothing of it is to be lost or mixed with something else.
///
/// # Errors
/// [`Error::Configuration`].
pub fn refuse_existing(folder: &Path) -> Result<()> {
    if folder.symlink_metadata().is_err() {
        return Ok(());
    }
    Err(file::taken(folder, "name another folder with `--out DIR`, or move this one away first"))
}

fn parent(folder: &Path) -> PathBuf {
    match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
