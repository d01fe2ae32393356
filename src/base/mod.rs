//! Where base files come from: this machine, a folder, FreeBSD's packages, or a release's base.txz with a digest that is known.

mod archive;
mod fetch;
mod folder;
pub(crate) mod link;
mod packages;
mod release;

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

pub use archive::Archive;
pub use fetch::{cache_folder, cached, fetch};
pub use folder::Folder;
pub use packages::Packages;
pub use release::{KnownArchive, Release, known_archives};

use crate::{
    digest::Sha256,
    error::{Error, Result},
    host::ThisHost,
    target::Target,
};

/// The files of an operating system, of which a few go into an image.
pub trait Base {
    /// The regular file at an absolute path, symbolic links followed within the base; `None` where there is none.
    fn file(&self, path: &Path) -> Result<Option<BaseFile>>;

    /// The names in a folder, sorted; none where there is no such folder.
    fn names(&self, folder: &Path) -> Result<Vec<String>>;

    /// What it is and where it came from, for the manifest.
    fn provenance(&self) -> &Provenance;
}

/// A file of a base.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BaseFile {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its permission bits, setuid and its kin included.
    pub mode: u32,
}

/// What a base is, without a word about the machine that it was read on.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Where it came from.
    pub kind: Kind,
    /// The system's own name for its release, such as `15.1-RELEASE` or `Debian GNU/Linux 12 (bookworm)`, if it says.
    pub release: Option<String>,
    /// The digest of the archive; `None` for files on disk.
    pub sha256: Option<Sha256>,
}

/// Where a base came from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A base.txz whose digest the administrator vouched for.
    Archive,
    /// A folder with an unpacked system.
    Folder,
    /// The machine that made the image.
    Host,
    /// FreeBSD's own packages, as signed by FreeBSD.
    Packages,
    /// A base.txz whose digest stands in the table of releases.
    Release,
}

impl Provenance {
    /// The number in front of the release's name: 15 of `15.1-RELEASE`.
    pub fn major(&self) -> Option<u32> {
        let release = self.release.as_deref()?;
        release[..release.find(|letter: char| !letter.is_ascii_digit())?].parse().ok()
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Archive => "an archive",
            Kind::Folder => "a folder",
            Kind::Host => "the machine it was made on",
            Kind::Packages => "packages",
            Kind::Release => "a release",
        };
        write!(formatter, "{} from {kind}", self.release.as_deref().unwrap_or("an unnamed system"))?;
        self.sha256.map_or(Ok(()), |digest| write!(formatter, " (SHA-256 {digest})"))
    }
}

/// Which base the administrator asked for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(into = "String", try_from = "String")]
pub enum Choice {
    /// `host`: this machine's own files.
    Host,
    /// `pkgbase`: FreeBSD's packages, as this machine's pkg(8) fetches them.
    Packages,
    /// A release such as `15.1`, fetched beforehand.
    Release(Release),
    /// A file `….txz`, or a folder.
    Path(PathBuf),
}

impl FromStr for Choice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "host" => return Ok(Self::Host),
            "pkgbase" => return Ok(Self::Packages),
            _ => {}
        }
        if text.contains('/') || is_archive(Path::new(text)) {
            return Ok(Self::Path(text.into()));
        }
        if text.starts_with(|letter: char| letter.is_ascii_digit()) {
            return text.parse().map(Self::Release);
        }
        Err(Error::configuration(
            format_args!("`{}` is not a base", text.escape_debug()),
            "write `host`, `pkgbase`, a release such as `15.1`, the path of a `base.txz`, or a folder with a `/` in its path",
        ))
    }
}

impl Choice {
    /// The same choice, a relative path taken to be relative to `folder`.
    #[must_use]
    pub fn within(self, folder: &Path) -> Self {
        match self {
            Self::Path(path) => Self::Path(folder.join(path)),
            other => other,
        }
    }

    /// Whether a digest can be given for it: only an archive that is not in the table of releases needs one.
    pub fn takes_digest(&self) -> bool {
        matches!(self, Self::Path(path) if is_archive(path))
    }
}

fn is_archive(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "txz")
}

impl fmt::Display for Choice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => formatter.write_str("host"),
            Self::Packages => formatter.write_str("pkgbase"),
            Self::Release(release) => release.fmt(formatter),
            Self::Path(path) => path.display().fmt(formatter),
        }
    }
}

impl From<Choice> for String {
    fn from(choice: Choice) -> Self {
        choice.to_string()
    }
}

impl TryFrom<String> for Choice {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

/// Opens the chosen base. `vouched` is the digest that the administrator gave for an archive, by option or in the site's file.
pub fn open(choice: &Choice, target: Target, vouched: Option<Sha256>) -> Result<Box<dyn Base>> {
    match choice {
        Choice::Host => {
            require_host(choice, target)?;
            Ok(Box::new(Folder::open(Path::new("/"), Kind::Host)?))
        }
        Choice::Packages => {
            require_host(choice, target)?;
            Ok(Box::new(Packages::install(&ThisHost)?))
        }
        Choice::Release(release) => {
            let known = release.archive(target.machine)?;
            let path = cached(known)?;
            Ok(Box::new(Archive::open(&path, target, vouched.or(Some(known.sha256)))?))
        }
        Choice::Path(path) if path.is_dir() => Ok(Box::new(Folder::open(path, Kind::Folder)?)),
        Choice::Path(path) => Ok(Box::new(Archive::open(path, target, vouched)?)),
    }
}

/// What comes from this machine is for such a machine, and only FreeBSD comes in packages that hold a base.
fn require_host(choice: &Choice, target: Target) -> Result<()> {
    let host = Target::host()?;
    let what = match choice {
        Choice::Packages if !host.is_freebsd() => {
            format!("`{choice}` needs the pkg(8) of FreeBSD, and this is `{host}`")
        }
        _ if host != target => {
            format!("the base `{choice}` holds files for `{host}`, but the image is for `{target}`")
        }
        _ => return Ok(()),
    };
    Err(Error::configuration(
        what,
        "name a base of the image's system: `--base 15.1` after `jailbuild base fetch 15.1`, or `--base FILE.txz`",
    ))
}

/// What the system in a base calls its release: freebsd-version(1) holds it, elsewhere os-release(5).
fn release_name(read: impl Fn(&str) -> Result<Option<BaseFile>>) -> Result<Option<String>> {
    for (path, key) in [("/bin/freebsd-version", "USERLAND_VERSION="), ("/etc/os-release", "PRETTY_NAME=")] {
        let Some(file) = read(path)? else { continue };
        let text = String::from_utf8_lossy(&file.bytes);
        let value = text.lines().find_map(|line| line.strip_prefix(key));
        if let Some(value) = value {
            return Ok(Some(value.trim().trim_matches('"').to_owned()));
        }
    }
    Ok(None)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_told_by_its_form() {
        assert_eq!("host".parse::<Choice>().unwrap(), Choice::Host);
        assert_eq!("pkgbase".parse::<Choice>().unwrap(), Choice::Packages);
        assert_eq!("15.1".parse::<Choice>().unwrap(), Choice::Release("15.1".parse().unwrap()));
        assert_eq!("./15.1".parse::<Choice>().unwrap(), Choice::Path("./15.1".into()));
        assert_eq!("base.txz".parse::<Choice>().unwrap(), Choice::Path("base.txz".into()));
        for text in ["", "hots", "15", "15.x", "13.5", "15.1.2"] {
            assert!(text.parse::<Choice>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_is_relative_to_the_file_that_names_it() {
        let within = |text: &str| text.parse::<Choice>().unwrap().within(Path::new("/school"));
        assert_eq!(within("base.txz"), Choice::Path("/school/base.txz".into()));
        assert_eq!(within("/srv/base"), Choice::Path("/srv/base".into()));
        assert_eq!(within("host"), Choice::Host);
    }

    #[test]
    fn the_host_is_no_base_for_another_system() {
        let other = Target::ALL.into_iter().find(|target| *target != Target::host().unwrap()).unwrap();
        assert_eq!(open(&Choice::Host, other, None).err().unwrap().exit_code(), 3);
        assert_eq!(open(&Choice::Packages, other, None).err().unwrap().exit_code(), 3);
    }

    #[test]
    fn the_release_is_read_from_freebsd_version() {
        let script =
            BaseFile { bytes: b"#!/bin/sh\nUSERLAND_VERSION=\"15.1-RELEASE-p2\"\n".to_vec(), mode: 0o555 };
        let name = release_name(|path| Ok((path == "/bin/freebsd-version").then(|| script.clone()))).unwrap();
        let provenance = Provenance { kind: Kind::Host, release: name, sha256: None };
        assert_eq!(provenance.to_string(), "15.1-RELEASE-p2 from the machine it was made on");
        assert_eq!(provenance.major(), Some(15));
    }
}
