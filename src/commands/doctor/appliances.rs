//! What the appliances of a FreeBSD host need of somebody.

use time::OffsetDateTime;

use crate::{
    appliance::{Layout, requirements},
    checkup::Check,
    condition::{Attention, Condition},
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
    match Condition::of(name, host, now) {
        Ok(condition) if condition.attention.is_empty() => {
            let state = if condition.runs() { "it runs" } else { "it is stopped" };
            vec![Check::ok(&subject, format_args!("{state}; nothing needs you"))]
        }
        Ok(condition) => condition.attention.into_iter().map(|one| of_attention(&subject, one)).collect(),
        Err(error) => vec![of_attention(&subject, Attention::from(&error))],
    }
}

fn of_attention(subject: &str, attention: Attention) -> Check {
    Check { hint: attention.hint, ..Check::limited(subject, attention.what, "") }
}
