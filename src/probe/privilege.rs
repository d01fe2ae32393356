//! What the processes within may do.

use super::{Evidence, Finding, Probe, Shortfall, Subject, failed, inside::try_inside, require};
use crate::runtime::{Appliance, Process};

pub(super) const PROBES: &[Probe] = &[
    Probe::of_appliance(
        "process-unprivileged",
        "No process of the appliance runs as root or in its group.",
        unprivileged,
    ),
    Probe::of_appliance(
        "process-no-capabilities",
        "No process of the appliance has, or can get, a capability.",
        no_capabilities,
    ),
    Probe::of_appliance(
        "process-no-new-privileges",
        "No process of the appliance can gain rights by running a program.",
        no_new_privileges,
    ),
];

fn unprivileged(_: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    each(appliance, evidence, |process| {
        let root = process.uids.contains(&0) || process.gids.contains(&0);
        let known = !process.uids.is_empty() && !process.gids.is_empty();
        require(known && !root, || {
            format!("process {} runs as {:?} in {:?}", process.pid, process.uids, process.gids)
        })
    })?;
    let inside = try_inside(appliance, &[])?;
    evidence.note(format!("the daemon says of itself: uid {}, gid {}", inside.uid, inside.gid));
    require(inside.uid != 0 && inside.gid != 0, || "a program run within runs as root".to_owned())
}

fn no_capabilities(_: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    each(appliance, evidence, |process| match process.capabilities {
        Some(0) => Ok(()),
        Some(set) => Err(failed(format!("process {} has the capabilities {set:#x}", process.pid))),
        None => linux_only(),
    })
}

fn no_new_privileges(_: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    each(appliance, evidence, |process| match process.no_new_privileges {
        Some(true) => Ok(()),
        Some(false) => Err(failed(format!("process {} may gain privileges", process.pid))),
        None => linux_only(),
    })
}

/// A jail has no capabilities: its root is bound by jail(8), and no process of ours is root.
fn linux_only() -> Finding {
    if cfg!(target_os = "freebsd") {
        return Ok(());
    }
    Err(Shortfall::NotChecked {
        why: "the runtime could not read this of a process".to_owned(),
        hint: "see that /proc is mounted on the host".to_owned(),
    })
}

fn each(appliance: &dyn Appliance, evidence: &mut Evidence, check: impl Fn(&Process) -> Finding) -> Finding {
    let processes = appliance.processes()?;
    require(!processes.is_empty(), || "no process is seen, not even the daemon".to_owned())?;
    for process in &processes {
        evidence.note(format!(
            "{} `{}`: uids {:?}, gids {:?}, capabilities {:?}, no_new_privs {:?}",
            process.pid,
            process.command,
            process.uids,
            process.gids,
            process.capabilities,
            process.no_new_privileges
        ));
    }
    processes.iter().try_for_each(check)
}
