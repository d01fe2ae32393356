//! The proof: an image opened, started with a throw-away data folder where it can be, and probed.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::{
    error::{Context, Error, Result},
    host::file,
    image::Image,
    pkg_list::Flavour,
    policy::Policy,
    probe::{self, Doors, ImageFiles, NotStarted, Progress, Report, School, Subject},
    runtime::{Act, Appliance, Deployment, Sabotage, Stage},
    site::{self, Folder, Origin, Site},
    target::Target,
};

/// The user and group that the daemon runs as.
const DAEMON_USER: u32 = 5222;

/// What is proved.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Case {
    /// The image.
    pub archive: PathBuf,
    /// Whose site it is started with.
    pub origin: Origin,
    /// What is broken on purpose: empty but in tests.
    #[serde(default)]
    pub sabotage: Vec<Sabotage>,
}

/// What came of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Proof {
    /// Whether the appliance was started, or only its image looked at.
    pub started: bool,
    /// The outcome of each probe.
    #[serde(flatten)]
    pub report: Report,
}

/// How far it has come.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum Event {
    /// Something is being done.
    Doing(String),
    /// The probes run.
    Probing(Progress),
}

/// The proof of a started appliance, performed on a stage.
pub const PROVE: Act<Case, Event, Proof> = Act { name: "prove", perform: prove_started };

impl Proof {
    /// The exit code, as README.md documents it.
    pub fn exit_code(&self, strict: bool) -> u8 {
        match (self.report.failed(), self.report.not_checked()) {
            (1.., _) => 1,
            (0, 1..) if strict => 1,
            (0, _) if self.started => 0,
            (0, _) => 4,
        }
    }
}

/// Proves what can be proved here: an image for another system, or on a machine where nothing can be started, is
/// only looked at, and every other claim is *not checked*.
pub fn prove(case: &Case, start: bool, mut on_event: impl FnMut(Event)) -> Result<Proof> {
    if let Some(not_started) = refusal(case, start)? {
        return look(case, not_started, &mut on_event);
    }
    match PROVE.run(case, &mut on_event) {
        Err(Error::Host { what, hint }) => look(case, NotStarted { why: what, hint }, &mut on_event),
        ended => ended,
    }
}

/// Why this image is not to be started here, if so.
fn refusal(case: &Case, start: bool) -> Result<Option<NotStarted>> {
    let image = Image::open(&case.archive, &[])?;
    let (target, host) = (image.manifest.target, Target::host()?);
    if target != host {
        return Ok(Some(NotStarted {
            why: format!("not started here: an image for `{target}` cannot run on `{host}`"),
            hint: format!("run `jailbuild verify` on `{target}`"),
        }));
    }
    let unwanted = || NotStarted {
        why: "not started here: that was asked for".to_owned(),
        hint: "leave out `--no-start`".to_owned(),
    };
    Ok((!start).then(unwanted))
}

/// Runs the probes that need no start.
fn look(case: &Case, not_started: NotStarted, on_event: &mut dyn FnMut(Event)) -> Result<Proof> {
    let image = Image::open(&case.archive, &[])?;
    let prover = Prover::load(&case.origin)?;
    let report = prover.probe(case, &image, Err(not_started), on_event)?;
    Ok(Proof { started: false, report })
}

/// Starts the appliance, runs all probes, stops it.
fn prove_started(stage: &Stage, case: &Case, on_event: &mut dyn FnMut(Event)) -> Result<Proof> {
    on_event(Event::Doing("starting the appliance".to_owned()));
    let image = Image::open(&case.archive, &[])?;
    let prover = Prover::load(&case.origin)?;
    let scratch = tempfile::tempdir().doing("make a throw-away folder")?;
    let runtime = stage.runtime();
    let deployment = Deployment {
        firewall: runtime.rules(&prover.policy)?,
        sabotage: case.sabotage.clone(),
        ..prover.deploy(&image, &scratch)?
    };
    let appliance = runtime.start(&deployment)?;
    let report = prover.probe(case, &image, Ok(appliance.as_ref()), on_event)?;
    on_event(Event::Doing("stopping the appliance".to_owned()));
    appliance.stop()?;
    Ok(Proof { started: true, report })
}

/// A site with its folder and its policy.
struct Prover {
    site: Site,
    folder: Folder,
    policy: Policy,
}

impl Prover {
    fn load(origin: &Origin) -> Result<Self> {
        let site = origin.load()?;
        let policy = Policy::of(&site);
        Ok(Self { site, folder: origin.folder(), policy })
    }

    /// Lays out a throw-away deployment: the image unpacked, the site's settings, an empty data folder.
    fn deploy(&self, image: &Image, scratch: &TempDir) -> Result<Deployment> {
        let below = |name: &str| scratch.path().join(name);
        image.unpack(&below("image"))?;
        site::write_settings(&self.site, &self.folder, &below("settings"))?;
        file::create_folder(&below("data"), 0o700)?;
        Ok(Deployment {
            rootfs: below("image").join(crate::image::ROOTFS),
            settings: below("settings"),
            data: below("data"),
            log: below("xmppd.log"),
            firewall: String::new(),
            policy: self.policy.clone(),
            uid: DAEMON_USER,
            gid: DAEMON_USER,
            hostname: self.site.domain.to_string(),
            program: Deployment::daemon(),
            sabotage: Vec::new(),
        })
    }

    fn probe(
        &self,
        case: &Case,
        image: &Image,
        appliance: Result<&dyn Appliance, NotStarted>,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<Report> {
        let doors = Doors::of(&self.policy)
            .ok_or_else(|| Error::failed("cannot probe: the policy does not open exactly two ports"))?;
        let subject = Subject {
            image: &ImageFiles::open(&case.archive)?,
            minimal: image.manifest.flavour == Flavour::Minimal,
            appliance,
            school: &School::read(&self.site, &self.folder)?,
            doors: &doors,
            host: self.policy.host,
        };
        Ok(probe::run_all(&subject, |progress| on_event(Event::Probing(progress))))
    }
}
