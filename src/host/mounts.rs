//! Mounts of a mount namespace of one's own (mount(2), `pivot_root(2)`).

use std::path::Path;

use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    sys::statvfs::{FsFlags, statvfs},
    unistd::{chdir, pivot_root},
};

use crate::error::{Context as _, Error, Result};

const NONE: Option<&str> = None;

/// Keeps what is mounted and unmounted here from being seen elsewhere.
pub fn make_private() -> Result<()> {
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE).doing("keep mounts private")
}

/// Shows the folder `source` at `target` too, restricted by `flags`.
pub fn bind(source: &Path, target: &Path, flags: MsFlags) -> Result<()> {
    let doing = || format!("mount `{}` at `{}`", source.display(), target.display());
    // A symbolic link in the image could lead the mount astray.
    if target.canonicalize().doing(doing())? != target {
        return Err(Error::failed(format_args!("cannot {}: a symbolic link is in the way", doing())));
    }
    mount(Some(source), target, NONE, MsFlags::MS_BIND, NONE).doing(doing())?;
    // The first call takes no notice of flags: mount(2). What the source's file system forbids, stays forbidden.
    let restricted = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | flags | restrictions(target)?;
    mount(NONE, target, NONE, restricted, NONE).doing(doing())
}

fn restrictions(path: &Path) -> Result<MsFlags> {
    let present = statvfs(path).doing_to("look at the file system of", path)?.flags();
    let pairs = [
        (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOSUID, MsFlags::MS_NOSUID),
        (FsFlags::ST_RDONLY, MsFlags::MS_RDONLY),
    ];
    Ok(pairs.into_iter().filter(|(found, _)| present.contains(*found)).map(|(_, flag)| flag).collect())
}

/// Makes the mount at `root` the root of all, and lets go of the former root.
pub fn pivot(root: &Path) -> Result<()> {
    chdir(root).doing_to("enter", root)?;
    // With `.` twice, the former root lands on top of the new one, from where it is taken off: pivot_root(2).
    pivot_root(".", ".").doing_to("make the root of all", root)?;
    umount2(".", MntFlags::MNT_DETACH).doing("let go of the former root")?;
    chdir("/").doing("enter the new root")
}
