//! A new certificate for an appliance: put in place, and taken in while it runs, so that nobody is cut off.

use super::{
    Layout, Plan, Record, School, Service, Step, files,
    service::{self, State},
};
use crate::{
    error::{Error, Result},
    host::Host,
};

/// Refuses an appliance whose clients would not trust a certificate by this authority, or which is not whole.
///
/// # Errors
/// [`Error::Configuration`] with how to go on.
pub fn require(record: &Record, authority: &str, host: &dyn Host) -> Result<()> {
    let name = &record.name;
    if let Some(operation) = record.under_way {
        return Err(Error::configuration(
            format_args!("`{name}` is not whole: {operation} was begun and has not ended"),
            operation.goes_on_by(name),
        ));
    }
    if host.text(&Layout::of(name).authority())?.as_deref() == Some(authority) {
        return Ok(());
    }
    Err(Error::configuration(
        format_args!("`{name}` is installed here with another authority than that of this school's folder"),
        "type this where the appliance's own `jailbuild.toml` and `site/` are, or name them: `--file FILE`; a new authority \
         comes with `jailbuild install IMAGE`, of which every device must then be told",
    ))
}

/// The steps that are left until the appliance shows this school's certificate.
pub fn plan(record: &Record, school: &School, host: &dyn Host) -> Result<Plan> {
    let layout = Layout::of(&record.name);
    let mut steps = Plan::new(files::certificate(&layout, school)).pending(host)?.steps;
    if !steps.is_empty() {
        let state = taken_in(host, &record.name)?;
        steps.extend(state.map(|state| Step::Service { name: record.name.clone(), state }));
    }
    Ok(Plan { steps })
}

/// How the appliance takes in another certificate; not at all while it does not run.
pub fn taken_in(host: &dyn Host, name: &str) -> Result<Option<Service>> {
    Ok(match State::of(host, name)? {
        // Nobody is cut off for a certificate where something else is to be mended.
        State::Impaired(_) if service::is_ready(host, name)? => Some(Service::Reloaded),
        state => state.taking_in(false),
    })
}
