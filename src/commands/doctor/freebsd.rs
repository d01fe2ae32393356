//! What starting in a jail needs.

use std::path::Path;

use super::{Check, State, limited, ok, program};
use crate::host::{command::Command, file};

/// Without these lines in pf.conf(5), the rules of an appliance load without complaint and do nothing.
const ANCHORS: [&str; 2] = [r#"rdr-anchor "jailbuild/*""#, r#"anchor "jailbuild/*""#];

pub(super) fn checks() -> Vec<Check> {
    let mut checks: Vec<Check> = ["jail", "jexec", "ifconfig", "pfctl", "pw"]
        .into_iter()
        .map(|name| program(name, name, "it is part of FreeBSD's base", State::Missing))
        .collect();
    checks.push(if nix::unistd::geteuid().is_root() {
        ok("rights", "started as root")
    } else {
        limited("rights", "not root: images are made, but not started", "run it as root")
    });
    checks.push(vnet());
    checks.push(anchors(file::read_text(Path::new("/etc/pf.conf")).ok().as_deref()));
    checks
}

fn vnet() -> Check {
    match Command::new("sysctl").args(["-n", "kern.features.vimage"]).read() {
        Ok(value) if value == "1" => ok("VNET", "the kernel has it"),
        _ => limited("VNET", "the kernel has no `VIMAGE`", "boot the GENERIC kernel"),
    }
}

pub(super) fn anchors(configuration: Option<&str>) -> Check {
    let subject = "pf anchor";
    let Some(configuration) = configuration else {
        return limited(
            subject,
            "there is no `/etc/pf.conf`",
            &format!("write into it `{}` and `{}`", ANCHORS[0], ANCHORS[1]),
        );
    };
    let has = |line: &str| configuration.lines().any(|own| own.trim().starts_with(line));
    match ANCHORS.into_iter().find(|line| !has(line)) {
        None => ok(subject, "`/etc/pf.conf` evaluates it"),
        Some(line) => {
            limited(subject, "`/etc/pf.conf` does not evaluate it", &format!("add the line `{line}`"))
        }
    }
}
