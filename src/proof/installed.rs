//! The proof of an appliance that is in service: the same probes, against the live school.

use std::{net::Ipv4Addr, path::PathBuf};

use super::{Event, Proof, open};
use crate::{
    digest::Sha256,
    error::Result,
    host::{Host as _, ThisHost},
    pkg_list::Flavour,
    policy::Stack,
    probe::{self, Doors, ImageFiles, School, Subject},
    runtime::{Place, freebsd, interrupts},
    site::Site,
};

/// An appliance that is installed on this host.
#[derive(Clone, Debug)]
pub struct Installed {
    /// The image as it came, with its digest and its signature beside it.
    pub archive: PathBuf,
    /// Its digest when it was installed.
    pub sha256: Sha256,
    /// The folder that it was unpacked into.
    pub unpacked: PathBuf,
    /// Where it runs.
    pub place: Place,
    /// The school's file as it was installed.
    pub site: Site,
    /// The certificate of the school's authority.
    pub authority: PathBuf,
    /// The folder of `chain.pem` and `key.pem`.
    pub settings: PathBuf,
}

impl Installed {
    /// The host's address, as the appliance sees it: with a shared stack its own, for it has no other way to pf.
    fn host(&self) -> Ipv4Addr {
        let policy = &self.place.policy;
        match policy.stack {
            Stack::Own => policy.host,
            Stack::Shared => policy.jail,
        }
    }
}

/// Probes an appliance that is in service. It is neither started nor stopped nor changed, nobody's session ends, and the
/// accounts made for the probes are in nobody's roster, and gone afterwards; by a signal as well.
///
/// # Errors
/// Where the appliance does not run, or its image is another than was installed; what the probes find is in the [`Proof`].
pub fn prove_installed(installed: &Installed, mut on_event: impl FnMut(Event)) -> Result<Proof> {
    on_event(Event::Doing("opening the image that was installed".to_owned()));
    let image = open(&installed.archive, installed.sha256)?;
    let school = School::of_installed(&installed.site, &installed.authority, &installed.settings)?;
    let appliance = freebsd::attach(installed.place.clone())?;
    let name = installed.place.policy.name.clone();
    let forget =
        move || probe::forget_accounts(|arguments| ThisHost.output(&freebsd::inside(&name, arguments)));
    // Those of a proof that was killed.
    forget()?;
    let _undo = interrupts::undo_when_interrupted({
        let forget = forget.clone();
        move || drop(forget())
    })?;
    let subject = Subject {
        image: &ImageFiles::of(&image)?,
        unpacked: Some(&installed.unpacked),
        minimal: image.manifest.flavour == Flavour::Minimal,
        appliance: Ok(appliance.as_ref()),
        in_service: true,
        school: &school,
        doors: &Doors::of(&installed.site),
        host: installed.host(),
        stack: installed.place.policy.stack,
    };
    let report = probe::run_all(&subject, |progress| on_event(Event::Probing(progress)));
    let ended = forget().and_then(|()| appliance.stop());
    Ok(Proof {
        domain: installed.site.domain.to_string(),
        started: true,
        report,
        fault: ended.err().map(|error| error.to_string()),
    })
}
