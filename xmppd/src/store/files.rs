//! Files that users share, in a folder beside the database: under names of the server's own making, and nothing of
//! them in the database but what they are.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{
    fs::{File, OpenOptions},
    io::AsyncWriteExt,
};

/// The folder's name in the data folder.
const FOLDER: &str = "uploads";
/// What the name of a file ends in while it is not whole.
const PART: &str = ".part";

/// The folder.
#[derive(Clone, Debug)]
pub struct Files(Arc<Path>);

/// A file that is being written. It goes away again unless it is kept.
#[derive(Debug)]
pub struct Draft {
    file: File,
    part: PathBuf,
    whole: PathBuf,
    is_kept: bool,
}

impl Files {
    pub(crate) fn new(data: &Path) -> Self {
        Self(data.join(FOLDER).into())
    }

    /// Makes the folder (mode 0700) where there is none.
    pub fn prepare(&self) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0)
    }

    /// Removes what nobody knows of: what was being written when the server died, what it did not get to erase, and
    /// what is an account's no more.
    pub fn prune(&self, is_known: impl Fn(&str) -> bool) -> io::Result<()> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()), // nobody has shared any
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if !entry.file_name().to_str().is_some_and(&is_known) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Begins a new file (mode 0600).
    pub async fn create(&self, name: &str) -> io::Result<Draft> {
        let (whole, part) = (self.path(name)?, self.part(name)?);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).await?;
        Ok(Draft { file, part, whole, is_kept: false })
    }

    /// A file, to be read.
    pub async fn open(&self, name: &str) -> io::Result<File> {
        File::open(self.path(name)?).await
    }

    /// Erases files, also those that are still being written; those that are gone already are no error.
    pub async fn erase(&self, names: &[String]) -> io::Result<()> {
        for name in names {
            // In this order: it becomes whole in between, or not at all.
            for path in [self.part(name)?, self.path(name)?] {
                match tokio::fs::remove_file(path).await {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn part(&self, name: &str) -> io::Result<PathBuf> {
        let mut part = self.path(name)?.into_os_string();
        part.push(PART);
        Ok(part.into())
    }

    /// Names are letters and digits: none leads out of the folder.
    fn path(&self, name: &str) -> io::Result<PathBuf> {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(self.0.join(name))
    }
}

impl Draft {
    /// Writes on.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).await
    }

    /// It is whole: from now on it is there by its name, after a loss of power as well.
    pub async fn keep(mut self) -> io::Result<()> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        tokio::fs::rename(&self.part, &self.whole).await?;
        self.is_kept = true;
        let folder = self.whole.parent().unwrap_or(Path::new("."));
        File::open(folder).await?.sync_all().await
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.part); // else at the next start
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn names(data: &Path) -> Vec<String> {
        let entries = fs::read_dir(data.join(FOLDER)).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_file_is_there_when_it_is_whole_and_for_nobody_else() {
        let data = tempfile::tempdir().unwrap();
        let files = Files::new(data.path());
        files.prepare().unwrap();
        let mut draft = files.create("a1").await.unwrap();
        draft.write(b"wherefore").await.unwrap();
        assert!(files.open("a1").await.is_err(), "it is not whole");
        assert!(files.create("a1").await.is_err(), "it is being written");
        draft.keep().await.unwrap();
        assert_eq!(names(data.path()), ["a1"]);
        let mode = |name: &str| fs::metadata(data.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(FOLDER), mode("uploads/a1")), (0o700, 0o600));
        let mut draft = files.create("c3").await.unwrap();
        files.erase(&["a1", "b2", "c3"].map(str::to_owned)).await.unwrap();
        assert!(names(data.path()).is_empty(), "what is being written as well");
        draft.write(b"wherefore").await.unwrap();
        assert!(draft.keep().await.is_err() && names(data.path()).is_empty());
    }

    #[tokio::test]
    async fn what_is_not_kept_goes_away() {
        let data = tempfile::tempdir().unwrap();
        let files = Files::new(data.path());
        files.prune(|_| false).unwrap();
        files.prepare().unwrap();
        drop(files.create("a1").await.unwrap());
        assert!(names(data.path()).is_empty());
        for name in ["a1", "b2", "c3.part"] {
            fs::write(data.path().join(FOLDER).join(name), "x").unwrap();
        }
        files.prune(|name| name == "b2").unwrap();
        assert_eq!(names(data.path()), ["b2"]);
    }

    #[tokio::test]
    async fn no_name_leads_elsewhere() {
        let data = tempfile::tempdir().unwrap();
        let files = Files::new(data.path());
        files.prepare().unwrap();
        fs::write(data.path().join("secret"), "x").unwrap();
        for name in ["", ".", "..", "../secret", "/etc/passwd", "a/b", "a\0", "ä"] {
            assert!(files.open(name).await.is_err() && files.create(name).await.is_err(), "{name:?}");
        }
    }
}
