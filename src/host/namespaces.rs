//! Namespaces and ids (namespaces(7), `user_namespaces(7)`).

use std::{
    fs,
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    sched::{CloneFlags, setns, unshare},
    unistd::{chroot, fchdir, getegid, geteuid},
};

use crate::error::{Context as _, Result};

/// The namespaces of an appliance besides the user's, in the order in which one can enter them: the mount namespace
/// last, because `/proc` is not to be seen from it.
const JOINABLE: [(&str, CloneFlags); 5] = [
    ("ipc", CloneFlags::CLONE_NEWIPC),
    ("uts", CloneFlags::CLONE_NEWUTS),
    ("net", CloneFlags::CLONE_NEWNET),
    ("pid", CloneFlags::CLONE_NEWPID),
    ("mnt", CloneFlags::CLONE_NEWNS),
];

/// Enters new namespaces with the privileges at hand, or, where those do not suffice, under a new user namespace as
/// its root. The process must have a single thread.
pub fn enter_as_root(others: CloneFlags) -> Result<(), Errno> {
    match unshare(others) {
        Err(Errno::EPERM) => enter_as(0, 0, others),
        done => done,
    }
}

/// Enters a new user namespace together with `others`. This process's own user and group are called `uid` and `gid`
/// in it, and no others exist. The process must have a single thread.
pub fn enter_as(uid: u32, gid: u32, others: CloneFlags) -> Result<(), Errno> {
    let (user, group) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER | others)?;
    let write = |file: &str, line: String| {
        fs::write(Path::new("/proc/self").join(file), line)
            .map_err(|cause| cause.raw_os_error().map_or(Errno::EIO, Errno::from_raw))
    };
    // An unprivileged group map is only accepted once setgroups(2) is given up: user_namespaces(7).
    write("setgroups", "deny".to_owned())?;
    write("uid_map", format!("{uid} {user} 1"))?;
    write("gid_map", format!("{gid} {group} 1"))
}

/// Maps every id of this user namespace to itself in the new one of a child, which takes privileges here.
pub fn map_all(pid: u32) -> Result<()> {
    for kind in ["uid_map", "gid_map"] {
        let file = Path::new("/proc").join(pid.to_string()).join(kind);
        fs::write(&file, IdMap::read("self", kind)?.identity()).doing_to("write", &file)?;
    }
    Ok(())
}

/// Whether `uid` exists in the user namespace of this process.
pub fn user_exists(uid: u32) -> Result<bool> {
    Ok(IdMap::read("self", "uid_map")?.outside(uid).is_some())
}

/// Forbids user namespaces below this one: in them, a process would have capabilities again.
pub fn forbid_user_namespaces() -> Result<()> {
    let file = Path::new("/proc/sys/user/max_user_namespaces");
    fs::write(file, "0").doing_to("write", file)
}

/// Enters all namespaces and the root of another process; children live in its pid namespace. The process must have a
/// single thread.
pub fn join(pid: u32) -> Result<()> {
    let process = Path::new("/proc").join(pid.to_string());
    let open = |path: PathBuf| fs::File::open(&path).doing_to("open", &path);
    let root = open(process.join("root"))?;
    let open = |kind: &str| open(process.join("ns").join(kind));
    let opened =
        JOINABLE.into_iter().map(|(kind, flag)| Ok((open(kind)?, kind, flag))).collect::<Result<Vec<_>>>()?;
    let users = open("user")?;
    // Entering one's own user namespace is refused: setns(2).
    if !shares_users(pid)? {
        setns(&users, CloneFlags::CLONE_NEWUSER).doing("enter the user namespace")?;
    }
    for (namespace, kind, flag) in &opened {
        setns(namespace, *flag).doing(format_args!("enter the {kind} namespace"))?;
    }
    // The root of its mount namespace need not be its own: not where this machine's `/` is itself in a chroot(2).
    fchdir(&root).and_then(|()| chroot(".")).doing("enter the root of a process")
}

/// Whether a process is in the user namespace of this one.
fn shares_users(pid: u32) -> Result<bool> {
    let namespace = |process: &str| {
        let file = Path::new("/proc").join(process).join("ns/user");
        fs::read_link(&file).doing_to("read", &file)
    };
    Ok(namespace(&pid.to_string())? == namespace("self")?)
}

/// The ids of a user namespace, each with what it is called by whoever reads the map.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IdMap(Vec<[u32; 3]>);

impl IdMap {
    /// How the user ids (`uid_map`) or group ids (`gid_map`) of a process are called by this one.
    pub fn of(pid: u32, kind: &str) -> Result<Self> {
        // From within, the file tells what the ids are called one namespace further out: user_namespaces(7).
        if shares_users(pid)? {
            return Ok(Self(vec![[0, 0, u32::MAX]]));
        }
        Self::read(&pid.to_string(), kind)
    }

    fn read(process: &str, kind: &str) -> Result<Self> {
        let file = Path::new("/proc").join(process).join(kind);
        Ok(Self::parse(&fs::read_to_string(&file).doing_to("read", &file)?))
    }

    /// The lines `INSIDE OUTSIDE COUNT` of such a file.
    pub(crate) fn parse(text: &str) -> Self {
        let line = |line: &str| {
            let mut words = line.split_ascii_whitespace().map_while(|word| word.parse().ok());
            Some([words.next()?, words.next()?, words.next()?])
        };
        Self(text.lines().filter_map(line).collect())
    }

    /// What an id is called inside; 65534 (the kernel's overflow id) if nothing.
    pub fn inside(&self, outside: u32) -> u32 {
        self.translate(outside, 1, 0).unwrap_or(65534)
    }

    /// What an id of the namespace is called outside.
    pub fn outside(&self, inside: u32) -> Option<u32> {
        self.translate(inside, 0, 1)
    }

    /// The file that maps each id to itself.
    fn identity(&self) -> String {
        let lines: Vec<String> =
            self.0.iter().map(|[inside, _, count]| format!("{inside} {inside} {count}")).collect();
        lines.join("\n")
    }

    fn translate(&self, id: u32, from: usize, to: usize) -> Option<u32> {
        self.0.iter().find_map(|range| {
            let offset = id.checked_sub(range[from])?;
            (offset < range[2]).then(|| range[to] + offset)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_map_translates_both_ways() {
        let map = IdMap::parse("         0     100000       5000\n      5222          0          1\n");
        assert_eq!(map.inside(0), 5222);
        assert_eq!(map.inside(100_007), 7);
        assert_eq!(map.inside(1), 65534);
        assert_eq!(map.outside(5222), Some(0));
        assert_eq!(map.outside(5000), None);
    }

    #[test]
    fn the_first_map_of_all_is_the_identity() {
        let map = IdMap::parse("         0          0 4294967295\n");
        assert_eq!(map.inside(5222), 5222);
    }
}
