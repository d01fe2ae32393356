//! Giving up privileges for good (capabilities(7), prctl(2)).

use caps::{CapSet, CapsHashSet};
use nix::{
    sys::{
        prctl,
        resource::{Resource, getrlimit, setrlimit},
        stat::{Mode, umask},
    },
    unistd::{Gid, Uid, getegid, geteuid, setgroups, setresgid, setresuid},
};

use crate::error::{Context as _, Result};

/// Lets the programs that this process starts have its capabilities, whatever their user id.
pub fn share_capabilities() -> Result<()> {
    let own: CapsHashSet = caps::read(None, CapSet::Permitted).doing("read the capabilities")?;
    caps::set(None, CapSet::Inheritable, &own).doing("make capabilities inheritable")?;
    own.into_iter()
        .try_for_each(|capability| caps::raise(None, CapSet::Ambient, capability))
        .doing("make capabilities ambient")
}

/// Makes sure that no program that is started from here on gains a capability. It takes `CAP_SETPCAP`.
pub fn bound_capabilities() -> Result<()> {
    caps::clear(None, CapSet::Bounding).doing("empty the capability bounding set")
}

/// Gives up every capability at hand.
pub fn drop_capabilities() -> Result<()> {
    // The ambient set goes with the inheritable one.
    [CapSet::Inheritable, CapSet::Effective, CapSet::Permitted]
        .into_iter()
        .try_for_each(|set| caps::clear(None, set))
        .doing("give up the capabilities")
}

/// Keeps the capabilities when the user id changes.
pub fn keep_capabilities() -> Result<()> {
    prctl::set_keepcaps(true).doing("keep the capabilities")
}

/// Becomes this user and group for good, without any supplementary group. Nothing to do for who is that already.
pub fn become_user(uid: u32, gid: u32) -> Result<()> {
    let (user, group) = (Uid::from_raw(uid), Gid::from_raw(gid));
    if geteuid() == user && getegid() == group {
        return Ok(());
    }
    setgroups(&[]).doing("give up the supplementary groups")?;
    setresgid(group, group, group).doing(format_args!("become group {gid}"))?;
    setresuid(user, user, user).doing(format_args!("become user {uid}"))
}

/// No program started from here on has more privileges than this process: setuid files and file capabilities do nothing.
pub fn gain_none() -> Result<()> {
    prctl::set_no_new_privs().doing("set `no_new_privs`")
}

/// As many open files as the system allows: each connection is one, and the usual limit of 1024 is for select(2).
pub fn allow_many_files() -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).doing("read the limit of open files")?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most).doing("raise the limit of open files")
}

/// No core dumps (they would hold conversations), and files that nobody else reads.
pub fn keep_memory_private() -> Result<()> {
    umask(Mode::from_bits_truncate(0o077));
    setrlimit(Resource::RLIMIT_CORE, 0, 0).doing("forbid core dumps")
}
