//! The environment of a build: nothing of the administrator's own that could change the bytes, and every path renamed.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::{SourceDateEpoch, toolchain::Toolchain};
use crate::target::Target;

/// What is passed on by name, for it says where things are or how the network is reached, but not what is built.
/// All else is withheld, `RUSTFLAGS`, `CFLAGS`, `CC` and `CARGO_BUILD_*` included.
const PASSED_ON: [&str; 17] = [
    "ALL_PROXY",
    "CARGO_BUILD_JOBS",
    "CARGO_HOME",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "PATH",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// The same, by how the name starts: how cargo reaches its registries.
const PASSED_ON_PREFIXES: [&str; 4] = ["CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTRIES_", "CARGO_SOURCE_"];

/// What separates the words of `CARGO_ENCODED_RUSTFLAGS`.
const UNIT_SEPARATOR: &str = "\u{1f}";

/// A folder of this machine, and the name that stands for it in what is built.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Renamed {
    pub(super) from: PathBuf,
    pub(super) to: String,
}

/// The folders whose names would otherwise be compiled in, the more special after the more general ones.
pub(super) fn renamed(workspace: &Path, target_folder: &Path, toolchain: &Toolchain) -> Vec<Renamed> {
    let source = toolchain.compiler.source();
    // What the compiler itself calls the source of a standard library that ships with it.
    let rustc = format!("/rustc/{}", toolchain.compiler.commit);
    let mut renamed = Vec::new();
    for (folder, to) in [
        (cargo_home(), "/cargo"),
        (Some(workspace.to_owned()), "/jailbuild"),
        (Some(target_folder.to_owned()), "/target"),
        (Some(source), rustc.as_str()),
    ] {
        let Some(from) = folder else { continue };
        // Compilers may name a folder as it was given to them, or as it is once its links are followed.
        let canonical = from.canonicalize().ok().filter(|canonical| *canonical != from);
        renamed.extend(canonical.into_iter().chain([from]).map(|from| Renamed { from, to: to.to_owned() }));
    }
    renamed
}

/// Every variable that the build sees.
pub(super) fn variables(
    target: Target,
    toolchain: &Toolchain,
    renamed: &[Renamed],
    time: SourceDateEpoch,
) -> BTreeMap<OsString, OsString> {
    let mut variables: BTreeMap<OsString, OsString> =
        env::vars_os().filter(|(name, _)| is_passed_on(&name.to_string_lossy())).collect();
    let mut set = |name: &str, value: OsString| drop(variables.insert(name.into(), value));
    set("CARGO", toolchain.compiler.cargo.clone().into());
    set("CARGO_ENCODED_RUSTFLAGS", rust_flags(renamed).join(UNIT_SEPARATOR).into());
    set("CARGO_INCREMENTAL", "0".into());
    set("LC_ALL", "C".into());
    set("PATH", path(toolchain));
    set("RUSTC", toolchain.compiler.rustc.clone().into());
    set("SOURCE_DATE_EPOCH", time.seconds().to_string().into());
    // Of the target alone: the C in build scripts is for this machine, and does not go into the daemon.
    set(&format!("CFLAGS_{}", target.triple().replace('-', "_")), c_flags(renamed).join(" ").into());
    if let Some(zig) = &toolchain.zig {
        set("CARGO_ZIGBUILD_ZIG_PATH", zig.zig.clone().into());
    }
    if toolchain.builds_std {
        // -Zbuild-std is not stable yet; this is how a stable compiler is told that one knows.
        set("RUSTC_BOOTSTRAP", "1".into());
    }
    variables
}

fn rust_flags(renamed: &[Renamed]) -> Vec<String> {
    let paths =
        renamed.iter().map(|folder| format!("--remap-path-prefix={}={}", folder.from.display(), folder.to));
    let hardened = ["-Crelro-level=full", "-Clink-arg=-Wl,--build-id=none"].map(str::to_owned);
    paths.chain(hardened).collect()
}

fn c_flags(renamed: &[Renamed]) -> Vec<String> {
    renamed
        .iter()
        .map(|folder| format!("-ffile-prefix-map={}={}", folder.from.display(), folder.to))
        .collect()
}

/// The search path, with the chosen compiler in front of any other.
fn path(toolchain: &Toolchain) -> OsString {
    let own = toolchain.compiler.cargo.parent().map(Path::to_owned);
    let inherited = env::var_os("PATH").unwrap_or_default();
    env::join_paths(own.into_iter().chain(env::split_paths(&inherited))).unwrap_or(inherited)
}

fn is_passed_on(name: &str) -> bool {
    PASSED_ON.contains(&name) || PASSED_ON_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn cargo_home() -> Option<PathBuf> {
    let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_change_the_bytes_is_withheld() {
        for name in
            ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CFLAGS", "CC", "RUSTC_WRAPPER", "CARGO_BUILD_RUSTFLAGS"]
        {
            assert!(!is_passed_on(name), "{name}");
        }
        assert!(is_passed_on("HOME") && is_passed_on("CARGO_NET_OFFLINE"));
    }

    #[test]
    fn paths_are_renamed_for_rust_and_for_c() {
        let renamed = [Renamed { from: "/home/me/jailbuild".into(), to: "/jailbuild".into() }];
        assert_eq!(rust_flags(&renamed)[0], "--remap-path-prefix=/home/me/jailbuild=/jailbuild");
        assert_eq!(c_flags(&renamed), ["-ffile-prefix-map=/home/me/jailbuild=/jailbuild"]);
    }
}
