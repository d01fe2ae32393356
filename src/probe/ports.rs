//! Which ports answer.

use super::{Evidence, Finding, Probe, Subject, failed, require, scan::scan};
use crate::runtime::Appliance;

pub(super) const PROBES: &[Probe] = &[
    Probe::of_appliance(
        "ports-only-wanted",
        "Of all TCP ports of the appliance only those answer that the school has opened.",
        only_wanted,
    ),
    Probe::of_appliance(
        "listeners-only-wanted",
        "Nothing else listens within, on any address, TCP or UDP.",
        listeners,
    ),
];

fn only_wanted(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let doors = subject.doors;
    let seen = scan(appliance.address(), &doors.scanned)?;
    evidence.note(format!(
        "{} ports tried: open {:?}, {} refused, {} silent, {} not let out by this host",
        doors.scanned.len(),
        seen.open,
        seen.refused,
        seen.silent,
        seen.denied
    ));
    let wanted = doors.wanted();
    if let Some(port) = seen.open.iter().find(|port| !wanted.contains(port)) {
        return Err(failed(format!("port {port} answers")));
    }
    require(seen.open == wanted, || format!("only {:?} answer, not all of {:?}", seen.open, wanted))
}

fn listeners(subject: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let listening = appliance.listening()?;
    for listener in &listening {
        evidence.note(format!("{} {}", listener.protocol, listener.port));
    }
    let wanted = subject.doors.wanted();
    if let Some(other) =
        listening.iter().find(|listener| listener.protocol != "tcp" || !wanted.contains(&listener.port))
    {
        return Err(failed(format!("something listens on {} port {}", other.protocol, other.port)));
    }
    match wanted.iter().find(|&&port| !listening.iter().any(|listener| listener.port == port)) {
        None => Ok(()),
        Some(port) => {
            Err(failed(format!("nothing listens on {port}: the list of listeners cannot be right")))
        }
    }
}
