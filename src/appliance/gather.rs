//! What of an installed appliance goes into a backup.

use std::path::PathBuf;

use super::Layout;
use crate::{
    backup::{Place, School},
    error::{Error, Result},
    host::Host,
    site::Site,
};

/// The school as it is installed on this host. The key of its authority is not there.
///
/// # Errors
/// [`Error::Failed`] if a file of the appliance is missing.
pub fn school(layout: &Layout, host: &dyn Host) -> Result<School> {
    let read = |path: PathBuf| {
        let missing = || Error::failed(format_args!("there is no `{}`", path.display()));
        host.read(&path)?.ok_or_else(missing)
    };
    let text = String::from_utf8_lossy(&read(layout.site())?).into_owned();
    let mut school = School::with(Site::parse(&layout.site(), &text)?, text);
    let settings = layout.settings();
    school.add(Place::authority(), read(layout.authority())?);
    for name in ["chain.pem", "key.pem"] {
        school.add(format!("site/site/tls/{name}").parse()?, read(settings.join(name))?);
    }
    add_record(&mut school, layout, host)?;
    Ok(school)
}

/// How it is installed on this host, if it is.
///
/// # Errors
/// [`Error::Failed`] if that cannot be read.
pub fn add_record(school: &mut School, layout: &Layout, host: &dyn Host) -> Result<()> {
    if let Some(record) = host.read(&layout.record())? {
        school.add(Place::appliance(), record);
    }
    Ok(())
}
