//! The way back: an upgrade that is under way is given up, or else the previous image comes back and the data stays.

use super::{
    Layout, Operation, Reached, Record, School,
    course::{Planned, Situation},
    kept::Kept,
    service,
    step::short,
    upgrade,
};
use crate::{
    digest::Sha256,
    error::{Error, Result},
    host::Host,
    image::{MANIFEST, Manifest},
    pkg_list::Flavour,
    render::KernelParameters,
    site,
};

/// Plans the way back; `kernel` is what the host's kernel knows of jails.
///
/// # Errors
/// [`Error::Configuration`] if there is no way back, or something else is under way.
pub fn plan(record: &Record, kernel: &KernelParameters, host: &dyn Host) -> Result<Planned> {
    let runs = |ran: bool| Ok::<_, Error>(ran || service::is_meant_to_run(host, &record.name)?);
    match record.under_way {
        // The other image is in service: there is nothing to give up any more.
        None | Some(Operation::Upgrade { reached: Reached::Done, .. }) => {
            let to = record.previous.ok_or_else(|| nowhere(&record.name))?;
            course(record, (to, runs(false)?, Reached::Begun), kernel, host)
        }
        Some(Operation::Rollback { to, runs: ran, reached }) => {
            course(record, (to, runs(ran)?, reached), kernel, host)
        }
        Some(Operation::Upgrade { to, runs: ran, reached }) => {
            let situation = Situation::of(record, (to, runs(ran)?, reached), host)?;
            Ok(Planned { course: situation.upgrade(), reached, is_given_up: true })
        }
        Some(operation @ (Operation::Install | Operation::Restore { .. } | Operation::Uninstall)) => {
            Err(upgrade::under_way(&record.name, operation))
        }
    }
}

fn course(
    record: &Record,
    (to, runs, reached): (Sha256, bool, Reached),
    kernel: &KernelParameters,
    host: &dyn Host,
) -> Result<Planned> {
    let layout = Layout::of(&record.name);
    let school = School::installed(&layout, host)?;
    let kept = Kept::put_by(host, &layout, to)?;
    // An older daemon need not know all settings of today; what the school has changed since must not be lost, though.
    let settings = match kept.settings_of(school.text.as_bytes()) {
        Some(settings) => String::from_utf8_lossy(settings).into_owned(),
        None => site::settings(&school.site)?,
    };
    let flavour = flavour(&layout, to, host)?;
    let situation = Situation::of(record, (to, runs, reached), host)?;
    let situation = situation.with_files(&school, settings, flavour, kernel)?;
    Ok(Planned { course: situation.rollback(), reached, is_given_up: false })
}

fn flavour(layout: &Layout, image: Sha256, host: &dyn Host) -> Result<Flavour> {
    let path = layout.image(image).join(MANIFEST);
    let manifest = host.read(&path)?.ok_or_else(|| {
        Error::failed_with_hint(
            format_args!(
                "the image {} is not there any more: there is no `{}`",
                short(image),
                path.display()
            ),
            "get that image again, and upgrade to it",
        )
    })?;
    Ok(Manifest::parse(&manifest)?.flavour)
}

fn nowhere(name: &str) -> Error {
    Error::configuration(
        format_args!("`{name}` has had no other image: there is nothing to go back to"),
        "`jailbuild upgrade IMAGE` gives it another one",
    )
}
