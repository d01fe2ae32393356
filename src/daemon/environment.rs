//! The environment of a build: nothing of the administrator's own that could change the bytes, and every path renamed.

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use super::{SourceDateEpoch, toolchain::Toolchain};
use crate::{
    error::{Error, Result},
    host::command,
    target::Target,
};

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

/// What would otherwise be for the user's `config.toml` in `CARGO_HOME` to say: the environment comes before it. The profile is that of
/// `Cargo.toml`, with everything that it leaves to a default. What no variable can take back is that file's `[env]`, and what it says of
/// one package's profile. No other file of the kind is read, for cargo is run in `/`.
const PINNED: [(&str, &str); 13] = [
    ("CARGO_INCREMENTAL", "0"),
    ("CARGO_PROFILE_APPLIANCE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_APPLIANCE_DEBUG", "false"),
    ("CARGO_PROFILE_APPLIANCE_DEBUG_ASSERTIONS", "false"),
    ("CARGO_PROFILE_APPLIANCE_LTO", "fat"),
    ("CARGO_PROFILE_APPLIANCE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_APPLIANCE_OVERFLOW_CHECKS", "false"),
    ("CARGO_PROFILE_APPLIANCE_PANIC", "abort"),
    ("CARGO_PROFILE_APPLIANCE_RPATH", "false"),
    ("CARGO_PROFILE_APPLIANCE_STRIP", "symbols"),
    ("LC_ALL", "C"),
    // An empty name is no wrapper.
    ("RUSTC_WORKSPACE_WRAPPER", ""),
    ("RUSTC_WRAPPER", ""),
];

/// What separates the words of `CARGO_ENCODED_RUSTFLAGS`.
const UNIT_SEPARATOR: &str = "\u{1f}";

/// The system's own C compiler, which is also what links.
pub(super) const CC: &str = "cc";

/// A folder of this machine, and the name that stands for it in what is built.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Renamed {
    pub(super) from: PathBuf,
    pub(super) to: String,
}

/// The folders whose names would otherwise be compiled in, the more special after the more general ones.
pub(super) fn renamed(workspace: &Path, target_folder: &Path, toolchain: &Toolchain) -> Result<Vec<Renamed>> {
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
        check(&from)?;
        // Compilers may name a folder as it was given to them, or as it is once its links are followed.
        let canonical = from.canonicalize().ok().filter(|canonical| *canonical != from);
        renamed.extend(canonical.into_iter().chain([from]).map(|from| Renamed { from, to: to.to_owned() }));
    }
    Ok(renamed)
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
    for (name, value) in PINNED {
        set(name, value.into());
    }
    set("PATH", path(toolchain));
    set("RUSTC", toolchain.compiler.rustc.clone().into());
    set("SOURCE_DATE_EPOCH", time.seconds().to_string().into());
    let triple = target.triple().replace('-', "_");
    // Of the target alone: the C in build scripts is for this machine, and does not go into the daemon.
    set(&format!("CFLAGS_{triple}"), c_flags(renamed).into());
    set("CC_SHELL_ESCAPED_FLAGS", "1".into());
    match &toolchain.zig {
        // cargo-zigbuild names itself as the linker.
        Some(zig) => set("CARGO_ZIGBUILD_ZIG_PATH", zig.zig.clone().into()),
        None => set(&format!("CARGO_TARGET_{}_LINKER", triple.to_uppercase()), CC.into()),
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

/// In one string that the crate `cc` takes apart again as a shell would: the name of a folder may have a space in it.
fn c_flags(renamed: &[Renamed]) -> String {
    let flag = |folder: &Renamed| format!("-ffile-prefix-map={}={}", folder.from.display(), folder.to);
    renamed.iter().map(|folder| command::quoted(OsStr::new(&flag(folder)))).collect::<Vec<_>>().join(" ")
}

/// Refuses what a compiler would misunderstand in the name of a folder: it takes `=` for the end of a name that it is to rename, as
/// execvp(3) and ld.so(8) take `:` for the end of a folder in a list.
fn check(folder: &Path) -> Result<()> {
    let misunderstood = |letter: char| "=:".contains(letter) || letter.is_control();
    if folder.to_str().is_some_and(|name| !name.contains(misunderstood)) {
        return Ok(());
    }
    Err(Error::host(
        format_args!("compilers would misunderstand the name of the folder `{}`", folder.display()),
        "build in a folder whose path is UTF-8, without `=`, `:` and control characters",
    ))
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
        assert_eq!(c_flags(&renamed), "-ffile-prefix-map=/home/me/jailbuild=/jailbuild");
    }

    #[test]
    fn a_folder_with_a_space_is_one_flag() {
        let spaced = Renamed { from: "/home/the head's, own".into(), to: "/jailbuild".into() };
        let plain = Renamed { from: "/cargo".into(), to: "/cargo".into() };
        assert_eq!(
            c_flags(&[spaced, plain]),
            r"'-ffile-prefix-map=/home/the head'\''s, own=/jailbuild' -ffile-prefix-map=/cargo=/cargo"
        );
    }

    #[test]
    fn a_name_that_compilers_misunderstand_is_refused_early() {
        assert!(check(Path::new("/home/the head's, own")).is_ok());
        for name in ["/a=b", "/a:b", "/a\nb", "/a\u{1f}b"] {
            assert_eq!(check(Path::new(name)).expect_err(name).exit_code(), 6);
        }
    }

    #[test]
    fn the_pinned_profile_is_that_of_the_workspace() {
        let manifest: toml::Table = include_str!("../../Cargo.toml").parse().expect("it is TOML");
        for (key, value) in manifest["profile"]["appliance"].as_table().expect("it is a table") {
            let name = format!("CARGO_PROFILE_APPLIANCE_{}", key.to_uppercase().replace('-', "_"));
            let pinned = PINNED.iter().find(|(pinned, _)| *pinned == name);
            let value = value.to_string();
            assert!(
                key == "inherits" || pinned.is_some_and(|(_, own)| *own == value.trim_matches('"')),
                "{key}"
            );
        }
    }
}
