//! What proves that an appliance in service is closed.

use super::{Layout, Record};
use crate::{
    error::{Error, Result},
    host::Host,
    proof::{Event, Installed, Proof, prove_installed},
    runtime::Place,
};

/// Proves appliances in service; in tests, one that says what it was told to say.
pub trait Prover {
    /// Probes the appliance that this record describes.
    ///
    /// # Errors
    /// If it cannot be probed; what the probes find is in the [`Proof`].
    fn prove(&self, record: &Record, tell: &mut dyn FnMut(Event)) -> Result<Proof>;
}

/// Proves with the probes, against the live school.
pub struct InService<'a> {
    /// The host that it is on.
    pub host: &'a dyn Host,
}

impl Prover for InService<'_> {
    fn prove(&self, record: &Record, tell: &mut dyn FnMut(Event)) -> Result<Proof> {
        prove_installed(&installed(record, self.host)?, tell)
    }
}

/// Where the appliance that this record describes is found.
///
/// # Errors
/// If a file of it is missing.
pub fn installed(record: &Record, host: &dyn Host) -> Result<Installed> {
    let layout = Layout::of(&record.name);
    let site = record.site(host)?;
    let rules = layout.pf_conf();
    let missing = || Error::failed(format_args!("there is no `{}`", rules.display()));
    Ok(Installed {
        archive: layout.archive(record.image),
        sha256: record.image,
        unpacked: layout.image(record.image),
        place: Place {
            policy: record.policy(&site),
            root: layout.root(),
            pid_file: layout.pid_file(),
            firewall: host.text(&rules)?.ok_or_else(missing)?,
            data: layout.data(),
            log: layout.log(),
        },
        site,
        authority: layout.authority(),
        settings: layout.settings(),
    })
}
