//! The school that a transcript plays at, and its appliance.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use jailbuild::{
    policy::Policy,
    runtime::{DAEMON_USER, Deployment},
    site::{Folder, Site, certificates, write_settings},
};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use time::OffsetDateTime;

use crate::support;

/// What is needed to play: plain data, as it goes to the stage's process.
#[derive(Deserialize, Serialize)]
pub(crate) struct Order {
    /// What is started.
    pub(crate) deployment: Deployment,
    /// Where commands are typed.
    pub(crate) folder: PathBuf,
    /// The domain of all addresses.
    pub(crate) domain: String,
    /// The port of direct TLS.
    pub(crate) port: u16,
    /// What is typed.
    pub(crate) commands: Vec<String>,
}

/// Makes a school in this folder, with what is given for it.
pub(crate) fn open(folder: &Path, given: &Path, commands: Vec<String>) -> Order {
    if given.is_dir() {
        copy(given, folder);
    }
    let file = folder.join("jailbuild.toml");
    if !file.exists() {
        fs::write(&file, Site::example_text().expect("a text")).expect("a file");
    }
    let site = Site::load(&file).expect("a school");
    certificates::ensure(&site, &Folder::beside(&file), OffsetDateTime::now_utc()).expect("certificates");
    let appliance = folder.join("appliance");
    fs::create_dir_all(appliance.join("data")).expect("a folder");
    write_settings(&site, &Folder::beside(&file), &appliance.join("settings")).expect("settings");
    let (domain, port) = (site.domain.to_string(), site.network.direct_tls);
    Order { deployment: deployment(&site, &appliance), folder: folder.to_owned(), domain, port, commands }
}

fn deployment(site: &Site, appliance: &Path) -> Deployment {
    let policy = Policy::of(site);
    Deployment {
        rootfs: rootfs(),
        settings: appliance.join("settings"),
        data: appliance.join("data"),
        log: appliance.join("log"),
        uid: DAEMON_USER,
        gid: DAEMON_USER,
        hostname: format!("chat.{}", site.domain.ascii()),
        program: Deployment::daemon(),
        firewall: policy.nft().expect("rules"),
        policy,
        sabotage: Vec::new(),
    }
}

/// One for all appliances, which cannot write there.
static ROOTFS: Mutex<Option<TempDir>> = Mutex::new(None);

fn rootfs() -> PathBuf {
    let mut rootfs = ROOTFS.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = rootfs.get_or_insert_with(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        support::lay_out(folder.path(), support::daemon());
        folder
    });
    folder.path().to_owned()
}

/// Takes away what all had in common: nothing else ends before the program.
pub(crate) fn clear() {
    drop(ROOTFS.lock().unwrap_or_else(PoisonError::into_inner).take());
}

/// Whose files are readable by all: a checkout keeps no mode but this.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).expect("a copy");
            fs::set_permissions(to, Permissions::from_mode(0o644)).expect("its mode");
        }
    }
}
