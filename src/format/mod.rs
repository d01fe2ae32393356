//! The image in the wrapping that other tools take: the same root file system, byte for byte, without what only
//! `jailbuild install` can do with it.

mod bastille;
mod oci;

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::Serialize;

use crate::{
    digest::Sha256,
    error::{Error, Result},
    host::file::{self, PUBLIC},
    image::Image,
    policy::Policy,
};

/// A format of images.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// What `bastille import` takes.
    Bastille,
    /// The image itself.
    Jail,
    /// An OCI image layout: what `podman load` takes.
    Oci,
}

impl Format {
    /// Every format, in the order of their names.
    pub const ALL: [Self; 3] = [Self::Bastille, Self::Jail, Self::Oci];

    /// What an image in this format lacks of what it is as `jail`.
    pub const fn losses(self) -> &'static [&'static str] {
        match self {
            Self::Bastille => &bastille::LOSSES,
            Self::Jail => &[],
            Self::Oci => &oci::LOSSES,
        }
    }
}

/// Formats that are not made, and what to do instead.
const OTHERS: [(&str, &str); 2] = [
    ("appjail", "AppJail starts what is in a jail by env(1), which an image does not hold"),
    (
        "pot",
        "pot takes ZFS streams alone, and starts what is in a jail by a shell, which an image does not hold",
    ),
];

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(format) = Self::ALL.into_iter().find(|format| format.to_string() == text) {
            return Ok(format);
        }
        let hint = "write `bastille`, `jail` or `oci`";
        let other = OTHERS.into_iter().find(|(name, _)| *name == text);
        Err(match other {
            Some((name, why)) => {
                Error::configuration(format_args!("no image is made in the format `{name}`: {why}"), hint)
            }
            None => Error::configuration(
                format_args!("`{}` is not a format of images", text.escape_debug()),
                hint,
            ),
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Bastille => "bastille",
            Self::Jail => "jail",
            Self::Oci => "oci",
        })
    }
}

/// An image in another format, not written yet.
#[derive(Clone, Debug)]
pub struct Wrapped {
    format: Format,
    file_name: String,
    bytes: Vec<u8>,
    digest_file: DigestFile,
}

/// How the digest stands beside the archive.
#[derive(Clone, Debug)]
enum DigestFile {
    /// In a file of this name, alone, as `sha256 -q` prints it.
    Bare(String),
    /// In `ARCHIVE.sha256`, with the archive's name, as `sha256sum -c` reads it.
    Named,
}

/// An image in another format, on disk.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Written {
    /// The format.
    pub format: Format,
    /// The archive.
    pub path: PathBuf,
    /// Its digest, which also stands beside it.
    pub sha256: Sha256,
    /// What it lacks.
    pub losses: &'static [&'static str],
}

impl Wrapped {
    /// The image in a format. `policy` is the school's, for the formats that hold an address.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the image cannot be in that format.
    pub fn new(image: &Image, format: Format, policy: &dyn Fn() -> Result<Policy>) -> Result<Self> {
        match format {
            Format::Bastille => bastille::wrap(image, &policy()?),
            Format::Jail => Err(Error::configuration(
                "an image is in the format `jail` already",
                "name another: `--format bastille` or `--format oci`",
            )),
            Format::Oci => oci::wrap(image),
        }
    }

    /// Where it would be written.
    pub fn path(&self, folder: &Path) -> PathBuf {
        folder.join(&self.file_name)
    }

    /// What it would be, once it is written.
    pub fn described(&self, folder: &Path) -> Written {
        Written {
            format: self.format,
            path: self.path(folder),
            sha256: Sha256::of(&self.bytes),
            losses: self.format.losses(),
        }
    }

    /// Writes the digest and then the archive.
    pub fn write(&self, folder: &Path) -> Result<Written> {
        let written = self.described(folder);
        let (name, text) = match &self.digest_file {
            DigestFile::Bare(name) => (name.clone(), format!("{}\n", written.sha256)),
            DigestFile::Named => {
                (format!("{}.sha256", self.file_name), format!("{}  {}\n", written.sha256, self.file_name))
            }
        };
        file::write(&folder.join(name), text.as_bytes(), PUBLIC)?;
        file::write(&written.path, &self.bytes, PUBLIC)?;
        Ok(written)
    }
}

impl fmt::Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\nSHA-256 {}\nnot signed, and without:", self.path.display(), self.sha256)?;
        self.losses.iter().try_for_each(|loss| write!(formatter, "\n- {loss}"))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_its_name() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
            assert_eq!(format.losses().is_empty(), format == Format::Jail);
        }
    }

    #[test]
    fn what_is_not_made_says_why() {
        let refusal = |text: &str| text.parse::<Format>().unwrap_err().to_string();
        assert!(
            refusal("pot").starts_with("no image is made in the format `pot`: pot takes ZFS streams alone")
        );
        assert!(refusal("appjail").contains("env(1)"));
        assert_eq!(refusal("docker"), "`docker` is not a format of images");
    }
}
