//! What comes before a child's account.

use super::{Evidence, Finding, Probe, Subject, account::add_child_without_consent, failed};
use crate::runtime::Appliance;

pub(super) const PROBES: &[Probe] = &[Probe::of_appliance(
    "consent-first",
    "A child gets no account before its parents' consent is recorded.",
    consent_first,
)];

/// A daemon that refuses for another reason has not shown that it asks for consent.
fn consent_first(_: &Subject, appliance: &dyn Appliance, evidence: &mut Evidence) -> Finding {
    let complaint = add_child_without_consent(appliance)?;
    let complaint = complaint.ok_or_else(|| failed("a child got an account without anybody's consent"))?;
    if !complaint.contains("consent") {
        return Err(failed(format!("the account is refused, but not for want of consent: {complaint}")));
    }
    evidence.note(complaint);
    Ok(())
}
