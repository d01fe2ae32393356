//! Which crates are in the daemon: what cargo says it links, with the digests that `Cargo.lock` pins.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::Deserialize;

use super::Crate;
use crate::{
    digest::Sha256,
    error::{Context as _, Error, Result},
    host::{command::Command, file},
    target::Target,
};

/// What stands between the parts of a line that cargo is asked to print.
const SEPARATOR: char = '\t';

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

/// The crates that are compiled into a package for a target; macros and build scripts, which run on the machine that builds, are not.
pub(super) fn crates(cargo: Command, workspace: &Path, package: &str, target: Target) -> Result<Vec<Crate>> {
    let lock = file::read_text(&workspace.join("Cargo.lock"))?;
    let format = format!("{{p}}{SEPARATOR}{{l}}{SEPARATOR}");
    let tree = cargo
        .args(["tree", "--manifest-path"])
        .arg(workspace.join("Cargo.toml"))
        .args(["--locked", "--package", package, "--edges", "normal,no-proc-macro", "--prefix", "none"])
        .args(["--target", target.triple(), "--format", &format])
        .read()
        .doing("list the crates of the daemon")?;
    parse(&tree, &lock)
}

fn parse(tree: &str, lock: &str) -> Result<Vec<Crate>> {
    let lock: Lock = toml::from_str(lock).doing("read `Cargo.lock`")?;
    let checksums: BTreeMap<(&str, &str), Option<Sha256>> =
        lock.package.iter().map(|package| ((&*package.name, &*package.version), package.checksum)).collect();
    let crates: BTreeSet<Crate> =
        tree.lines().map(|line| parse_line(line, &checksums)).collect::<Result<_>>()?;
    Ok(crates.into_iter().collect())
}

/// A line such as `ring v0.17.14⇥Apache-2.0 AND ISC⇥ (*)`.
fn parse_line(line: &str, checksums: &BTreeMap<(&str, &str), Option<Sha256>>) -> Result<Crate> {
    let malformed = || Error::failed(format_args!("cannot make sense of the line `{line}` of `cargo tree`"));
    let mut parts = line.split(SEPARATOR);
    let mut words = parts.next().ok_or_else(malformed)?.split(' ');
    let name = words.next().ok_or_else(malformed)?;
    let version = words.next().and_then(|word| word.strip_prefix('v')).ok_or_else(malformed)?;
    let license = parts.next().filter(|license| !license.is_empty());
    let sha256 = checksums.get(&(name, version)).ok_or_else(|| {
        Error::failed(format_args!("`{name}` {version} is in the daemon, but not in `Cargo.lock`"))
    })?;
    Ok(Crate {
        name: name.to_owned(),
        version: version.to_owned(),
        license: license.map(str::to_owned),
        sha256: *sha256,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n[[package]]\nname = \"ring\"\nversion = \"0.17.14\"\n\
        source = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
        checksum = \"a4689e6c2294d81e88dc6261c768b63bc4fcdb852be6d1352498b114f61383b7\"\n\
        [[package]]\nname = \"xmppd\"\nversion = \"0.1.0\"\n";

    #[test]
    fn lines_are_sorted_and_none_stands_twice() {
        let tree =
            "xmppd v0.1.0 (/src/xmppd)\tMIT OR Apache-2.0\t\nring v0.17.14\tISC\t\nring v0.17.14\tISC\t (*)";
        let crates = parse(tree, LOCK).unwrap();
        let names: Vec<&str> = crates.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(names, ["ring", "xmppd"]);
        assert_eq!(crates[0].license.as_deref(), Some("ISC"));
        assert!(crates[0].sha256.is_some() && crates[1].sha256.is_none());
    }

    #[test]
    fn a_crate_that_the_lock_does_not_pin_is_an_error() {
        let failure = parse("left-pad v1.0.0\tMIT\t", LOCK).unwrap_err();
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
