//! Which compiler, standard library and linker this machine has for a target.
//!
//! A target of another system can be built for in two ways. Where the compiler has that target's standard library (`rustup target add`),
//! it is taken as it is; where it has the library's source instead (`rust-src`), the library is compiled along. Either way, zig
//! brings the other system's linker, headers and C library stubs, and cargo-zigbuild puts it to use.

use std::path::{Path, PathBuf};

use crate::{
    error::{Error, Result},
    host::command::{self, Command},
    target::Target,
};

/// Where compilers are run: rustup and cargo look for settings in the folders above the one that they are started in, and here are none.
pub(super) const NEUTRAL: &str = "/";

/// What is needed to build the daemon for one target.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Toolchain {
    /// The compiler.
    pub compiler: Compiler,
    /// Whether the standard library is compiled along.
    pub builds_std: bool,
    /// The linker of another system; `None` where the system's own does.
    pub zig: Option<Zig>,
}

/// A rustc, with the cargo beside it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Compiler {
    /// cargo(1)
    pub cargo: PathBuf,
    /// rustc(1)
    pub rustc: PathBuf,
    /// `rustc 1.95.0 (…)`
    pub version: String,
    /// The commit that it was built from, by which its sources are known.
    pub commit: String,
    /// Where its libraries are.
    pub sysroot: PathBuf,
    /// Whether it has the target's standard library.
    pub has_std: bool,
}

/// zig, and what makes cargo use it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Zig {
    /// `zig`
    pub zig: PathBuf,
    /// `cargo-zigbuild`
    pub cargo_zigbuild: PathBuf,
    /// What `zig version` prints.
    pub version: String,
}

/// What was found here for one target.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Survey {
    /// The target.
    pub target: Target,
    /// Whether this machine is of that target itself.
    pub is_host: bool,
    /// Every pair of cargo and rustc in `PATH`, in its order.
    pub compilers: Vec<Compiler>,
    /// zig, if it is here and the target another system.
    pub zig: Option<PathBuf>,
    /// cargo-zigbuild, ditto.
    pub cargo_zigbuild: Option<PathBuf>,
}

impl Compiler {
    /// Where the source of the standard library is, or would be.
    pub fn source(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/src/rust")
    }

    /// Whether it can compile the standard library.
    pub fn has_source(&self) -> bool {
        self.source().join("library/std/Cargo.toml").is_file()
    }

    fn ask(folder: &Path, target: Target) -> Option<Self> {
        let (cargo, rustc) = (folder.join("cargo"), folder.join("rustc"));
        let say = |arguments: &[&str]| Command::new(&rustc).args(arguments).directory(NEUTRAL).read().ok();
        let verbose = say(&["--version", "--verbose"])?;
        let commit = verbose.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown");
        let libraries = PathBuf::from(say(&["--print", "target-libdir", "--target", target.triple()])?);
        Some(Self {
            version: verbose.lines().next()?.to_owned(),
            commit: commit.to_owned(),
            sysroot: say(&["--print", "sysroot"])?.into(),
            has_std: has_standard_library(&libraries),
            cargo,
            rustc,
        })
    }
}

impl Survey {
    /// Looks around.
    pub fn of(target: Target) -> Self {
        let mut folders: Vec<PathBuf> = Vec::new();
        for cargo in command::find_all("cargo") {
            let folder = cargo.parent().unwrap_or(Path::new("/")).to_owned();
            // Where /bin is a link to /usr/bin, the two are one.
            let folder = folder.canonicalize().unwrap_or(folder);
            if folder.join("rustc").exists() && !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        let is_host = Target::host().is_ok_and(|host| host == target);
        let unless_host = |program: fn() -> Option<PathBuf>| if is_host { None } else { program() };
        Self {
            target,
            is_host,
            compilers: folders.iter().filter_map(|folder| Compiler::ask(folder, target)).collect(),
            zig: unless_host(|| command::find("zig").or_else(|| from_python(ZIG_OF_PYTHON))),
            cargo_zigbuild: unless_host(|| {
                command::find("cargo-zigbuild").or_else(|| from_python(ZIGBUILD_OF_PYTHON))
            }),
        }
    }

    /// The first compiler that has the target's standard library.
    pub fn with_std(&self) -> Option<&Compiler> {
        self.compilers.iter().find(|compiler| compiler.has_std)
    }

    /// The first compiler that can compile the standard library.
    pub fn with_source(&self) -> Option<&Compiler> {
        self.compilers.iter().find(|compiler| compiler.has_source())
    }

    /// The best way that is open, or what is missing for it.
    pub fn toolchain(&self) -> Result<Toolchain> {
        let zig = if self.is_host { None } else { Some(self.usable_zig()?) };
        match (self.with_std(), self.with_source()) {
            (Some(compiler), _) => Ok(Toolchain { compiler: compiler.clone(), builds_std: false, zig }),
            (None, Some(compiler)) => Ok(Toolchain { compiler: compiler.clone(), builds_std: true, zig }),
            (None, None) => Err(Error::host(
                format_args!("no compiler here has the standard library of `{}`, or its source", self.target),
                self.compiler_hint(),
            )),
        }
    }

    /// What to type for a compiler that can build for the target.
    pub fn compiler_hint(&self) -> String {
        if self.is_host {
            return "install Rust: https://rustup.rs, `pkg install rust` on FreeBSD".to_owned();
        }
        format!(
            "`rustup target add {0}` (or, for a target that rustup has no library of, `rustup component add rust-src`), \
             or on Debian `apt install rustc-web cargo-web rust-web-src`",
            self.target
        )
    }

    fn usable_zig(&self) -> Result<Zig> {
        let (Some(zig), Some(cargo_zigbuild)) = (&self.zig, &self.cargo_zigbuild) else {
            let missing = if self.zig.is_none() { "zig" } else { "cargo-zigbuild" };
            return Err(Error::host(
                format_args!(
                    "building for `{}` on this machine needs `{missing}`, which is not here",
                    self.target
                ),
                ZIG_HINT,
            ));
        };
        let version = Command::new(zig).arg("version").read()?;
        Ok(Zig { zig: zig.clone(), cargo_zigbuild: cargo_zigbuild.clone(), version })
    }
}

/// What to type for zig and cargo-zigbuild.
pub const ZIG_HINT: &str =
    "`pip install ziglang cargo-zigbuild`, or install zig and `cargo install cargo-zigbuild`";

/// Python's packages keep their programs where `PATH` may not lead.
const ZIG_OF_PYTHON: &str =
    "import os, ziglang; print(os.path.join(os.path.dirname(ziglang.__file__), 'zig'))";
const ZIGBUILD_OF_PYTHON: &str =
    "import os, sysconfig; print(os.path.join(sysconfig.get_path('scripts'), 'cargo-zigbuild'))";

fn from_python(script: &str) -> Option<PathBuf> {
    let python = command::find("python3")?;
    let path = PathBuf::from(Command::new(python).args(["-c", script]).read().ok()?);
    path.is_file().then_some(path)
}

fn has_standard_library(folder: &Path) -> bool {
    let Ok(entries) = folder.read_dir() else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("libstd-") && Path::new(&name).extension().is_some_and(|ending| ending == "rlib")
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    fn survey(has_std: bool, sysroot: &Path) -> Survey {
        let compiler = Compiler {
            cargo: "/bin/cargo".into(),
            rustc: "/bin/rustc".into(),
            version: "rustc 1.95.0".into(),
            commit: "0".repeat(40),
            sysroot: sysroot.to_owned(),
            has_std,
        };
        Survey {
            target: "x86_64-unknown-freebsd".parse().unwrap(),
            is_host: false,
            compilers: vec![compiler],
            zig: Some("/bin/echo".into()),
            cargo_zigbuild: Some("/bin/cargo-zigbuild".into()),
        }
    }

    #[test]
    fn this_machine_can_build_for_itself() {
        let toolchain = Survey::of(Target::host().unwrap()).toolchain().unwrap();
        assert_eq!((toolchain.zig, toolchain.builds_std), (None, false));
        assert!(toolchain.compiler.version.starts_with("rustc 1."));
    }

    #[test]
    fn a_library_that_ships_is_preferred_to_one_that_is_compiled() {
        let sysroot = tempfile::tempdir().unwrap();
        let source = sysroot.path().join("lib/rustlib/src/rust/library/std");
        std::fs::create_dir_all(&source).unwrap();
        std::fs::write(source.join("Cargo.toml"), "").unwrap();
        assert!(!survey(true, sysroot.path()).toolchain().unwrap().builds_std);
        assert!(survey(false, sysroot.path()).toolchain().unwrap().builds_std);
    }

    #[test]
    fn what_is_missing_is_named_with_what_to_type() {
        let nothing = Path::new("/nonexistent");
        let failure = survey(false, nothing).toolchain().unwrap_err();
        assert_eq!(
            failure.to_string(),
            "no compiler here has the standard library of `x86_64-unknown-freebsd`, or its source"
        );
        assert_eq!(failure.exit_code(), 6);
        let without_zig = Survey { cargo_zigbuild: None, ..survey(true, nothing) };
        assert_eq!(
            without_zig.toolchain().unwrap_err().to_string(),
            "building for `x86_64-unknown-freebsd` on this machine needs `cargo-zigbuild`, which is not here"
        );
    }
}
