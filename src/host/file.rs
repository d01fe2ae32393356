//! Files of the host: they appear whole, with their mode, or not at all.

use std::{
    fs::{self, Permissions},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use crate::error::{Context as _, Result};

/// Reads a whole file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).doing_to("read", path)
}

/// Reads a whole file as UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).doing_to("read", path)
}

/// Writes a file that others see either whole, with this mode, or as it was before.
pub fn write(path: &Path, content: &[u8], mode: u32) -> Result<()> {
    let folder = folder_of(path);
    create_folder(&folder, 0o755)?;
    let mut draft = tempfile::Builder::new()
        .prefix(".draft-")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(&folder)
        .doing_to("write into", &folder)?;
    draft.write_all(content).doing_to("write", path)?;
    // The mode comes last, and past the umask: a secret is never readable by others, not even for a moment.
    draft.as_file().set_permissions(Permissions::from_mode(mode)).doing_to("set the mode of", path)?;
    draft.as_file().sync_all().doing_to("write", path)?;
    draft.persist(path).map_err(|failure| failure.error).doing_to("write", path)?;
    Ok(())
}

/// Ensures that a folder exists. Those that it makes on the way get `mode` (less the umask); one that exists keeps its own.
pub fn create_folder(path: &Path, mode: u32) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(mode).create(path).doing_to("create the folder", path)
}

/// The permission bits of a file, setuid and its kin included.
pub fn mode(path: &Path) -> Result<u32> {
    Ok(fs::metadata(path).doing_to("look at", path)?.permissions().mode() & 0o7777)
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_with_its_mode_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/secret");
        write(&path, b"one", 0o600).unwrap();
        write(&path, b"two", 0o640).unwrap();
        assert_eq!(read(&path).unwrap(), b"two");
        assert_eq!(mode(&path).unwrap(), 0o640);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn an_error_names_the_file() {
        let failure = read(Path::new("/nonexistent/file")).unwrap_err();
        assert!(failure.to_string().starts_with("cannot read `/nonexistent/file`: "), "{failure}");
    }
}
