//! The proof: an image opened, started with a throw-away data folder where it can be, and probed.

mod installed;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    digest::Sha256,
    error::{Context, Error, Result},
    host::file,
    image::Image,
    pkg_list::Flavour,
    policy::Policy,
    probe::{self, Doors, ImageFiles, NotStarted, Progress, Report, School, Subject},
    runtime::{Act, Appliance, DAEMON_USER, Deployment, Sabotage, Stage},
    site::{self, Folder, Origin, Site, certificates},
    target::Target,
};

pub use installed::{Installed, prove_installed};

/// What is proved.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Case {
    /// The image.
    pub archive: PathBuf,
    /// Its digest when it was opened first: what is probed is what was checked.
    pub sha256: Sha256,
    /// Whose site it is started with.
    pub origin: Origin,
    /// Which certificate it shows.
    pub certificate: Certificate,
    /// What is broken on purpose: empty but in tests.
    #[serde(default)]
    pub sabotage: Vec<Sabotage>,
}

/// Which certificate the appliance shows while it is probed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certificate {
    /// The school's own: for an image that was just made here.
    OfTheSchool,
    /// One that is made for the occasion: a stranger's image gets no key of the school's.
    ThrowAway,
}

/// What came of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Proof {
    /// The domain of the site that it was proved with.
    pub domain: String,
    /// Whether the appliance was started, or only its image looked at.
    pub started: bool,
    /// The outcome of each probe.
    #[serde(flatten)]
    pub report: Report,
    /// What went wrong with the appliance besides: it ended by itself, or would not end.
    pub fault: Option<String>,
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
        match (self.report.failed(), self.report.not_checked() + self.report.given_up()) {
            (0, _) if self.fault.is_some() => 1,
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
    let image = open(&case.archive, case.sha256)?;
    if let Some(not_started) = refusal(&image, start)? {
        return look(case, &image, not_started, &mut on_event);
    }
    match PROVE.run(case, &mut on_event) {
        Err(Error::Host { what, hint }) => {
            let why = format!("not started here: {what}");
            look(case, &image, NotStarted { why, hint }, &mut on_event)
        }
        ended => ended,
    }
}

/// Why this image is not to be started here, if so.
fn refusal(image: &Image, start: bool) -> Result<Option<NotStarted>> {
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
fn look(
    case: &Case,
    image: &Image,
    not_started: NotStarted,
    on_event: &mut dyn FnMut(Event),
) -> Result<Proof> {
    let scratch = tempfile::tempdir().doing("make a throw-away folder")?;
    let prover = Prover::new(case, scratch.path())?;
    let report = prover.probe(image, None, Err(not_started), on_event)?;
    Ok(prover.proof(false, report))
}

/// Starts the appliance, runs all probes, stops it.
fn prove_started(stage: &Stage, case: &Case, on_event: &mut dyn FnMut(Event)) -> Result<Proof> {
    on_event(Event::Doing("starting the appliance".to_owned()));
    let image = open(&case.archive, case.sha256)?;
    let prover = Prover::new(case, stage.scratch())?;
    let runtime = stage.runtime();
    let deployment = Deployment {
        firewall: runtime.rules(&prover.policy)?,
        sabotage: case.sabotage.clone(),
        ..prover.deploy(&image, stage.scratch())?
    };
    let appliance = runtime.start(&deployment)?;
    let report = prover.probe(&image, Some(&unpacked(stage.scratch())), Ok(appliance.as_ref()), on_event)?;
    on_event(Event::Doing("stopping the appliance".to_owned()));
    let fault = appliance.stop().err().map(|error| error.to_string());
    Ok(Proof { fault, ..prover.proof(true, report) })
}

/// Opens the image, if it still is the one that was meant.
fn open(archive: &Path, sha256: Sha256) -> Result<Image> {
    let image = Image::open(archive)?;
    if image.digest == sha256 {
        return Ok(image);
    }
    Err(Error::untrusted(
        format_args!(
            "`{}` is another than it was: SHA-256 {}, not {sha256}",
            archive.display(),
            image.digest
        ),
        "see who else writes to that folder, and begin anew",
    ))
}

/// Where the image lies unpacked.
fn unpacked(scratch: &Path) -> PathBuf {
    scratch.join("image")
}

/// A site with its folder and its policy.
struct Prover {
    site: Site,
    /// Where its certificates are: the school's own folder, or a throw-away one.
    folder: Folder,
    /// The school's own folder, whose keys must not be in the image.
    own: Folder,
    policy: Policy,
}

impl Prover {
    fn new(case: &Case, scratch: &Path) -> Result<Self> {
        let site = case.origin.load()?;
        let own = case.origin.folder();
        let folder = match case.certificate {
            Certificate::OfTheSchool => own.clone(),
            Certificate::ThrowAway => Folder::at(scratch.join("site")),
        };
        certificates::ensure(&site, &folder, OffsetDateTime::now_utc())?;
        // Another name and another link than those of the appliance that may be in service here.
        Ok(Self { policy: Policy::of(&site).throw_away(), site, folder, own })
    }

    fn proof(&self, started: bool, report: Report) -> Proof {
        Proof { domain: self.site.domain.to_string(), started, report, fault: None }
    }

    /// Lays out a throw-away deployment: the image unpacked, the site's settings, an empty data folder.
    fn deploy(&self, image: &Image, scratch: &Path) -> Result<Deployment> {
        let below = |name: &str| scratch.join(name);
        image.unpack(&unpacked(scratch))?;
        site::write_settings(&self.site, &self.folder, &below("settings"))?;
        file::create_folder(&below("data"), 0o700)?;
        Ok(Deployment {
            rootfs: unpacked(scratch).join(crate::image::ROOTFS),
            settings: below("settings"),
            data: below("data"),
            log: below("xmppd.log"),
            firewall: String::new(),
            policy: self.policy.clone(),
            uid: DAEMON_USER,
            gid: DAEMON_USER,
            hostname: self.site.name.to_string(),
            program: Deployment::daemon(),
            sabotage: Vec::new(),
        })
    }

    fn probe(
        &self,
        image: &Image,
        unpacked: Option<&Path>,
        appliance: Result<&dyn Appliance, NotStarted>,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<Report> {
        let subject = Subject {
            image: &ImageFiles::of(image)?,
            unpacked,
            minimal: image.manifest.flavour == Flavour::Minimal,
            appliance,
            in_service: false,
            school: &self.school()?,
            doors: &Doors::of(&self.site),
            host: self.policy.host,
            stack: self.policy.stack,
        };
        Ok(probe::run_all(&subject, |progress| on_event(Event::Probing(progress))))
    }

    /// The facts that the probes compare with, and every key that there is.
    fn school(&self) -> Result<School> {
        let mut school = School::read(&self.site, &self.folder)?;
        if self.own != self.folder && self.own.key().exists() {
            school.secrets.extend(School::read(&self.site, &self.own)?.secrets);
        }
        Ok(school)
    }
}
