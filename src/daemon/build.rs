//! Building the daemon, and looking whether what came of it is what was asked for.

use std::{
    env,
    path::{Path, PathBuf},
};

use super::{
    BuildInputs, Crate, Daemon, SourceDateEpoch,
    audit::{crates_in, embed},
    crates::crates,
    environment::{CC, Renamed, renamed, variables},
    hardening::weakness,
    toolchain::{NEUTRAL, Survey, Toolchain},
};
use crate::{
    digest::Sha256,
    elf::Binary,
    error::{Context as _, Error, Result},
    host::{command::Command, file},
    target::Target,
};

/// The profile of `Cargo.toml` that makes the same bytes of the same source.
const PROFILE: &str = "appliance";

/// The workspace's member that is the daemon.
const PACKAGE: &str = "xmppd";

/// A build of the daemon, not yet done.
#[derive(Clone, Debug)]
pub struct Build {
    /// The folder with this project's source.
    pub workspace: PathBuf,
    /// Where cargo keeps what it has compiled.
    pub target_folder: PathBuf,
    /// What it is for.
    pub target: Target,
    /// The time that the build thinks it is.
    pub source_date_epoch: SourceDateEpoch,
}

impl Build {
    /// A build from the clone that the current folder is in or, where it is in none, the one that this program came from.
    pub fn here(target: Target) -> Result<Self> {
        let workspace = workspace()?;
        Ok(Self {
            target_folder: workspace.join("target").join(PROFILE),
            workspace,
            target,
            source_date_epoch: SourceDateEpoch::from_environment()?,
        })
    }

    /// The command that builds, without its environment.
    pub fn command(&self, toolchain: &Toolchain) -> Command {
        let mut command = match &toolchain.zig {
            Some(zig) => Command::new(&zig.cargo_zigbuild).arg("zigbuild"),
            None => Command::new(&toolchain.compiler.cargo).arg("build"),
        };
        command = command.args(["--locked", "--package", PACKAGE, "--profile", PROFILE]);
        command = command.arg("--manifest-path").arg(self.workspace.join("Cargo.toml"));
        command =
            command.args(["--target", self.target.triple()]).arg("--target-dir").arg(&self.target_folder);
        if toolchain.builds_std { command.arg("-Zbuild-std=std,panic_abort") } else { command }
    }

    /// Builds the daemon. It takes minutes the first time.
    pub fn run(&self) -> Result<Daemon> {
        let toolchain = Survey::of(self.target).toolchain()?;
        let renamed = renamed(&self.workspace, &self.target_folder, &toolchain)?;
        let variables = variables(self.target, &toolchain, &renamed, self.source_date_epoch);
        let within = |mut command: Command| {
            for (name, value) in &variables {
                command = command.variable(name, value);
            }
            command.without_environment().directory(NEUTRAL)
        };
        let cargo = within(Command::new(&toolchain.compiler.cargo));
        let crates = crates(cargo, &self.workspace, PACKAGE, self.target)?;
        within(self.command(&toolchain))
            .run()
            .doing(format_args!("build the daemon for `{}`", self.target))?;

        let path = self.target_folder.join(self.target.triple()).join(PROFILE).join(PACKAGE);
        let bytes = embed(&file::read(&path)?, &crates)?;
        let binary = Binary::parse(&bytes)
            .map_err(|cause| Error::failed(format_args!("what was built is not a program: {cause}")))?;
        check(&binary, &bytes, self.target, &renamed)?;
        check_list(&bytes, &crates)?;
        let build = BuildInputs::Workspace {
            rustc: toolchain.compiler.version,
            cc: if toolchain.zig.is_none() { Some(c_compiler()?) } else { None },
            zig: toolchain.zig.map(|zig| zig.version),
            builds_std: toolchain.builds_std,
            cargo_lock: Sha256::of(&file::read(&self.workspace.join("Cargo.lock"))?),
            profile: PROFILE.to_owned(),
        };
        Ok(Daemon {
            bytes,
            binary,
            target: self.target,
            build,
            crates: Some(crates),
            source_date_epoch: self.source_date_epoch,
        })
    }
}

/// What the C compiler calls itself: the first line of `cc --version`.
fn c_compiler() -> Result<String> {
    let said = Command::new(CC).arg("--version").read()?;
    Ok(said.lines().next().unwrap_or_default().to_owned())
}

/// The post-conditions of a build.
fn check(binary: &Binary, bytes: &[u8], target: Target, renamed: &[Renamed]) -> Result<()> {
    if let Some(weakness) = weakness(binary, target) {
        return Err(Error::failed(format_args!("the daemon that was built for `{target}` {weakness}")));
    }
    for Renamed { from, .. } in renamed {
        let name = format!("{}/", from.display());
        if bytes.windows(name.len()).any(|window| window == name.as_bytes()) {
            return Err(Error::failed(format_args!(
                "the daemon that was built contains the name of a folder of this machine, `{name}`, so it would differ elsewhere"
            )));
        }
    }
    Ok(())
}

/// Whether the program itself says what cargo says is in it.
fn check_list(program: &[u8], crates: &[Crate]) -> Result<()> {
    let said = crates_in(program)?.unwrap_or_default();
    let same = |(said, known): (&Crate, &Crate)| {
        (&said.name, &said.version, &said.dependencies) == (&known.name, &known.version, &known.dependencies)
    };
    if said.len() == crates.len() && said.iter().zip(crates).all(same) {
        return Ok(());
    }
    Err(Error::failed("the daemon that was built does not list the crates that are in it"))
}

/// The clone that the current folder is in; else the one that this program was built from.
fn workspace() -> Result<PathBuf> {
    let current = env::current_dir().doing("find the current folder")?;
    let compiled_in = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut candidates = current.ancestors().chain([compiled_in]);
    candidates.find(|folder| is_workspace(folder)).map(Path::to_owned).ok_or_else(|| {
        Error::host(
            "the source of the daemon is not here",
            "run this in a clone of the project, or give an xmppd that was built elsewhere: `--daemon FILE`",
        )
    })
}

fn is_workspace(folder: &Path) -> bool {
    folder.join("Cargo.lock").is_file() && folder.join(PACKAGE).join("Cargo.toml").is_file()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::{elf::specimen::Specimen, image::fixture};

    fn complaint(specimen: &Specimen, more: &[u8]) -> String {
        let bytes = [&specimen.bytes(), more].concat();
        let binary = Binary::parse(&bytes).unwrap();
        let renamed = [Renamed { from: "/home/me/jailbuild".into(), to: "/jailbuild".into() }];
        let outcome = check(&binary, &bytes, "x86_64-unknown-freebsd".parse().unwrap(), &renamed);
        outcome.err().map(|failure| failure.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_weakness_fails_the_build() {
        let weak = complaint(&Specimen::freebsd().without_hardening(), b"");
        assert!(weak.starts_with("the daemon that was built for `x86_64-unknown-freebsd` keeps"), "{weak}");
    }

    #[test]
    fn a_folder_of_this_machine_in_the_bytes_is_found() {
        let good = Specimen::freebsd();
        let why = complaint(&good, b"\0/home/me/jailbuild/xmppd/src/main.rs");
        assert!(why.contains("`/home/me/jailbuild/`"), "{why}");
        assert_eq!(complaint(&good, b"\0/jailbuild/xmppd/src/main.rs"), "");
    }

    #[test]
    fn a_list_of_other_crates_fails_the_build() {
        let crates = fixture::crates();
        let program = embed(&Specimen::freebsd().bytes(), &crates).unwrap();
        assert!(check_list(&program, &crates).is_ok());
        assert!(check_list(&program, &crates[1..]).is_err());
        assert!(check_list(&Specimen::freebsd().bytes(), &crates).is_err());
    }

    #[test]
    fn the_source_is_found_from_where_this_was_built() {
        assert_eq!(workspace().unwrap(), Path::new(env!("CARGO_MANIFEST_DIR")));
    }
}
