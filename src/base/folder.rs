//! A base that lies unpacked in a folder; this machine's own files are the folder `/`.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{Base, BaseFile, Kind, Provenance, link, release_name};
use crate::{
    error::{Context as _, Result},
    host::file,
};

/// A folder with an unpacked system.
#[derive(Debug)]
pub struct Folder {
    top: PathBuf,
    provenance: Provenance,
}

impl Folder {
    /// Takes the system in this folder, and asks it for its release.
    pub fn open(top: &Path, kind: Kind) -> Result<Self> {
        let mut folder =
            Self { top: top.to_owned(), provenance: Provenance { kind, release: None, sha256: None } };
        folder.provenance.release = release_name(|path| folder.file(Path::new(path)))?;
        Ok(folder)
    }

    /// Where a path of the base lies on this machine, without following its last link.
    fn outside(&self, path: &Path) -> PathBuf {
        self.top.join(path.strip_prefix("/").unwrap_or(path))
    }

    fn resolve(&self, path: &Path) -> Result<PathBuf> {
        let resolved = link::resolve(path, |link| fs::read_link(self.outside(link)).ok())?;
        Ok(self.outside(&resolved))
    }
}

impl Base for Folder {
    fn file(&self, path: &Path) -> Result<Option<BaseFile>> {
        let outside = self.resolve(path)?;
        if !outside.is_file() {
            return Ok(None);
        }
        Ok(Some(BaseFile { bytes: file::read(&outside)?, mode: file::mode(&outside)? }))
    }

    fn names(&self, folder: &Path) -> Result<Vec<String>> {
        let outside = self.resolve(folder)?;
        let entries = match fs::read_dir(&outside) {
            Ok(entries) => entries,
            Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(cause) => return Err(cause).doing_to("list", &outside),
        };
        let mut names = entries
            .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
            .collect::<Result<Vec<_>, _>>()
            .doing_to("list", &outside)?;
        names.sort();
        Ok(names)
    }

    fn provenance(&self) -> &Provenance {
        &self.provenance
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn absolute_links_stay_within_the_folder() {
        let top = tempfile::tempdir().unwrap();
        file::write(&top.path().join("usr/lib/libc.so.7"), b"the base's own", 0o444).unwrap();
        symlink("/usr/lib", top.path().join("lib")).unwrap();
        let base = Folder::open(top.path(), Kind::Folder).unwrap();

        let found = base.file(Path::new("/lib/libc.so.7")).unwrap().unwrap();
        assert_eq!(found, BaseFile { bytes: b"the base's own".to_vec(), mode: 0o444 });
        assert_eq!(base.names(Path::new("/lib")).unwrap(), ["libc.so.7"]);
        assert_eq!(base.file(Path::new("/lib")).unwrap(), None);
        assert_eq!(base.file(Path::new("/etc/hostname")).unwrap(), None);
        assert!(base.names(Path::new("/nowhere")).unwrap().is_empty());
    }
}
