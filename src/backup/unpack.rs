//! A backup laid out in a new folder, for whatever runs it next.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::Backup;
use crate::{
    error::{Context as _, Error, Result},
    host::file,
};

impl Backup {
    /// Puts all of it into a folder that is not there yet or empty: complete, and for its owner alone, or not at all.
    ///
    /// # Errors
    /// [`Error::Configuration`] if something is there.
    pub fn unpack(&self, folder: &Path) -> Result<()> {
        require_empty(folder)?;
        let parent = match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        file::create_folder(parent, 0o755)?;
        let draft = tempfile::Builder::new()
            .prefix(".restore-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)
            .doing_to("write", folder)?;
        for (place, bytes) in self.files() {
            let path = draft.path().join(place.as_str());
            for ancestor in folders(draft.path(), &path) {
                file::ensure_private_folder(&ancestor)?;
            }
            file::write(&path, bytes, file::SECRET)?;
        }
        file::settle(draft.path())?;
        fs::rename(draft.path(), folder).doing_to("write", folder)?;
        let _ = draft.keep(); // it has another name now
        file::settle_name(folder)
    }
}

/// Refuses a folder in which something is.
///
/// # Errors
/// [`Error::Configuration`] if so.
pub fn require_empty(folder: &Path) -> Result<()> {
    let is_free = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    if is_free {
        return Ok(());
    }
    Err(Error::configuration(
        format_args!("`{}` is there already, and not an empty folder", folder.display()),
        "name a folder that is not there: nothing is written over",
    ))
}

/// The folders that lead from one to a file in it, outermost first.
fn folders(from: &Path, to: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> =
        to.ancestors().skip(1).take_while(|ancestor| *ancestor != from).map(Path::to_owned).collect();
    all.reverse();
    all
}
