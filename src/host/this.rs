//! The host that this program runs on.

use std::{
    fs::{self, File, Metadata, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    thread,
    time::Duration,
};

use super::{
    Found, Host,
    command::{Command, Output},
    file,
};
use crate::error::{Context as _, Error, Result};

/// The host that this program runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThisHost;

impl Host for ThisHost {
    fn output(&self, command: &Command) -> Result<Output> {
        command.output()
    }

    fn pause(&self) {
        thread::sleep(Duration::from_secs(1));
    }

    fn look(&self, path: &Path) -> Result<Option<Found>> {
        let Some(found) = if_there(fs::symlink_metadata(path)).doing_to("look at", path)? else {
            return Ok(None);
        };
        if found.is_symlink() {
            let target = fs::read_link(path).doing_to("look at", path)?;
            return Ok(Some(Found::Link { target }));
        }
        let mode = mode(&found);
        Ok(Some(if found.is_dir() { Found::Folder { mode } } else { Found::File { mode } }))
    }

    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        if_there(fs::read(path)).doing_to("read", path)
    }

    fn names(&self, folder: &Path) -> Result<Vec<String>> {
        let Some(entries) = if_there(fs::read_dir(folder)).doing_to("list", folder)? else {
            return Ok(Vec::new());
        };
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<_> =
            entries.map(|entry| entry.map(name)).collect::<Result<_, _>>().doing_to("list", folder)?;
        names.sort();
        Ok(names)
    }

    fn write(&self, path: &Path, content: &[u8], mode: u32) -> Result<()> {
        file::write(path, content, mode)?;
        file::settle_name(path)
    }

    fn create_folder(&self, path: &Path, mode: u32) -> Result<()> {
        file::create_folder(path, mode)?;
        fs::set_permissions(path, Permissions::from_mode(mode)).doing_to("change the mode of", path)
    }

    fn link(&self, path: &Path, target: &Path) -> Result<()> {
        // A link cannot be changed, but another can take its name in one step.
        let mut draft = path.as_os_str().to_owned();
        draft.push(".new");
        let draft = Path::new(&draft);
        self.remove(draft)?;
        symlink(target, draft).doing_to("make the link", path)?;
        fs::rename(draft, path).doing_to("make the link", path)?;
        file::settle_name(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        if self.look(to)?.is_some() {
            return Err(Error::failed(format_args!(
                "cannot rename `{}`: there is a `{}` already",
                from.display(),
                to.display()
            )));
        }
        // Who loses its power afterwards must not find the name without the content.
        file::settle(from)?;
        fs::rename(from, to).doing_to("rename", from)?;
        file::settle_name(to)
    }

    fn remove(&self, path: &Path) -> Result<()> {
        let removed = match self.look(path)? {
            None => return Ok(()),
            Some(Found::Folder { .. }) => fs::remove_dir_all(path),
            Some(_) => fs::remove_file(path),
        };
        removed.doing_to("remove", path)?;
        file::settle_name(path)
    }

    fn hold(&self, folder: &Path) -> Result<File> {
        file::hold_folder(folder)
    }
}

fn mode(found: &Metadata) -> u32 {
    found.permissions().mode() & 0o7777
}

fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(cause) => Err(cause),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_no_error_and_what_is_there_is_told() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        assert_eq!(ThisHost.look(&at("file")).unwrap(), None);
        assert_eq!(ThisHost.read(&at("file/below")).unwrap(), None);
        assert!(ThisHost.names(&at("folder")).unwrap().is_empty());
        ThisHost.remove(&at("file")).unwrap();

        ThisHost.write(&at("folder/file"), b"text", 0o640).unwrap();
        ThisHost.create_folder(&at("folder"), 0o700).unwrap();
        assert_eq!(ThisHost.look(&at("folder")).unwrap(), Some(Found::Folder { mode: 0o700 }));
        assert_eq!(ThisHost.look(&at("folder/file")).unwrap(), Some(Found::File { mode: 0o640 }));
        assert_eq!(ThisHost.text(&at("folder/file")).unwrap().unwrap(), "text");
        assert_eq!(ThisHost.names(&at("folder")).unwrap(), ["file"]);
        ThisHost.remove(&at("folder")).unwrap();
        assert!(ThisHost.names(place.path()).unwrap().is_empty());
    }

    #[test]
    fn a_link_changes_in_one_step_and_is_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let (link, image) = (place.path().join("current"), place.path().join("image"));
        ThisHost.create_folder(&image, 0o755).unwrap();
        for target in ["elsewhere", "image"] {
            ThisHost.link(&link, Path::new(target)).unwrap();
            assert_eq!(ThisHost.look(&link).unwrap(), Some(Found::Link { target: target.into() }));
        }
        ThisHost.remove(&link).unwrap();
        assert_eq!(ThisHost.names(place.path()).unwrap(), ["image"]);
    }

    #[test]
    fn nothing_is_renamed_over_another() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        ThisHost.write(&at("one"), b"1", 0o600).unwrap();
        ThisHost.write(&at("two"), b"2", 0o600).unwrap();
        assert!(ThisHost.rename(&at("one"), &at("two")).is_err());
        ThisHost.rename(&at("one"), &at("three")).unwrap();
        assert_eq!(ThisHost.names(place.path()).unwrap(), ["three", "two"]);
    }
}
