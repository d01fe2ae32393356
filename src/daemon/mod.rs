//! The daemon's binary: built from the workspace so that the same source gives the same bytes, or taken from a file.

mod audit;
mod build;
mod crates;
mod environment;
mod epoch;
mod hardening;
pub mod toolchain;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

pub use audit::crates_in;
pub use build::Build;
pub use crates::{Crate, Origin};
pub use epoch::SourceDateEpoch;

use crate::{
    digest::Sha256,
    elf::Binary,
    error::{Error, Result},
    host::file,
    target::Target,
};

/// The daemon as it goes into an image.
#[derive(Clone, Debug)]
pub struct Daemon {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// What its headers say.
    pub binary: Binary,
    /// What it runs on.
    pub target: Target,
    /// What it was made from.
    pub build: BuildInputs,
    /// The crates that are in it, as it says itself; `None` where it says nothing.
    pub crates: Option<Vec<Crate>>,
    /// The time that its image says it is from.
    pub source_date_epoch: SourceDateEpoch,
}

/// Where a daemon comes from.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A file that was built elsewhere.
    File(PathBuf),
    /// The workspace's own source.
    Workspace,
}

impl Source {
    /// Gets the daemon.
    pub fn obtain(&self, target: Target) -> Result<Daemon> {
        match self {
            Self::File(path) => Daemon::read(path, target, SourceDateEpoch::from_environment()?),
            Self::Workspace => Build::here(target)?.run(),
        }
    }
}

/// In the present participle, as it is shown while it happens.
impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "taking the daemon from `{}`", path.display()),
            Self::Workspace => formatter.write_str("building the daemon"),
        }
    }
}

/// What a daemon was made from: who has the same gets the same bytes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "from")]
pub enum BuildInputs {
    /// It came as a file; how it was made is not known.
    #[serde(rename_all = "kebab-case")]
    File {
        /// The digest of that file.
        sha256: Sha256,
    },
    /// It was built from the workspace.
    #[serde(rename_all = "kebab-case")]
    Workspace {
        /// The compiler, as `rustc --version` prints it.
        rustc: String,
        /// The system's own C compiler, as `cc --version` prints it, which also linked; `None` where zig did both.
        cc: Option<String>,
        /// The linker and C compiler of another system: zig's version.
        zig: Option<String>,
        /// Whether the standard library was compiled with it, rather than taken as it ships with the compiler.
        builds_std: bool,
        /// The digest of `Cargo.lock`, which pins every crate.
        cargo_lock: Sha256,
        /// Cargo's profile.
        profile: String,
    },
}

impl Daemon {
    /// Takes a binary that was built elsewhere.
    pub fn read(path: &Path, target: Target, source_date_epoch: SourceDateEpoch) -> Result<Self> {
        let bytes = file::read_named("the daemon", path)?;
        let binary = Binary::parse(&bytes).map_err(|cause| {
            Error::configuration(format_args!("`{}` is not a program: {cause}", path.display()), HINT)
        })?;
        if let Some(weakness) = hardening::weakness(&binary, target) {
            let what = format!("the daemon `{}` will not do for `{target}`: it {weakness}", path.display());
            return Err(Error::configuration(what, HINT));
        }
        let crates = crates_in(&bytes).map_err(|cause| {
            Error::configuration(format_args!("`{}` will not do: {cause}", path.display()), HINT)
        })?;
        let build = BuildInputs::File { sha256: Sha256::of(&bytes) };
        Ok(Self { bytes, binary, target, build, crates, source_date_epoch })
    }
}

const HINT: &str =
    "give `--daemon` an xmppd that was built for the image's target and hardened, as `make` builds it";
