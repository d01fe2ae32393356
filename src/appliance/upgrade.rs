//! Another image for an appliance: planned from what is there, also from what an interrupted upgrade left.

use super::{
    Layout, Operation, Reached, Record, School, Step,
    course::{Planned, Situation},
    files, service,
};
use crate::{
    error::{Error, Result},
    host::Host,
    image::Image,
    render::KernelParameters,
    site,
};

/// Plans an upgrade; nothing where the image is in service already.
///
/// `tool` is the program that upgrades, `kernel` what the host's kernel knows of jails.
///
/// # Errors
/// [`Error::Configuration`] if something else is under way.
pub fn plan(
    record: &Record,
    image: &Image,
    tool: &[u8],
    kernel: &KernelParameters,
    host: &dyn Host,
) -> Result<Option<Planned>> {
    let to = image.digest;
    let (ran, reached) = match record.under_way {
        None if record.image == to => return Ok(None),
        None => (false, Reached::Begun),
        Some(Operation::Upgrade { to: begun, runs, reached }) if begun == to => (runs, reached),
        Some(operation) => return Err(under_way(&record.name, operation)),
    };
    let runs = ran || service::is_meant_to_run(host, &record.name)?;
    let layout = Layout::of(&record.name);
    let school = School::installed(&layout, host)?;
    let settings = site::settings(&school.site)?;
    let mut situation = Situation::of(record, (to, runs, reached), host)?.with_files(
        &school,
        settings,
        image.manifest.flavour,
        kernel,
    )?;
    // Who was interrupted while it was taken away again has left a part of it.
    if record.under_way.is_some() && record.previous != Some(to) {
        situation.arrival.push(Step::Absent { path: layout.image(to) });
    }
    situation.arrival.extend(files::image(&layout, image));
    situation.tool = Some(files::tool(&layout, tool));
    Ok(Some(Planned { course: situation.upgrade(), reached, is_given_up: false }))
}

/// What is under way must end before anything else begins.
pub(super) fn under_way(name: &str, operation: Operation) -> Error {
    Error::configuration(
        format_args!("`{name}` is not whole: {operation} was begun and has not ended"),
        operation.goes_on_by(name),
    )
}
