//! Another image for an appliance: planned from what is there, also from what an interrupted upgrade left.

use std::sync::Arc;

use super::{
    Layout, Operation, Reached, Record, School, Step,
    course::{Planned, Situation},
    files, service,
    step::short,
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
    let runs = ran || service::runs(host, &record.name)?;
    let layout = Layout::of(&record.name);
    let school = School::installed(&layout, host)?;
    let settings = site::settings(&school.site)?;
    let mut situation = Situation::of(record, (to, runs, reached), host)?.with_files(
        &school,
        settings,
        image.manifest.flavour,
        kernel,
    )?;
    situation.arrival = arrival(&layout, image);
    situation.arrival.push(files::tool(&layout, tool));
    Ok(Some(Planned { course: situation.upgrade(), reached, is_given_up: false }))
}

/// The image where images lie, unpacked and as it came.
fn arrival(layout: &Layout, image: &Image) -> Vec<Step> {
    let archive = layout.archive(image.digest);
    let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = |ending: &str, content: Vec<u8>| files::public(files::beside(&archive, ending), content);
    vec![
        Step::Unpacked { tree: Arc::new(image.tree.clone()), into: layout.image(image.digest) },
        beside(".sha256", format!("{}  {name}\n", image.digest).into_bytes()),
        beside(".sig", image.signature.clone()),
        files::public(archive.clone(), image.archive.clone()),
    ]
}

/// What is under way must end before anything else begins.
fn under_way(name: &str, operation: Operation) -> Error {
    let (what, hint) = match operation {
        Operation::Install => ("put in place", "install it again with the same image".to_owned()),
        Operation::Uninstall => ("taken away", format!("type `jailbuild uninstall {name}`")),
        Operation::Rollback { .. } => ("rolled back", format!("type `jailbuild rollback {name}`")),
        Operation::Upgrade { to, .. } => (
            "upgraded to another image",
            format!("go on with the image {}, or give that up: `jailbuild rollback {name}`", short(to)),
        ),
    };
    Error::configuration(format_args!("`{name}` is just being {what}, which was interrupted"), hint)
}
