//! `jailbuild.lock`: which base files images are made from, by their digests.
//!
//! A base comes from a mirror, a folder or this machine, and none of them vouches for it. The lock does: what was looked at once is
//! what every later image is made from, until somebody says otherwise.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    base::{Choice, Provenance},
    digest::Sha256,
    error::{Error, Result},
    host::file,
    target::Target,
};

/// The name of the lock, beside the school's file.
pub const FILE_NAME: &str = "jailbuild.lock";

const HEAD: &str = "\
# Which base files images are made from, by their SHA-256 digests.
# `jailbuild lock` writes this file, `jailbuild make` refuses a base that differs.
# Keep it with jailbuild.toml; there is no secret in it.
";

/// The base files of each target that was locked.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Lock {
    targets: BTreeMap<Target, Locked>,
}

/// The base of one target.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// What it was asked for as.
    pub base: Choice,
    /// What it calls itself.
    pub release: Option<String>,
    /// What it must be.
    pub sha256: Digests,
}

/// By which digests a base is known.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Digests {
    /// By that of the base.txz.
    Archive(Sha256),
    /// By those of the files that go into an image.
    Files(BTreeMap<PathBuf, Sha256>),
}

/// A digest that is another than it was.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Change {
    /// Of a file of the base, or of the base.txz.
    pub path: PathBuf,
    /// What it was, if it was there.
    pub was: Option<Sha256>,
    /// What it is, if it is there.
    pub is: Option<Sha256>,
}

impl Lock {
    /// Reads a lock; an empty one where there is none.
    pub fn read(path: &Path) -> Result<Self> {
        let text = file::read_if_there(path)?.unwrap_or_default();
        toml::from_str(&text).map_err(|cause| {
            Error::configuration(
                format_args!("`{}` is no lock of a base: {}", path.display(), cause.to_string().trim_end()),
                "get it back from where you keep it; or move it away, and `jailbuild lock` writes another",
            )
        })
    }

    /// The base of a target, if it was locked.
    pub fn of(&self, target: Target) -> Option<&Locked> {
        self.targets.get(&target)
    }

    /// Locks the base of a target.
    pub fn insert(&mut self, target: Target, locked: Locked) {
        self.targets.insert(target, locked);
    }

    /// Writes the lock, for everybody to read.
    pub fn write(&self, path: &Path) -> Result<()> {
        file::write(path, self.to_string().as_bytes(), file::PUBLIC)
    }
}

/// The file.
impl fmt::Display for Lock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables = toml::to_string(self).map_err(|_| fmt::Error)?;
        write!(formatter, "{HEAD}\n{tables}")
    }
}

impl Locked {
    /// Refuses another archive than the one that was locked, or files where it was an archive.
    pub fn check_archive(&self, found: &Provenance) -> Result<()> {
        let Digests::Archive(wanted) = &self.sha256 else { return Ok(()) };
        match found.sha256 {
            Some(sha256) if sha256 == *wanted => Ok(()),
            Some(sha256) => Err(refusal(&format!(
                "the base.txz has the SHA-256 digest {sha256}, but {wanted} in `{FILE_NAME}`"
            ))),
            None => Err(refusal(&format!(
                "the base is {found}, but `{FILE_NAME}` wants the base.txz with the SHA-256 digest {wanted}"
            ))),
        }
    }

    /// Refuses files that are not as they were locked.
    pub fn check_files(&self, found: &BTreeMap<PathBuf, Sha256>) -> Result<()> {
        let Digests::Files(wanted) = &self.sha256 else { return Ok(()) };
        let mut differences = String::new();
        for (path, sha256) in found {
            let path_shown = path.display();
            // A string can always be written to.
            let _ = match wanted.get(path) {
                Some(wanted) if wanted == sha256 => continue,
                Some(wanted) => write!(
                    differences,
                    "\n`{path_shown}` has the SHA-256 digest {sha256}, but {wanted} in `{FILE_NAME}`"
                ),
                None => write!(
                    differences,
                    "\n`{path_shown}` with the SHA-256 digest {sha256} is not in `{FILE_NAME}`"
                ),
            };
        }
        if differences.is_empty() { Ok(()) } else { Err(refusal(differences.trim_start())) }
    }

    /// In what this base differs from what was locked before.
    pub fn changes(&self, before: Option<&Self>) -> Vec<Change> {
        let was = before.map(Self::digests).unwrap_or_default();
        let is = self.digests();
        let paths: BTreeSet<&PathBuf> = was.keys().chain(is.keys()).collect();
        let change = |path: &PathBuf| Change {
            path: path.clone(),
            was: was.get(path).copied(),
            is: is.get(path).copied(),
        };
        paths.into_iter().map(change).filter(|change| change.was != change.is).collect()
    }

    fn digests(&self) -> BTreeMap<PathBuf, Sha256> {
        match &self.sha256 {
            Digests::Archive(sha256) => [(PathBuf::from("base.txz"), *sha256)].into(),
            Digests::Files(files) => files.clone(),
        }
    }
}

fn refusal(what: &str) -> Error {
    Error::untrusted(
        what,
        "nothing was made. Find out why the base changed (`jailbuild lock --dry-run` shows what did): if the system was updated, \
         `jailbuild lock` locks it as it is now; if you do not know why, do not use it",
    )
}

/// A line as diff(1) would begin it.
impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match (self.was, self.is) {
            (None, Some(is)) => write!(formatter, "+ {path} {is}"),
            (Some(was), None) => write!(formatter, "- {path} {was}"),
            (Some(was), Some(is)) => write!(formatter, "- {path} {was}\n+ {path} {is}"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::base::Kind;

    fn files(entries: &[(&str, &str)]) -> BTreeMap<PathBuf, Sha256> {
        entries.iter().map(|(path, content)| (path.into(), Sha256::of(content.as_bytes()))).collect()
    }

    fn locked(sha256: Digests) -> Locked {
        Locked { base: Choice::Host, release: Some("15.1-RELEASE".into()), sha256 }
    }

    fn said(outcome: Result<()>) -> String {
        let failure = outcome.unwrap_err();
        assert_eq!(failure.exit_code(), 5);
        failure.to_string()
    }

    const LIBC: (&str, &str) = ("/lib/libc.so.7", "libc");
    const LOADER: (&str, &str) = ("/libexec/ld-elf.so.1", "loader");

    #[test]
    fn the_file_reads_like_this_and_is_read_back() {
        let mut lock = Lock::default();
        lock.insert(
            "x86_64-unknown-freebsd".parse().unwrap(),
            locked(Digests::Files(files(&[LOADER, LIBC]))),
        );
        let archive = Locked { base: "14.3".parse().unwrap(), ..locked(Digests::Archive(Sha256::of(b""))) };
        lock.insert("aarch64-unknown-freebsd".parse().unwrap(), archive);
        insta::assert_snapshot!(lock);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        assert_eq!(Lock::read(&path).unwrap(), Lock::default());
        lock.write(&path).unwrap();
        assert_eq!(Lock::read(&path).unwrap(), lock);
    }

    #[test]
    fn a_lock_that_makes_no_sense_is_a_mistake() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        for text in ["x", "[vax]\nbase = \"host\"", "[x86_64-unknown-freebsd]\nbase = \"host\"\nskip = true"]
        {
            file::write(&path, text.as_bytes(), file::PUBLIC).unwrap();
            assert_eq!(Lock::read(&path).unwrap_err().exit_code(), 3, "{text}");
        }
    }

    #[test]
    fn a_file_that_differs_or_is_new_is_refused_with_the_digests() {
        let lock = locked(Digests::Files(files(&[LIBC, LOADER])));
        lock.check_files(&files(&[LIBC])).unwrap();
        let why =
            said(lock.check_files(&files(&[("/lib/libc.so.7", "changed"), ("/bin/sh", "new"), LOADER])));
        let [was, is, new] = ["libc", "changed", "new"].map(|content| Sha256::of(content.as_bytes()));
        assert_eq!(
            why,
            format!(
                "`/bin/sh` with the SHA-256 digest {new} is not in `jailbuild.lock`\n\
                 `/lib/libc.so.7` has the SHA-256 digest {is}, but {was} in `jailbuild.lock`"
            )
        );
    }

    #[test]
    fn an_archive_must_be_the_one_and_files_do_not_stand_in_for_it() {
        let [was, is] = [Sha256::of(b"was"), Sha256::of(b"is")];
        let lock = locked(Digests::Archive(was));
        let found = |sha256| Provenance { kind: Kind::Archive, release: None, sha256 };
        lock.check_archive(&found(Some(was))).unwrap();
        let why = said(lock.check_archive(&found(Some(is))));
        assert_eq!(why, format!("the base.txz has the SHA-256 digest {is}, but {was} in `jailbuild.lock`"));
        assert!(said(lock.check_archive(&found(None))).ends_with(&was.to_string()));
    }

    #[test]
    fn changes_are_what_came_what_went_and_what_is_another() {
        let before = locked(Digests::Files(files(&[LIBC, LOADER])));
        let now =
            locked(Digests::Files(files(&[("/lib/libc.so.7", "changed"), ("/lib/libsys.so.7", "new")])));
        let signs = |changes: Vec<Change>| -> Vec<_> {
            changes
                .iter()
                .flat_map(|change| {
                    change.to_string().lines().map(|line| line[..1].to_owned()).collect::<Vec<_>>()
                })
                .collect()
        };
        assert_eq!(signs(now.changes(Some(&before))), ["-", "+", "+", "-"]);
        assert_eq!(signs(now.changes(None)), ["+", "+"]);
        assert!(now.changes(Some(&now)).is_empty());
    }
}
