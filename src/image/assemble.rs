//! From a daemon, a base and a list to the tree of an image.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    manifest::{Description, MANIFEST, Manifest},
    sbom::{SBOM, sbom},
    tree::{EntryPath, Mode, Tree},
};
use crate::{
    base::{Base, BaseFile},
    daemon::Daemon,
    digest::Sha256,
    elf::{self, Binary, closure::Program},
    error::{Error, Result},
    pkg_list::{Flavour, PkgList},
};

/// Where the daemon lies in the jail.
pub const DAEMON: &str = "/usr/local/sbin/xmppd";

/// The folders that the runtime mounts something over: the site's settings, and the daemon's data.
pub const MOUNT_POINTS: [&str; 2] = ["/usr/local/etc/xmppd", "/var/db/xmppd"];

/// Where a jail with a shell gets its four devices; the daemon alone needs none.
const DEVICES: &str = "/dev";

/// The part of an image that the jail sees.
pub const ROOTFS: &str = "rootfs";

/// What an image is made from.
pub struct Ingredients<'a> {
    /// The daemon, whose target is the image's.
    pub daemon: &'a Daemon,
    /// Where base files come from.
    pub base: &'a dyn Base,
    /// What the image is called.
    pub flavour: Flavour,
    /// What goes in besides the daemon.
    pub list: &'a PkgList,
    /// What goes beside the root file system: templates for the host, how to hand it over.
    pub extras: Vec<Extra>,
}

/// A file beside the root file system.
#[derive(Clone, Debug)]
pub struct Extra {
    /// Where, such as `host/jail.conf`.
    pub path: EntryPath,
    /// Its permissions.
    pub mode: Mode,
    /// Its content.
    pub bytes: Vec<u8>,
    /// What it is for.
    pub why: String,
}

/// An image that has not been written yet.
#[derive(Clone, Debug)]
pub struct Assembled {
    /// Everything that goes in, manifest and SBOM included.
    pub tree: Tree,
    /// The manifest.
    pub manifest: Manifest,
    /// What was taken from the base: the digests by the paths there.
    pub base_files: BTreeMap<PathBuf, Sha256>,
}

/// Puts an image together.
pub fn assemble(ingredients: Ingredients<'_>) -> Result<Assembled> {
    let Ingredients { daemon, base, flavour, list, extras } = ingredients;
    check_age(daemon, base)?;
    let mut contents = Contents::default();
    contents.add(DAEMON, Mode::PROGRAM, daemon.bytes.clone(), "the daemon")?;
    let listed = contents.add_listed(daemon, base, list)?;
    contents.add_closure(daemon, base, &listed)?;
    let devices = (flavour == Flavour::Debug && daemon.target.is_freebsd()).then_some(DEVICES);
    for folder in MOUNT_POINTS.into_iter().chain(devices) {
        contents.tree.add_folder(in_rootfs(Path::new(folder))?, Mode::FOLDER)?;
    }
    for extra in extras {
        contents.add_extra(extra)?;
    }
    contents.tree.add_parents();
    let description = Description {
        target: daemon.target,
        flavour,
        base: base.provenance().clone(),
        build: daemon.build.clone(),
        source_date_epoch: daemon.source_date_epoch,
    };
    contents.finish(description, daemon)
}

#[derive(Default)]
struct Contents {
    tree: Tree,
    reasons: BTreeMap<EntryPath, String>,
    base_files: BTreeMap<PathBuf, Sha256>,
}

impl Contents {
    /// Adds what the list names; returns which of it are programs or shared objects.
    fn add_listed<'a>(
        &mut self,
        daemon: &Daemon,
        base: &dyn Base,
        list: &'a PkgList,
    ) -> Result<Vec<(&'a Path, Binary)>> {
        let mut binaries = Vec::new();
        for entry in list.for_target(daemon.target) {
            let path = entry.path.as_path();
            let file = base.file(path)?.ok_or_else(|| {
                let what =
                    format!("`{}` is on the list ({}), but not in the base", path.display(), entry.why);
                Error::failed_with_hint(what, "install it in the base, or leave it out of the list")
            })?;
            if Binary::is_elf(&file.bytes) {
                binaries.push((path, binary(path, &file, daemon)?));
            }
            self.add_base_file(path, file, &entry.why)?;
        }
        Ok(binaries)
    }

    fn add_closure(&mut self, daemon: &Daemon, base: &dyn Base, listed: &[(&Path, Binary)]) -> Result<()> {
        let mut programs = vec![Program { path: Path::new(DAEMON), binary: &daemon.binary }];
        programs.extend(listed.iter().map(|(path, binary)| Program { path, binary }));
        for object in elf::closure(&programs, daemon.target, base)? {
            if !listed.iter().any(|(path, _)| *path == object.path) {
                self.add_base_file(&object.path, object.file, &object.why)?;
            }
        }
        Ok(())
    }

    /// Adds a file of the base. What could be written to in the base cannot in the image, whatever its mode was.
    fn add_base_file(&mut self, path: &Path, file: BaseFile, why: &str) -> Result<()> {
        let mode = Mode::new(file.mode)
            .map_err(|failure| Error::failed(format_args!("`{}` in the base: {failure}", path.display())))?;
        self.base_files.insert(path.to_owned(), Sha256::of(&file.bytes));
        let mode = if mode.bits() & 0o111 == 0 { Mode::PLAIN } else { Mode::PROGRAM };
        self.add(&path.to_string_lossy(), mode, file.bytes, why)
    }

    fn add(&mut self, path: &str, mode: Mode, bytes: Vec<u8>, why: &str) -> Result<()> {
        let path = in_rootfs(Path::new(path))?;
        self.reasons.insert(path.clone(), why.to_owned());
        self.tree.add_file(path, mode, bytes)
    }

    fn add_extra(&mut self, extra: Extra) -> Result<()> {
        if extra.path.as_str().split('/').next() == Some(ROOTFS) {
            return Err(Error::failed(format_args!(
                "`{}` would go into the jail without being on a list",
                extra.path
            )));
        }
        self.reasons.insert(extra.path.clone(), extra.why);
        self.tree.add_file(extra.path, extra.mode, extra.bytes)
    }

    /// Adds the two files that describe the others.
    fn finish(mut self, description: Description, daemon: &Daemon) -> Result<Assembled> {
        let undescribed = Manifest::of(description.clone(), &self.tree, &self.reasons);
        let sbom_path: EntryPath = SBOM.parse()?;
        self.reasons.insert(sbom_path.clone(), "what the image is made of (CycloneDX)".to_owned());
        self.tree.add_file(sbom_path, Mode::PLAIN, sbom(&undescribed, daemon.crates.as_deref())?)?;

        let manifest = Manifest::of(description, &self.tree, &self.reasons);
        self.tree.add_file(MANIFEST.parse()?, Mode::PLAIN, manifest.to_json()?)?;
        manifest.check(&self.tree)?;
        Ok(Assembled { tree: self.tree, manifest, base_files: self.base_files })
    }
}

/// Refuses a base that is older than the libraries that the daemon was built against: FreeBSD promises to run what was built for an older
/// release, not for a newer one (`__FreeBSD_version` is 15…… in 15.x).
fn check_age(daemon: &Daemon, base: &dyn Base) -> Result<()> {
    let wanted = daemon.binary.freebsd_version.map(|version| version / 100_000);
    let (Some(wanted), Some(found)) = (wanted, base.provenance().major()) else { return Ok(()) };
    if !daemon.target.is_freebsd() || found >= wanted {
        return Ok(());
    }
    Err(Error::configuration(
        format_args!("the daemon was built against FreeBSD {wanted}, but the base is {}", base.provenance()),
        format_args!("take a base of FreeBSD {wanted} or later; `jailbuild base list` shows which are known"),
    ))
}

fn binary(path: &Path, file: &BaseFile, daemon: &Daemon) -> Result<Binary> {
    let binary = Binary::parse(&file.bytes).map_err(|cause| {
        Error::failed(format_args!("cannot read the headers of `{}`: {cause}", path.display()))
    })?;
    if binary.is_for(daemon.target) {
        return Ok(binary);
    }
    Err(Error::failed(format_args!("`{}` in the base is not for `{}`", path.display(), daemon.target)))
}

fn in_rootfs(path: &Path) -> Result<EntryPath> {
    format!("{ROOTFS}{}", path.display()).parse()
}
