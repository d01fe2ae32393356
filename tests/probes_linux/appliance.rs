//! An appliance of the example school, and the act that starts and probes it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use jailbuild::{
    Result,
    error::Context as _,
    policy::Policy,
    probe::{Doors, ImageFiles, Progress, Report, School, Subject, run_all},
    runtime::{Act, Deployment, Sabotage, Stage},
    site::{Folder, Site, certificates, write_settings},
};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use time::OffsetDateTime;

use crate::support::lay_out;

/// What is needed to start and probe: plain data, as it goes to another process.
#[derive(Deserialize, Serialize)]
pub(crate) struct Order {
    deployment: Deployment,
    archive: PathBuf,
    site: PathBuf,
}

/// Starts the appliance and runs every probe on it.
pub(crate) const PROBE: Act<Order, Progress, Report> = Act { name: "probe", perform: probe };

fn probe(stage: &Stage, order: &Order, on_progress: &mut dyn FnMut(Progress)) -> Result<Report> {
    let archive = File::open(&order.archive).doing_to("open", &order.archive)?;
    let image = ImageFiles::read(GzDecoder::new(archive)).doing_to("read", &order.archive)?;
    let site = Site::example();
    let school = School::read(&site, &Folder::at(&order.site))?;
    let doors = Doors::of(&site);
    let appliance = stage.runtime().start(&order.deployment)?;
    let subject = Subject {
        image: &image,
        unpacked: order.deployment.rootfs.parent(),
        minimal: true,
        appliance: Ok(&*appliance),
        in_service: false,
        school: &school,
        doors: &doors,
        host: order.deployment.policy.host,
        stack: order.deployment.policy.stack,
    };
    let report = run_all(&subject, on_progress);
    appliance.stop()?;
    Ok(report)
}

/// Makes the example school's site, a root file system with the daemon in it, and probes it.
pub(crate) fn probed(daemon: &Path, sabotage: &[Sabotage]) -> Report {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let order = prepare(daemon, sabotage, &folder);
    PROBE.run(&order, |_| {}).expect("it starts")
}

fn prepare(daemon: &Path, sabotage: &[Sabotage], folder: &TempDir) -> Order {
    let beside = |name: &str| folder.path().join(name);
    let example = Site::example();
    let site = Folder::at(beside("site"));
    certificates::ensure(&example, &site, OffsetDateTime::now_utc()).expect("certificates");
    write_settings(&example, &site, &beside("settings")).expect("settings");
    fs::create_dir(beside("data")).expect("a folder");
    let rootfs = beside("image/rootfs");
    lay_out(&rootfs, daemon);
    pack(&rootfs, &beside("image.tar.gz")).expect("an archive");
    let policy = Policy::of(&example);
    let deployment = Deployment {
        rootfs,
        settings: beside("settings"),
        data: beside("data"),
        log: beside("log"),
        uid: 5222,
        gid: 5222,
        hostname: "chat.school.test".to_owned(),
        program: Deployment::daemon(),
        firewall: policy.nft().expect("rules"),
        policy,
        sabotage: sabotage.to_vec(),
    };
    Order { deployment, archive: beside("image.tar.gz"), site: beside("site") }
}

fn pack(rootfs: &Path, archive: &Path) -> std::io::Result<()> {
    let mut tar = tar::Builder::new(GzEncoder::new(File::create(archive)?, Compression::fast()));
    tar.append_dir_all("rootfs", rootfs)?;
    tar.into_inner()?.finish().map(drop)
}
