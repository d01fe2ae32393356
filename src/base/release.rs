//! FreeBSD's releases, and the digests of their base.txz that are committed with the project.

use std::{fmt, str::FromStr, sync::LazyLock};

use crate::{
    digest::Sha256,
    error::{Error, Result},
    target::Machine,
};

const TABLE: &str = include_str!("../../pkg-lists/base-digests.tsv");

/// FreeBSD 13 came to its end of life in April 2026.
const OLDEST: u16 = 14;

static KNOWN: LazyLock<Vec<KnownArchive>> =
    LazyLock::new(|| parse(TABLE).expect("a test parses the table that is compiled in"));

/// A release of FreeBSD, such as 15.1.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Release {
    major: u16,
    minor: u16,
}

/// A base.txz whose digest is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KnownArchive {
    /// The processor that it is for.
    pub machine: Machine,
    /// The release that it belongs to.
    pub release: Release,
    /// The digest of the whole file.
    pub sha256: Sha256,
}

/// Every base.txz whose digest is known, in the table's order.
pub fn known_archives() -> &'static [KnownArchive] {
    &KNOWN
}

impl Release {
    /// This release's base.txz for a machine, if its digest is known.
    pub fn archive(self, machine: Machine) -> Result<&'static KnownArchive> {
        let of_machine = || KNOWN.iter().filter(|known| known.machine == machine);
        of_machine().find(|known| known.release == self).ok_or_else(|| {
            let releases: Vec<String> = of_machine().map(|known| known.release.to_string()).collect();
            Error::configuration(
                format_args!("no digest is known for the base of FreeBSD {self} for {}", folder_of(machine)),
                format_args!(
                    "choose one of `{}`, or name the file and vouch for it: `--base FILE.txz --base-sha256 DIGEST`",
                    releases.join("`, `")
                ),
            )
        })
    }
}

impl KnownArchive {
    /// Where FreeBSD publishes it.
    pub fn url(&self) -> String {
        format!(
            "https://download.freebsd.org/releases/{}/{}-RELEASE/base.txz",
            folder_of(self.machine),
            self.release
        )
    }

    /// What it is called in the cache, where archives of several releases lie side by side.
    pub fn file_name(&self) -> String {
        format!("base-{}-RELEASE-{}.txz", self.release, folder_of(self.machine).replace('/', "-"))
    }
}

impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Release {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = |part: &str| {
            part.bytes().all(|digit| digit.is_ascii_digit()).then(|| part.parse().ok()).flatten()
        };
        let parsed = text
            .strip_suffix("-RELEASE")
            .unwrap_or(text)
            .split_once('.')
            .and_then(|(major, minor)| Some(Self { major: number(major)?, minor: number(minor)? }));
        let release = parsed.ok_or_else(|| {
            Error::configuration(
                format_args!("`{}` is not a release of FreeBSD", text.escape_debug()),
                "write its two numbers, such as `15.1`",
            )
        })?;
        if release.major < OLDEST {
            return Err(Error::configuration(
                format_args!("FreeBSD {} is at its end of life", release.major),
                "take a release of FreeBSD 14 or 15",
            ));
        }
        Ok(release)
    }
}

/// A machine's folder on FreeBSD's mirrors.
const fn folder_of(machine: Machine) -> &'static str {
    match machine {
        Machine::Aarch64 => "arm64/aarch64",
        Machine::X86_64 => "amd64/amd64",
    }
}

fn parse(table: &str) -> Result<Vec<KnownArchive>> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(parse_row).collect()
}

fn parse_row(row: &str) -> Result<KnownArchive> {
    let malformed = || Error::failed(format_args!("malformed row in the table of base digests: `{row}`"));
    let [machine, architecture, release, sha256] =
        row.split('\t').collect::<Vec<_>>().try_into().map_err(|_| malformed())?;
    let machine = match (machine, architecture) {
        ("amd64", "amd64") => Machine::X86_64,
        ("arm64", "aarch64") => Machine::Aarch64,
        _ => return Err(malformed()),
    };
    Ok(KnownArchive { machine, release: release.parse()?, sha256: sha256.parse()? })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn the_committed_table_parses_and_no_row_stands_twice() {
        let known = parse(TABLE).unwrap();
        assert_eq!(known.len(), 9);
        for (index, one) in known.iter().enumerate() {
            assert!(known[index + 1..].iter().all(|other| other.sha256 != one.sha256));
            assert!(known[index + 1..].iter().all(|other| other.file_name() != one.file_name()));
        }
    }

    #[test]
    fn a_release_is_found_with_its_address() {
        let known = "15.1".parse::<Release>().unwrap().archive(Machine::Aarch64).unwrap();
        assert_eq!(known.url(), "https://download.freebsd.org/releases/arm64/aarch64/15.1-RELEASE/base.txz");
        assert_eq!(known.file_name(), "base-15.1-RELEASE-arm64-aarch64.txz");
    }

    #[test]
    fn an_unknown_release_is_refused_with_those_that_are_known() {
        let failure = "14.2".parse::<Release>().unwrap().archive(Machine::Aarch64).unwrap_err();
        assert_eq!(failure.to_string(), "no digest is known for the base of FreeBSD 14.2 for arm64/aarch64");
        assert_eq!(failure.exit_code(), 3);
    }

    #[test]
    fn a_release_has_two_numbers() {
        for text in ["15", "15.", ".1", "15.1.2", "15.1-STABLE", "+15.1", "15.x"] {
            assert!(text.parse::<Release>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_malformed_row_is_named() {
        let failure = parse("amd64\tamd64\t15.1-RELEASE").unwrap_err();
        assert_eq!(
            failure.to_string(),
            "malformed row in the table of base digests: `amd64\tamd64\t15.1-RELEASE`"
        );
    }
}
