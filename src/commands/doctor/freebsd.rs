//! What starting in a jail needs.

use miette::Diagnostic as _;

use super::{Check, State, limited, ok, program};
use crate::{
    host::{Host, ThisHost, command::Command},
    runtime::freebsd::REQUIREMENTS,
};

pub(super) fn checks() -> Vec<Check> {
    let programs = ["jail", "jexec", "ifconfig", "pfctl", "pw"];
    let programs = programs.map(|name| program(name, name, "it is part of FreeBSD's base", State::Missing));
    programs.into_iter().chain([vnet()]).chain(requirements(&ThisHost)).collect()
}

fn vnet() -> Check {
    match Command::new("sysctl").args(["-n", "kern.features.vimage"]).read() {
        Ok(value) if value == "1" => ok("VNET", "the kernel has it"),
        _ => limited("VNET", "the kernel has no `VIMAGE`", "boot the GENERIC kernel"),
    }
}

/// What the runtime itself asks for before it starts a jail, up to the first that is not met: without rights, nothing else can be seen.
pub(super) fn requirements(host: &dyn Host) -> Vec<Check> {
    let mut checks = Vec::new();
    for (subject, require) in REQUIREMENTS {
        let Err(lack) = require(host) else {
            checks.push(ok(subject, "as it must be"));
            continue;
        };
        let hint = lack.help().map(|hint| hint.to_string()).unwrap_or_default();
        checks.push(limited(subject, &format!("{lack}; images are made, but not started"), &hint));
        break;
    }
    checks
}
