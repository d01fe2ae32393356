//! What the appliances of a FreeBSD host need of somebody, besides other certificates.

use time::OffsetDateTime;

use crate::{
    appliance::{Layout, requirements},
    checkup::Check,
    condition::{About, Attention, Condition},
    host::Host,
};

/// Looks at each; only root can.
pub(super) fn checks(host: &dyn Host, now: OffsetDateTime) -> Vec<Check> {
    if requirements::root(host).is_err() {
        return Vec::new();
    }
    let names = Layout::names(host).unwrap_or_default();
    names.iter().flat_map(|name| of(name, host, now)).collect()
}

fn of(name: &str, host: &dyn Host, now: OffsetDateTime) -> Vec<Check> {
    let subject = format!("appliance {name}");
    let condition = match Condition::of(name, host, now) {
        Ok(condition) => condition,
        Err(error) => return vec![of_attention(&subject, Attention::from(&error))],
    };
    let state = if condition.runs() { "it runs" } else { "it is stopped" };
    let rest = condition.attention.into_iter().filter(|one| one.about != About::Certificate);
    let checks: Vec<_> = rest.map(|one| of_attention(&subject, one)).collect();
    if checks.is_empty() { vec![Check::ok(&subject, state)] } else { checks }
}

fn of_attention(subject: &str, attention: Attention) -> Check {
    Check { hint: attention.hint, ..Check::limited(subject, attention.what, "") }
}
