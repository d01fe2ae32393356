//! A base that is put together from FreeBSD's own packages (`freebsd-base(7)`), in a folder that is thrown away.
//!
//! The way is that of FreeBSD's installer (`usr.sbin/bsdinstall/scripts/pkgbase.in`). pkg(8) checks what it fetches by the keys that
//! this host trusts, but looks for them within the folder that it installs to: so they are put there first.

use std::{
    fmt, fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{Base, BaseFile, Folder, Kind, Provenance};
use crate::{
    error::{Context as _, Error, Result},
    host::{Found, Host, command::Command, file},
};

/// What the repository is called where nobody has renamed it.
const REPOSITORY: &str = "FreeBSD-base";

/// The loader with libc and its kin; the shell and the tools of the debug flavour, and freebsd-version(1).
const PACKAGES: [&str; 2] = ["FreeBSD-clibs", "FreeBSD-runtime"];

/// Where the host says which repositories there are: what the second says comes over the first (pkg.conf(5), `REPOS_DIR`).
const CONFIGURATION: [&str; 2] = ["/etc/pkg", "/usr/local/etc/pkg/repos"];

/// Where the host keeps the keys of FreeBSD's repositories.
const KEYS: &str = "/usr/share/keys";

/// A folder that packages were installed to.
#[derive(Debug)]
pub struct Packages {
    folder: Folder,
    /// Goes away with this.
    _root: TempDir,
}

/// One step on the way.
#[derive(Clone, Debug)]
enum Step {
    Copy { from: PathBuf, to: PathBuf },
    Write { path: PathBuf, text: String },
    Run(Command),
}

impl Packages {
    /// Installs the packages to a new folder.
    pub fn install(host: &dyn Host) -> Result<Self> {
        let root = tempfile::tempdir().doing("make a throw-away folder")?;
        // pkg(8) fetches as nobody.
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).doing_to("open", root.path())?;
        check(host)?;
        let installed = plan(host, root.path())?.iter().try_for_each(|step| step.carry_out(host));
        // Some files come immutable (chflags(1)): the folder could not be thrown away, not even after half an installation.
        let freed = host.ask(&freed(root.path()));
        installed.and(freed)?;
        Ok(Self { folder: Folder::open(root.path(), Kind::Packages)?, _root: root })
    }
}

impl Base for Packages {
    fn file(&self, path: &Path) -> Result<Option<BaseFile>> {
        self.folder.file(path)
    }

    fn names(&self, folder: &Path) -> Result<Vec<String>> {
        self.folder.names(folder)
    }

    fn provenance(&self) -> &Provenance {
        self.folder.provenance()
    }
}

/// Whether this host has pkg(8), and knows where the packages are.
fn check(host: &dyn Host) -> Result<()> {
    if host.output(&Command::new("pkg").arg("-N"))?.code != Some(0) {
        return Err(Error::host("pkg(8) is not installed", "`pkg bootstrap -y`"));
    }
    for file in configuration(host)? {
        if host.text(&file)?.is_some_and(|text| text.contains(REPOSITORY)) {
            return Ok(());
        }
    }
    Err(Error::host(
        format_args!("pkg(8) knows no repository `{REPOSITORY}` on this host"),
        "FreeBSD comes in packages from 15.0 on. Here take `--base host`, or `--base 15.1` after `jailbuild base fetch 15.1`",
    ))
}

/// The files that say which repositories there are, in their order.
fn configuration(host: &dyn Host) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in CONFIGURATION.map(Path::new) {
        let names = host.names(folder)?.into_iter().map(|name| folder.join(name));
        files.extend(names.filter(|path| path.extension().is_some_and(|ending| ending == "conf")));
    }
    Ok(files)
}

/// The way to a folder with the packages.
fn plan(host: &dyn Host, root: &Path) -> Result<Vec<Step>> {
    let repositories = root.join("usr/local/etc/pkg/repos");
    let mut steps = Vec::new();
    for (rank, from) in configuration(host)?.into_iter().enumerate() {
        // Read in the order of their names.
        let name = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
        steps.push(Step::Copy { to: repositories.join(format!("{rank:03}-{name}")), from });
    }
    let enabled = format!("{REPOSITORY}: {{ enabled: yes }}\n");
    steps.push(Step::Write { path: repositories.join("999-jailbuild.conf"), text: enabled });
    copy_all(host, Path::new(KEYS), root, &mut steps)?;

    // IGNORE_OSVERSION: nothing in an empty folder says which release it is of.
    let pkg = || {
        let pkg = Command::new("pkg").arg("--rootdir").arg(root).arg("--repo-conf-dir").arg(&repositories);
        pkg.args(["-o", "IGNORE_OSVERSION=yes"])
    };
    steps.push(Step::Run(pkg().args(["update", "-r", REPOSITORY])));
    steps.push(Step::Run(pkg().args(["install", "-U", "-y", "-r", REPOSITORY]).args(PACKAGES)));
    Ok(steps)
}

fn freed(root: &Path) -> Command {
    Command::new("chflags").args(["-R", "0"]).arg(root)
}

/// Copies all the files in a folder to the same place below `root`.
fn copy_all(host: &dyn Host, folder: &Path, root: &Path, steps: &mut Vec<Step>) -> Result<()> {
    for name in host.names(folder)? {
        let from = folder.join(name);
        match host.look(&from)? {
            Some(Found::Folder { .. }) => copy_all(host, &from, root, steps)?,
            Some(Found::File { .. }) => {
                let to = root.join(from.strip_prefix("/").unwrap_or(&from));
                steps.push(Step::Copy { from, to });
            }
            Some(Found::Link { .. }) | None => {}
        }
    }
    Ok(())
}

impl Step {
    fn carry_out(&self, host: &dyn Host) -> Result<()> {
        match self {
            Self::Copy { from, to } => match host.read(from)? {
                Some(content) => host.write(to, &content, file::PUBLIC),
                None => Err(Error::failed(format_args!("`{}` has gone away", from.display()))),
            },
            Self::Write { path, text } => host.write(path, text.as_bytes(), file::PUBLIC),
            Self::Run(command) => host.ask(command).map(drop),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Copy { from, to } => write!(formatter, "copy {} to {}", from.display(), to.display()),
            Self::Write { path, text } => write!(formatter, "write {}: {}", path.display(), text.trim_end()),
            Self::Run(command) => command.fmt(formatter),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::appliance::machine::{Machine, is_known};

    const STOCK: &str = "FreeBSD-base: {\n  url: \"pkg+https://pkg.FreeBSD.org/${ABI}/base_release_${VERSION_MINOR}\",\n  \
        fingerprints: \"/usr/share/keys/pkgbase-${VERSION_MAJOR}\",\n  enabled: no\n}\n";

    /// A FreeBSD 15 as it was installed, but with a mirror of the school's own.
    fn machine() -> Machine {
        let machine = Machine::new();
        for (path, text) in [
            ("/etc/pkg/FreeBSD.conf", STOCK),
            ("/usr/local/etc/pkg/repos/mirror.conf", "FreeBSD-base: { url: \"https://mirror.example\" }"),
            ("/usr/local/etc/pkg/repos/mirror.conf.sample", "FreeBSD-base: { url: \"https://old.example\" }"),
            ("/usr/share/keys/pkg/trusted/pkg.freebsd.org.2013102301", "function: sha256"),
            ("/usr/share/keys/pkgbase-15/trusted/awskms-15", "function: sha256"),
        ] {
            machine.write(Path::new(path), text.as_bytes(), file::PUBLIC).unwrap();
        }
        machine.journal();
        machine
    }

    #[test]
    fn the_steps_are_those_of_the_installer() {
        let mut plan = plan(&machine(), Path::new("/tmp/base")).unwrap();
        insta::assert_snapshot!(plan.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
        plan.push(Step::Run(freed(Path::new("/tmp/base"))));
        for step in plan {
            if let Step::Run(command) = step {
                let words = command.words();
                assert!(is_known(&words.iter().map(String::as_str).collect::<Vec<_>>()), "{command}");
            }
        }
    }

    #[test]
    fn keys_and_repositories_come_with_their_content() {
        let machine = machine();
        let copies = plan(&machine, Path::new("/base")).unwrap();
        let copies = copies.iter().filter(|step| !matches!(step, Step::Run(_)));
        copies.into_iter().try_for_each(|step| step.carry_out(&machine)).unwrap();
        let text = |path: &str| machine.text(Path::new(path)).unwrap().unwrap();
        assert_eq!(text("/base/usr/local/etc/pkg/repos/000-FreeBSD.conf"), STOCK);
        assert_eq!(text("/base/usr/share/keys/pkgbase-15/trusted/awskms-15"), "function: sha256");
    }

    #[test]
    fn a_host_without_the_repository_is_told_so() {
        let machine = Machine::new();
        machine.write(Path::new("/etc/pkg/FreeBSD.conf"), b"FreeBSD: { enabled: yes }", 0o644).unwrap();
        let failure = check(&machine).unwrap_err();
        assert_eq!(failure.exit_code(), 6);
        assert!(failure.to_string().contains("knows no repository `FreeBSD-base`"), "{failure}");
        check(&self::machine()).unwrap();
    }
}
