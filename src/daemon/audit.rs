//! What a daemon says of itself: the list of its crates, in a section that cargo-auditable defines and its readers know.
//!
//! The list is zlib over JSON (`PARSING.md` of cargo-auditable). It travels with the program, so that whoever is handed one can
//! hold its crates against advisories: `cargo audit bin xmppd`.

use std::io::{Read as _, Write as _};

use auditable_serde::{DependencyKind, Package, Source, VersionInfo};
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};

use super::crates::{Crate, Origin};
use crate::{
    elf::section::{section, with_section},
    error::{Context as _, Error, Result},
};

/// The name of the section.
const SECTION: &str = ".dep-v0";

/// The revision of the format in which macros do not count as parts of a program.
const FORMAT: u32 = 1;

/// No list is longer: what is has been made to fill the memory.
const LONGEST_LIST: u64 = 8 << 20;

/// The same program with the list of its crates in it.
pub(super) fn embed(program: &[u8], crates: &[Crate]) -> Result<Vec<u8>> {
    let packages = crates.iter().map(package).collect::<Result<_>>()?;
    let json = serde_json::to_vec(&VersionInfo { packages, format: FORMAT }).doing(EMBED)?;
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&json).doing(EMBED)?;
    let list = encoder.finish().doing(EMBED)?;
    with_section(program, SECTION, &list).doing(EMBED)
}

const EMBED: &str = "write the list of crates into the daemon";

/// The crates that a program says are in it; `None` where it says nothing.
pub fn crates_in(program: &[u8]) -> Result<Option<Vec<Crate>>> {
    let Some(list) = section(program, SECTION).doing(READ)? else { return Ok(None) };
    let mut json = Vec::new();
    ZlibDecoder::new(list).take(LONGEST_LIST).read_to_end(&mut json).doing(READ)?;
    let VersionInfo { packages, .. } = serde_json::from_slice(&json).doing(READ)?;
    linked(packages).map(Some)
}

/// The crates that are in the program: those that only build it, which cargo-auditable lists too, are left out.
fn linked(packages: Vec<Package>) -> Result<Vec<Crate>> {
    let mut count = 0..;
    let is_in = |package: &Package| package.kind == DependencyKind::Runtime;
    let places: Vec<Option<usize>> =
        packages.iter().map(|package| is_in(package).then(|| count.next()).flatten()).collect();
    packages.into_iter().filter(is_in).map(|package| described(package, &places)).collect()
}

const READ: &str = "read the list of crates in the daemon";

fn package(described: &Crate) -> Result<Package> {
    Ok(Package {
        name: described.name.clone(),
        version: described.version.parse().doing(EMBED)?,
        source: match described.origin {
            Origin::CratesIo => Source::CratesIo,
            Origin::Local => Source::Local,
            Origin::Other => Source::Registry,
        },
        kind: DependencyKind::Runtime,
        dependencies: described.dependencies.clone(),
        root: described.root,
    })
}

/// What a list says of a crate, which is less than cargo knows. `places` says where the packages of the list stand in ours.
fn described(package: Package, places: &[Option<usize>]) -> Result<Crate> {
    let place = |index: &usize| {
        let unknown =
            || Error::failed(format_args!("cannot {READ}: one uses another that is not on the list"));
        places.get(*index).copied().ok_or_else(unknown)
    };
    let dependencies: Vec<Option<usize>> = package.dependencies.iter().map(place).collect::<Result<_>>()?;
    Ok(Crate {
        name: package.name,
        version: package.version.to_string(),
        origin: match package.source {
            Source::CratesIo => Origin::CratesIo,
            Source::Local => Origin::Local,
            _ => Origin::Other,
        },
        license: None,
        sha256: None,
        dependencies: dependencies.into_iter().flatten().collect(),
        root: package.root,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::{elf::specimen::Specimen, image::fixture};

    fn with_list(json: &str) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(json.as_bytes()).unwrap();
        with_section(&Specimen::freebsd().bytes(), SECTION, &encoder.finish().unwrap()).unwrap()
    }

    #[test]
    fn the_list_is_read_back_without_what_it_does_not_hold() {
        let crates = fixture::crates();
        let read = crates_in(&embed(&Specimen::freebsd().bytes(), &crates).unwrap()).unwrap().unwrap();
        let known = |package: &Crate| Crate { license: None, sha256: None, ..package.clone() };
        assert_eq!(read, crates.iter().map(known).collect::<Vec<_>>());
    }

    #[test]
    fn a_program_without_a_list_says_nothing() {
        assert_eq!(crates_in(&Specimen::freebsd().bytes()).unwrap(), None);
    }

    #[test]
    fn what_cargo_auditable_itself_writes_is_read() {
        let list = r#"{"packages":[{"name":"adler","version":"0.2.3","source":"crates.io"},
            {"name":"cc","version":"1.0.0","source":"crates.io","kind":"build"},
            {"name":"x","version":"1.0.0","source":"local","dependencies":[0,1],"root":true}],"format":1}"#;
        let crates = crates_in(&with_list(list)).unwrap().unwrap();
        assert_eq!(crates.iter().map(|package| &*package.name).collect::<Vec<_>>(), ["adler", "x"]);
        assert_eq!(crates[1].dependencies, [0]);
    }

    #[test]
    fn a_list_that_makes_no_sense_is_an_error() {
        let package = |more: &str| {
            format!(r#"{{"packages":[{{"name":"x","version":"1.0.0","source":"local"{more}}}]}}"#)
        };
        assert!(crates_in(&with_list(&package(""))).is_ok());
        for more in [r#","dependencies":[1]"#, r#","dependencies":[0]"#, r#","version":"?""#] {
            assert!(crates_in(&with_list(&package(more))).is_err(), "{more}");
        }
        assert!(crates_in(&with_list("")).is_err());
        assert!(crates_in(&with_section(&Specimen::freebsd().bytes(), SECTION, b"junk").unwrap()).is_err());
    }
}
