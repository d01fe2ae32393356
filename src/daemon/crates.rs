//! Which crates are in the daemon: what cargo says it links, with the digests that `Cargo.lock` pins.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::Deserialize;

use crate::{
    digest::Sha256,
    error::{Context as _, Error, Result},
    host::{command::Command, file},
    target::Target,
};

/// What stands between the parts of a line that cargo is asked to print.
const SEPARATOR: char = '\t';

/// A crate that is in the daemon.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where cargo had it from.
    pub origin: Origin,
    /// Its licence, as an SPDX expression, where that is known.
    pub license: Option<String>,
    /// The digest of the archive that crates.io has of it, where that is known.
    pub sha256: Option<Sha256>,
    /// The crates that it uses: their places in the list that it stands in.
    pub dependencies: Vec<usize>,
    /// Whether it is the daemon's own.
    pub root: bool,
}

/// Where cargo had a crate from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// The registry that all use.
    CratesIo,
    /// A member of the workspace.
    Local,
    /// Anywhere else.
    Other,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    checksum: Option<Sha256>,
}

/// The name and the version of a crate.
type Key = (String, String);

/// The crates that are compiled into a package for a target, sorted; macros and build scripts, which run on the machine that builds, are not.
pub(super) fn crates(cargo: Command, workspace: &Path, package: &str, target: Target) -> Result<Vec<Crate>> {
    let lock = file::read_text(&workspace.join("Cargo.lock"))?;
    let format = format!("{{p}}{SEPARATOR}{{l}}{SEPARATOR}");
    let tree = cargo
        .args(["tree", "--manifest-path"])
        .arg(workspace.join("Cargo.toml"))
        .args(["--locked", "--package", package, "--edges", "normal,no-proc-macro", "--prefix", "depth"])
        .args(["--target", target.triple(), "--format", &format])
        .read()
        .doing("list the crates of the daemon")?;
    parse(&tree, &lock)
}

fn parse(tree: &str, lock: &str) -> Result<Vec<Crate>> {
    let lock: Lock = toml::from_str(lock).doing("read `Cargo.lock`")?;
    let checksums: BTreeMap<Key, Option<Sha256>> =
        lock.package.into_iter().map(|package| ((package.name, package.version), package.checksum)).collect();
    let mut found: BTreeMap<Key, (Crate, BTreeSet<Key>)> = BTreeMap::new();
    let mut above: Vec<Key> = Vec::new();
    for line in tree.lines() {
        let (depth, package) = parse_line(line, &checksums)?;
        let key = (package.name.clone(), package.version.clone());
        above.truncate(depth);
        if let Some((_, dependencies)) = above.last().and_then(|user| found.get_mut(user)) {
            dependencies.insert(key.clone());
        }
        above.push(key.clone());
        found.entry(key).or_insert((package, BTreeSet::new()));
    }
    Ok(linked(found))
}

/// The crates in the order of their names, each with the places of those that it uses.
fn linked(found: BTreeMap<Key, (Crate, BTreeSet<Key>)>) -> Vec<Crate> {
    let places: BTreeMap<Key, usize> = found.keys().cloned().zip(0..).collect();
    let places_of = |keys: BTreeSet<Key>| keys.iter().filter_map(|key| places.get(key).copied()).collect();
    found
        .into_values()
        .map(|(package, dependencies)| Crate { dependencies: places_of(dependencies), ..package })
        .collect()
}

/// A line such as `3ring v0.17.14⇥Apache-2.0 AND ISC⇥ (*)`, with how deep in the tree it stands; no crate's name begins with a digit.
fn parse_line(line: &str, checksums: &BTreeMap<Key, Option<Sha256>>) -> Result<(usize, Crate)> {
    let malformed = || Error::failed(format_args!("cannot make sense of the line `{line}` of `cargo tree`"));
    let digits = line.len() - line.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let depth = line[..digits].parse().map_err(|_| malformed())?;
    let mut parts = line[digits..].split(SEPARATOR);
    let mut words = parts.next().ok_or_else(malformed)?.split(' ');
    let name = words.next().ok_or_else(malformed)?.to_owned();
    let version = words.next().and_then(|word| word.strip_prefix('v')).ok_or_else(malformed)?.to_owned();
    let origin = match words.next() {
        None => Origin::CratesIo,
        Some(place) if place.starts_with("(/") => Origin::Local,
        Some(_) => Origin::Other,
    };
    let license = parts.next().filter(|license| !license.is_empty()).map(str::to_owned);
    let key = (name, version);
    let sha256 = *checksums.get(&key).ok_or_else(|| {
        Error::failed(format_args!("`{}` {} is in the daemon, but not in `Cargo.lock`", key.0, key.1))
    })?;
    let (name, version) = key;
    let package =
        Crate { name, version, origin, license, sha256, dependencies: Vec::new(), root: depth == 0 };
    Ok((depth, package))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n[[package]]\nname = \"ring\"\nversion = \"0.17.14\"\n\
        source = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
        checksum = \"a4689e6c2294d81e88dc6261c768b63bc4fcdb852be6d1352498b114f61383b7\"\n\
        [[package]]\nname = \"untrusted\"\nversion = \"0.9.0\"\n\
        checksum = \"a4689e6c2294d81e88dc6261c768b63bc4fcdb852be6d1352498b114f61383b7\"\n\
        [[package]]\nname = \"xmppd\"\nversion = \"0.1.0\"\n";

    #[test]
    fn lines_are_sorted_and_none_stands_twice_and_who_uses_whom_is_known() {
        let tree = "0xmppd v0.1.0 (/src/xmppd)\tMIT OR Apache-2.0\t\n1untrusted v0.9.0\tISC\t\n1ring v0.17.14\tISC\t\n\
                    2untrusted v0.9.0\tISC\t\n1ring v0.17.14\tISC\t (*)";
        let crates = parse(tree, LOCK).unwrap();
        let seen: Vec<_> =
            crates.iter().map(|package| (&*package.name, package.origin, &*package.dependencies)).collect();
        assert_eq!(
            seen,
            [
                ("ring", Origin::CratesIo, &[1][..]),
                ("untrusted", Origin::CratesIo, &[]),
                ("xmppd", Origin::Local, &[0, 1]),
            ]
        );
        assert_eq!(crates[0].license.as_deref(), Some("ISC"));
        assert!(crates[0].sha256.is_some() && crates[2].sha256.is_none());
        assert!(crates[2].root && !crates[0].root);
    }

    #[test]
    fn a_crate_that_the_lock_does_not_pin_is_an_error() {
        let failure = parse("0left-pad v1.0.0\tMIT\t", LOCK).unwrap_err();
        assert_eq!(failure.to_string(), "`left-pad` 1.0.0 is in the daemon, but not in `Cargo.lock`");
        assert!(parse("warning: something", LOCK).is_err());
    }

    #[test]
    fn the_daemon_of_this_workspace_has_its_crates_listed() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR"));
        let cargo = Command::new(env!("CARGO")).directory("/").variable("CARGO_NET_OFFLINE", "true");
        let crates = crates(cargo, workspace, "xmppd", Target::host().unwrap()).unwrap();
        let has = |name| crates.iter().any(|package| package.name == name);
        assert!(has("rustls") && has("libsqlite3-sys"));
        assert!(!has("serde_derive") && !has("cc") && !has("proptest"));
    }
}
