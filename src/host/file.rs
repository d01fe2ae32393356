//! Files of the host: they appear whole, with their mode, or not at all.

use std::{
    fs::{self, File, Permissions},
    io::{self, ErrorKind, Read as _, Write as _},
    os::unix::{
        ffi::OsStrExt as _,
        fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
    },
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::error::{Context as _, Error, Result};

/// The mode of a file for its owner alone.
pub const SECRET: u32 = 0o600;

/// The mode of a file that everybody may read.
pub const PUBLIC: u32 = 0o644;

/// Reads a whole file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).doing_to("read", path)
}

/// Reads a whole file as UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).doing_to("read", path)
}

/// Reads a file that the administrator named, such as `the image`: that it is not there is then a mistake of theirs.
pub fn read_named(what: &str, path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|cause| unreadable(what, path, &cause))
}

/// Reads a text file; `None` if there is none.
pub fn read_if_there(path: &Path) -> Result<Option<String>> {
    if_there(fs::read_to_string(path)).doing_to("read", path)
}

/// Reads a secret, unless others can read it too; `None` if there is none.
pub fn read_secret_if_there(path: &Path) -> Result<Option<Zeroizing<String>>> {
    let Some(mut file) = if_there(File::open(path)).doing_to("open", path)? else { return Ok(None) };
    let mode = file.metadata().doing_to("look at", path)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(Error::configuration(
            format_args!("others than its owner can reach the key `{}` (mode {mode:04o})", path.display()),
            format_args!("`chmod 600 {}`, and ask yourself who may have read it", path.display()),
        ));
    }
    let mut secret = Zeroizing::new(String::new());
    file.read_to_string(&mut secret).doing_to("read", path)?;
    Ok(Some(secret))
}

/// Why a file that the administrator named cannot be read, as their mistake where it is one.
pub fn unreadable(what: &str, path: &Path, cause: &io::Error) -> Error {
    let said = format!("cannot read {what} `{}`: {cause}", path.display());
    let hint = match cause.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "look whether the path is right",
        ErrorKind::PermissionDenied => "run this as a user who may read it",
        ErrorKind::IsADirectory => "name a file, not a folder",
        _ => return Error::failed(said),
    };
    Error::configuration(said, hint)
}

/// Writes a file that others see either whole, with this mode, or as it was before.
pub fn write(path: &Path, content: &[u8], mode: u32) -> Result<()> {
    create_folder(&folder_of(path), 0o755)?;
    let written =
        draft(path, content, mode).and_then(|draft| draft.persist(path).map_err(|failure| failure.error));
    written.map(drop).doing_to("write", path)
}

/// Waits until all that is in a folder is on the disk: what is copied is there only in memory for a while. Links have
/// nothing in them, and sockets nothing that stays.
pub fn settle(path: &Path) -> Result<()> {
    let found = fs::symlink_metadata(path).doing_to("look at", path)?;
    if found.is_dir() {
        for entry in fs::read_dir(path).doing_to("list", path)? {
            settle(&entry.doing_to("list", path)?.path())?;
        }
    } else if !found.is_file() {
        return Ok(());
    }
    File::open(path).and_then(|file| file.sync_all()).doing_to("write to the disk", path)
}

/// Waits until the name of a file is on the disk, or that it has none any more.
pub fn settle_name(path: &Path) -> Result<()> {
    let folder = folder_of(path);
    File::open(&folder).and_then(|folder| folder.sync_all()).doing_to("write to the disk", &folder)
}

/// Writes a file, unless there is one of that name already: then it is left alone, and this is `false`. It is on the disk
/// under its name before anything else happens, since nobody may have its content otherwise.
pub fn write_new(path: &Path, content: &[u8], mode: u32) -> Result<bool> {
    require_folder(path)?;
    let written = draft(path, content, mode)
        .and_then(|draft| draft.persist_noclobber(path).map_err(|failure| failure.error));
    match written {
        Ok(_) => settle_name(path).map(|()| true),
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(cause) => Err(cause).doing_to("write", path),
    }
}

/// Takes a file away, and waits until that is on the disk.
pub fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).doing_to("remove", path)?;
    settle_name(path)
}

/// That something is where a new file or folder was to be: it is left alone.
pub fn taken(path: &Path, hint: &str) -> Error {
    Error::configuration(format_args!("`{}` is there already", path.display()), hint)
}

/// Refuses a new file of which it is known beforehand that it cannot be written: what was named is a folder, or there is none for it.
pub fn require_folder(path: &Path) -> Result<()> {
    if path.as_os_str().as_bytes().ends_with(b"/") {
        let what = format_args!("`{}` is the name of a folder", path.display());
        return Err(Error::configuration(what, "name a file"));
    }
    let folder = folder_of(path);
    if folder.is_dir() {
        return Ok(());
    }
    let (is_there, folder) = (folder.exists(), folder.display());
    Err(if is_there {
        Error::configuration(format_args!("`{folder}` is no folder"), "name another file")
    } else {
        let hint = format_args!("`mkdir {folder}` makes it; or name another file");
        Error::configuration(format_args!("there is no folder `{folder}`"), hint)
    })
}

/// Ensures that a folder exists. Those that it makes on the way get `mode` (less the umask); one that exists keeps its own.
pub fn create_folder(path: &Path, mode: u32) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(mode).create(path).doing_to("create the folder", path)
}

/// Makes a folder for its owner alone, or closes one that is there.
pub fn ensure_private_folder(path: &Path) -> Result<()> {
    create_folder(path, 0o700)?;
    fs::set_permissions(path, Permissions::from_mode(0o700)).doing_to("close the folder", path)
}

/// Waits until nobody else holds this folder, and holds it until the result is dropped (flock(2)).
pub fn hold_folder(path: &Path) -> Result<File> {
    loop {
        let folder = File::open(path).doing_to("open the folder", path)?;
        folder.lock().doing_to("lock the folder", path)?;
        // Whoever held it may have removed it: what is there by now, others hold.
        if is_in_its_place(&folder, path).doing_to("look at", path)? {
            return Ok(folder);
        }
    }
}

/// Whether nothing else has come to this path since it was opened.
fn is_in_its_place(opened: &File, path: &Path) -> io::Result<bool> {
    let opened = opened.metadata()?;
    let found = if_there(fs::metadata(path))?;
    Ok(found.is_none_or(|found| (found.dev(), found.ino()) == (opened.dev(), opened.ino())))
}

/// The permission bits of a file, setuid and its kin included.
pub fn mode(path: &Path) -> Result<u32> {
    Ok(fs::metadata(path).doing_to("look at", path)?.permissions().mode() & 0o7777)
}

/// A whole file under a name that nobody knows. The mode comes after the content, and past the umask: a secret is never readable by
/// others, not even for a moment.
fn draft(path: &Path, content: &[u8], mode: u32) -> io::Result<NamedTempFile> {
    let mut draft = tempfile::Builder::new()
        .prefix(".draft-")
        .permissions(Permissions::from_mode(SECRET))
        .tempfile_in(folder_of(path))?;
    draft.write_all(content)?;
    draft.as_file().set_permissions(Permissions::from_mode(mode))?;
    draft.as_file().sync_all()?;
    Ok(draft)
}

fn if_there<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(content) => Ok(Some(content)),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
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
    fn a_folder_is_settled_with_all_that_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("deep/file"), b"text", SECRET).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
        settle(folder.path()).unwrap();
        assert!(settle(&folder.path().join("missing")).is_err());
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        let error = write(&path, b"one", SECRET).unwrap_err();
        assert!(error.to_string().starts_with(&format!("cannot write `{}`: ", path.display())), "{error}");
        assert!(!write_new(&path, b"one", SECRET).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_new_file_makes_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        for path in ["new/secret", "new/", "new/folder/", "file/secret"] {
            let error = write_new(&folder.path().join(path), b"one", SECRET).unwrap_err();
            assert_eq!(error.exit_code(), 3, "{path}: {error}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        require_folder(Path::new("secret")).unwrap();
    }

    #[test]
    fn an_open_folder_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("site");
        create_folder(&path, 0o755).unwrap();
        ensure_private_folder(&path).unwrap();
        assert_eq!(mode(&path).unwrap(), 0o700);
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

    #[test]
    fn a_folder_is_held_by_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let held = hold_folder(folder.path()).unwrap();
        let other = File::open(folder.path()).unwrap();
        assert!(other.try_lock().is_err());
        drop(held);
        other.lock().unwrap(); // a child of another test may hold it for a moment more
    }

    #[test]
    fn a_folder_that_another_has_replaced_is_not_in_its_place() {
        let place = tempfile::tempdir().unwrap();
        let (path, removed) = (place.path().join("folder"), place.path().join("removed"));
        create_folder(&path, 0o700).unwrap();
        let opened = File::open(&path).unwrap();
        assert!(is_in_its_place(&opened, &path).unwrap());
        fs::rename(&path, &removed).unwrap();
        assert!(is_in_its_place(&opened, &path).unwrap(), "nothing else is there");
        create_folder(&path, 0o700).unwrap();
        assert!(!is_in_its_place(&opened, &path).unwrap());
    }

    #[test]
    fn a_file_that_was_named_wrongly_is_a_mistake() {
        for path in ["/nonexistent/file", "/"] {
            assert_eq!(read_named("the daemon", Path::new(path)).unwrap_err().exit_code(), 3);
        }
    }

    #[test]
    fn an_error_names_the_file() {
        let failure = read(Path::new("/nonexistent/file")).unwrap_err();
        assert!(failure.to_string().starts_with("cannot read `/nonexistent/file`: "), "{failure}");
    }
}
