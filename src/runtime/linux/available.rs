//! Whether this machine allows the Linux runtime at all, found out by trying.

use std::{fmt, fs, path::Path, process::ExitCode};

use nix::errno::Errno;

use super::{backstage, keep, stage};
use crate::{
    error::{Context as _, Error, Result},
    host::{
        links::{Links, disable_ipv6},
        mounts, namespaces,
    },
};

/// Why appliances cannot be started here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unavailable {
    /// What was refused.
    pub why: String,
    /// What to change or type.
    pub hint: String,
}

/// Tries in a child process everything for which a machine may lack permission or kernel support.
pub fn available() -> Result<(), Unavailable> {
    let tried = backstage::part("rehearse", &[]).output();
    let tried = tried.map_err(|cause| Unavailable::from_what(&format!("cannot start a child: {cause}")))?;
    if tried.status.success() {
        return Ok(());
    }
    Err(Unavailable::from_what(String::from_utf8_lossy(&tried.stderr).trim()))
}

/// The child's side: the stage's steps, then the keeper's.
pub(super) fn rehearse() -> Result<ExitCode> {
    namespaces::enter_as_root(stage::NAMESPACES).doing("make a network namespace")?;
    mounts::make_private()?;
    mounts::memory(Path::new(stage::SCRATCH), stage::SCRATCH_SIZE)?;
    disable_ipv6()?;
    let links = Links::open()?;
    links.set_up("lo")?;
    links.create_pair("rehearsal_h", "rehearsal_j")?;
    drop(links);
    keep::enter_namespaces(5222, 5222)?;
    mounts::make_private()?;
    Ok(ExitCode::SUCCESS)
}

impl Unavailable {
    /// The stage's namespaces were refused.
    pub(super) fn because(cause: Errno) -> Self {
        Self::from_what(&format!("cannot make a network namespace: {cause}"))
    }

    fn from_what(what: &str) -> Self {
        Self { why: format!("appliances cannot be started here: {what}"), hint: hint(setting) }
    }
}

/// The settings that forbid user namespaces on some distribution, and how to allow them.
const FORBIDDING: [(&str, &str, &str); 3] = [
    ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=10000"),
];

fn hint(setting: impl Fn(&str) -> Option<String>) -> String {
    let forbids = |(name, value): (&str, &str)| setting(name).is_some_and(|found| found.trim() == value);
    match FORBIDDING.into_iter().find(|(name, value, _)| forbids((*name, *value))) {
        Some((_, _, command)) => format!("run as root, or allow user namespaces: `{command}`"),
        None => "run as root, in a container with `--privileged`".to_owned(),
    }
}

/// What a setting of sysctl(8) is, if the kernel knows it.
fn setting(name: &str) -> Option<String> {
    fs::read_to_string(format!("/proc/sys/{name}")).ok()
}

impl fmt::Display for Unavailable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.why)
    }
}

impl From<Unavailable> for Error {
    fn from(Unavailable { why, hint }: Unavailable) -> Self {
        Self::Host { what: why, hint }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_that_forbids_namespaces_is_seen() {
        for (name, value, command) in FORBIDDING {
            let said = hint(|setting| (setting == name).then(|| format!("{value}\n")));
            assert!(said.ends_with(&format!("`{command}`")), "{said}");
        }
        assert!(hint(|_| Some("15000".to_owned())).ends_with("`--privileged`"));
    }
}
