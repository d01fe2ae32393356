//! What starting under namespaces needs.

use std::path::Path;

use super::{Check, State, limited, ok, program};
use crate::host::file;

/// The settings that can forbid user namespaces, the value that does, and what to type against it: the kernel's own
/// (`user_namespaces(7)`), Debian's and Ubuntu's.
const FORBIDDING: [(&str, &str, &str); 3] = [
    ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=15000"),
    ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
];

pub(super) fn checks() -> [Check; 2] {
    [
        user_namespaces(
            |name| file::read_text(&Path::new("/proc/sys").join(name)).ok(),
            nix::unistd::geteuid().is_root(),
        ),
        program(
            "nft",
            "firewall (nft)",
            "`apt install nftables`: without it the firewall is not checked",
            State::Limited,
        ),
    ]
}

pub(super) fn user_namespaces(setting: impl Fn(&str) -> Option<String>, is_root: bool) -> Check {
    let subject = "namespaces";
    if is_root {
        return ok(subject, "started as root");
    }
    let forbidden = FORBIDDING
        .into_iter()
        .find(|(name, value, _)| setting(name).is_some_and(|found| found.trim() == *value));
    match forbidden {
        None => ok(subject, "an ordinary user may make user namespaces"),
        Some((name, value, command)) => limited(
            subject,
            &format!("`{name}` is {value}: images are made, but not started"),
            &format!("`{command}` as root"),
        ),
    }
}
