//! Where the base system's files come from, and how they are known to be the right ones.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::Serialize;

use super::Mistake;

/// Where the shared objects and the loader come from.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaseSource {
    /// A `base.txz`, whose digest must be known.
    Archive(PathBuf),
    /// A folder that holds a root file system.
    Folder(PathBuf),
    /// This machine's own files.
    Host,
    /// The `base.txz` of a FreeBSD release, which `jailbuild base fetch` gets.
    Release(Release),
}

impl BaseSource {
    /// Accepts `host`, a release, or a path; a relative one is relative to `folder`, that of the school's file.
    ///
    /// # Errors
    /// A [`Mistake`] for what is none of these.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Mistake> {
        if text == "host" {
            return Ok(Self::Host);
        }
        if text.starts_with(|first: char| first.is_ascii_digit()) && !text.contains('/') && !is_archive(text)
        {
            return text.parse().map(Self::Release);
        }
        if is_archive(text) {
            return Ok(Self::Archive(folder.join(text)));
        }
        if text.contains('/') {
            return Ok(Self::Folder(folder.join(text)));
        }
        Err(Mistake::new(
            format!("`{}` is not a base", text.escape_debug()),
            "write `host`, a release such as `15.1`, the path of a `base.txz`, or a folder with a `/` in its path",
        ))
    }
}

impl fmt::Display for BaseSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive(path) => write!(formatter, "archive {}", path.display()),
            Self::Folder(path) => write!(formatter, "folder {}", path.display()),
            Self::Host => formatter.write_str("this machine's own files"),
            Self::Release(release) => write!(formatter, "FreeBSD {release}"),
        }
    }
}

fn is_archive(text: &str) -> bool {
    Path::new(text).extension().is_some_and(|extension| extension == "txz")
}

/// A release of FreeBSD, such as 15.1.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(into = "String")]
pub struct Release {
    /// The 15 of 15.1.
    pub major: u8,
    /// The 1 of 15.1.
    pub minor: u8,
}

impl FromStr for Release {
    type Err = Mistake;

    /// Accepts `15.1` and `15.1-RELEASE`, from 14 on.
    fn from_str(text: &str) -> Result<Self, Mistake> {
        let numbers = text.strip_suffix("-RELEASE").unwrap_or(text).split_once('.');
        let number = |digits: &str| digits.parse::<u8>().ok().filter(|value| value.to_string() == digits);
        let Some((major, minor)) = numbers.and_then(|(major, minor)| number(major).zip(number(minor))) else {
            return Err(Mistake::new(
                format!("`{}` is not a release of FreeBSD", text.escape_debug()),
                "write its two numbers, such as `15.1`",
            ));
        };
        if major < 14 {
            return Err(Mistake::new(
                format!("FreeBSD {major} is at its end of life"),
                "take a release of FreeBSD 14 or 15",
            ));
        }
        Ok(Self { major, minor })
    }
}

impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

impl From<Release> for String {
    fn from(release: Release) -> Self {
        release.to_string()
    }
}

/// The SHA-256 that a `base.txz` must have, as 64 small hexadecimal digits.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct BaseDigest(String);

impl BaseDigest {
    /// Accepts 64 hexadecimal digits.
    ///
    /// # Errors
    /// A [`Mistake`] for all else.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(Mistake::new(
            format!("`{}` is not a SHA-256", text.escape_debug()),
            "write its 64 hexadecimal digits, as `sha256sum` and `sha256 -q` print them",
        ))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_one_of_four() {
        let parse = |text| BaseSource::parse(text, Path::new("/school")).unwrap();
        assert_eq!(parse("host"), BaseSource::Host);
        assert_eq!(parse("15.1"), BaseSource::Release(Release { major: 15, minor: 1 }));
        assert_eq!(parse("14.3-RELEASE"), BaseSource::Release(Release { major: 14, minor: 3 }));
        assert_eq!(parse("base.txz"), BaseSource::Archive("/school/base.txz".into()));
        assert_eq!(parse("15.1.txz"), BaseSource::Archive("/school/15.1.txz".into()));
        assert_eq!(parse("/srv/base.txz"), BaseSource::Archive("/srv/base.txz".into()));
        assert_eq!(parse("./15.1"), BaseSource::Folder("/school/./15.1".into()));
        assert_eq!(parse("/"), BaseSource::Folder("/".into()));
    }

    #[test]
    fn all_else_is_refused() {
        for text in ["", "hots", "15", "15.x", "15.01", "13.5", "15.1.2", "15.1-STABLE"] {
            assert!(BaseSource::parse(text, Path::new("")).is_err(), "{text}");
        }
    }

    #[test]
    fn a_digest_has_64_digits() {
        assert_eq!(BaseDigest::parse(&"Ab".repeat(32)).unwrap().as_str(), "ab".repeat(32));
        for text in ["", "ab", &"g".repeat(64), &"a".repeat(65)] {
            assert!(BaseDigest::parse(text).is_err(), "{text}");
        }
    }
}
