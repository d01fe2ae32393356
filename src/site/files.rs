//! Files that appear whole, with their mode from the first byte on.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::Path,
};

use zeroize::Zeroizing;

use crate::error::{Context, Error, Result};

/// A file for its owner alone.
pub(super) const SECRET: u32 = 0o600;
/// A file that everybody may read.
pub(super) const PUBLIC: u32 = 0o644;

/// Writes a file under another name in the same folder, then gives it its own: nobody ever sees half of it.
pub(super) fn write(path: &Path, content: &[u8], mode: u32) -> Result<()> {
    let replace = || {
        let mut file =
            tempfile::Builder::new().permissions(Permissions::from_mode(SECRET)).tempfile_in(parent(path))?;
        file.write_all(content)?;
        // Only a file that is to be public is opened up, past the umask, and only when it is complete.
        file.as_file().set_permissions(Permissions::from_mode(mode))?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)
    };
    replace().map(drop).doing_to("write", path)
}

/// Writes a public file unless there is one of that name already: then it is left alone, and this is `false`.
pub(super) fn write_new(path: &Path, content: &[u8]) -> Result<bool> {
    let create = || {
        let mut file = tempfile::NamedTempFile::new_in(parent(path))?;
        file.write_all(content)?;
        file.as_file().set_permissions(Permissions::from_mode(PUBLIC))?;
        file.persist_noclobber(path).map_err(|error| error.error)
    };
    match create() {
        Ok(_) => Ok(true),
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(cause) => Err(cause).doing_to("write", path),
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a folder for its owner alone, or closes one that is there.
pub(super) fn ensure_private_folder(path: &Path) -> Result<()> {
    let ensure = || {
        if !path.is_dir() {
            return DirBuilder::new().mode(0o700).create(path);
        }
        fs::set_permissions(path, Permissions::from_mode(0o700))
    };
    ensure().doing_to("make the folder", path)
}

/// Reads a text file; `None` if there is none.
pub(super) fn read_if_there(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause).doing_to("read", path),
    }
}

/// Reads a secret, unless others can read it too; `None` if there is none.
pub(super) fn read_secret_if_there(path: &Path) -> Result<Option<Zeroizing<String>>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(cause).doing_to("open", path),
    };
    let mode = file.metadata().doing_to("look at", path)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(Error::configuration(
            format_args!(
                "others than its owner can reach the key `{}` (mode {:04o})",
                path.display(),
                mode & 0o7777
            ),
            format_args!("`chmod 600 {}`, and ask yourself who may have read it", path.display()),
        ));
    }
    let mut secret = Zeroizing::new(String::new());
    file.read_to_string(&mut secret).doing_to("read", path)?;
    Ok(Some(secret))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_file_has_its_mode_and_replaces_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write(&path, b"one", PUBLIC).unwrap();
        assert_eq!(mode(&path), 0o644);
        write(&path, b"two", SECRET).unwrap();
        assert_eq!((mode(&path), fs::read(&path).unwrap()), (0o600, b"two".to_vec()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        let error = write(&path, b"one", SECRET).unwrap_err();
        assert!(error.to_string().starts_with(&format!("cannot write `{}`: ", path.display())), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_open_folder_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("site");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        ensure_private_folder(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert!(read_secret_if_there(&path).unwrap().is_none());
        write(&path, b"secret", PUBLIC).unwrap();
        assert_eq!(read_secret_if_there(&path).unwrap_err().exit_code(), 3);
        write(&path, b"secret", SECRET).unwrap();
        assert_eq!(*read_secret_if_there(&path).unwrap().unwrap(), "secret");
    }
}
