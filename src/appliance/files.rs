//! The files of an appliance: the same for whoever puts it in place and for whoever renews it.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Content, Layout, Owner, Record, School, Step};
use crate::{
    error::Result,
    host::file::{PUBLIC, SECRET},
    image::Image,
    pkg_list::Flavour,
    policy::Policy,
    render::{Jail, KernelParameters, Service, Word, device_rules},
    site,
};

/// The mode of programs and scripts that nobody writes to.
const PROGRAM: u32 = 0o555;

/// What the files are made from.
pub struct Files<'a> {
    /// Which image, which interfaces, which stack.
    pub record: &'a Record,
    /// Whose.
    pub school: &'a School,
    /// What the image has besides the daemon.
    pub flavour: Flavour,
    /// The locks that the kernel knows.
    pub kernel: &'a KernelParameters,
}

impl Files<'_> {
    /// Those by which the host starts it. Where one of them changes, it must be started anew.
    pub fn of_host(&self) -> Result<Vec<Step>> {
        let layout = self.layout();
        let policy = self.record.policy(&self.school.site);
        let service = self.service(&policy)?;
        let devices = if self.devices() {
            public(layout.device_rules(), device_rules()?)
        } else {
            Step::Absent { path: layout.device_rules() }
        };
        Ok(vec![
            public(layout.jail_conf(), self.jail(&policy)?),
            public(layout.pf_conf(), policy.pf(&self.externals()?, self.record.log_blocked)?),
            devices,
            public(layout.log_rotation(), service.log_rotation()?),
            file(layout.service(), PROGRAM, Owner::Root, service.render()?),
        ])
    }

    /// Those that the daemon reads: where one of them changes, it takes them in anew while it runs.
    pub fn of_daemon(&self) -> Result<Vec<Step>> {
        let layout = self.layout();
        let settings = secret(&layout, "xmppd.toml", &site::settings(&self.school.site)?);
        Ok(certificate(&layout, self.school).into_iter().chain([settings]).collect())
    }

    /// Those for people, and for the next upgrade.
    pub fn of_school(&self) -> Vec<Step> {
        let layout = self.layout();
        vec![
            public(layout.site(), self.school.text.as_str()),
            public(layout.authority(), self.school.authority.as_str()),
        ]
    }

    fn layout(&self) -> Layout {
        Layout::of(&self.record.name)
    }

    /// Whether its jail has a `/dev`: only a shell needs one.
    fn devices(&self) -> bool {
        self.flavour == Flavour::Debug
    }

    fn externals(&self) -> Result<Vec<Word>> {
        self.record.externals.iter().map(Word::new).collect()
    }

    fn jail(&self, policy: &Policy) -> Result<String> {
        let jail = Jail {
            policy,
            root: Word::path(&self.layout().root())?,
            hostname: Word::new(self.school.site.domain.ascii())?,
            image: Some(Word::new(format!("sha256:{}", self.record.image))?),
            devices: self.devices(),
        };
        jail.render(self.kernel)
    }

    fn service<'a>(&self, policy: &'a Policy) -> Result<Service<'a>> {
        let layout = self.layout();
        let device_rules = layout.device_rules();
        Ok(Service {
            policy,
            jail_conf: Word::path(&layout.jail_conf())?,
            pf_conf: Word::path(&layout.pf_conf())?,
            rootfs: Word::path(&layout.rootfs())?,
            root: Word::path(&layout.root())?,
            settings: Word::path(&layout.settings())?,
            data: Word::path(&layout.data())?,
            log: Word::path(&layout.log())?,
            device_rules: self.devices().then(|| Word::path(&device_rules)).transpose()?,
            log_blocked: self.record.log_blocked,
            tool: Word::path(&layout.tool())?,
        })
    }
}

/// The program that installs it, kept so that `service NAME verify` works whatever becomes of this one.
pub fn tool(layout: &Layout, program: &[u8]) -> Step {
    file(layout.tool(), PROGRAM, Owner::Root, program)
}

/// An image where images lie: unpacked, and as it came.
pub fn image(layout: &Layout, image: &Image) -> Vec<Step> {
    let archive = layout.archive(image.digest);
    let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = |ending: &str, content: Vec<u8>| public(beside(&archive, ending), content);
    vec![
        Step::Unpacked { tree: Arc::new(image.tree.clone()), into: layout.image(image.digest) },
        beside(".sha256", format!("{}  {name}\n", image.digest).into_bytes()),
        beside(".sig", image.signature.clone()),
        public(archive.clone(), image.archive.clone()),
    ]
}

/// The certificate that the daemon shows, and its key.
pub fn certificate(layout: &Layout, school: &School) -> [Step; 2] {
    [secret(layout, "chain.pem", &school.chain), secret(layout, "key.pem", school.key.pem())]
}

/// A file of the daemon's settings.
fn secret(layout: &Layout, name: &str, text: &str) -> Step {
    file(layout.settings().join(name), SECRET, Owner::Daemon, text)
}

/// The record of what is installed.
pub fn record(record: &Record) -> Step {
    public(Layout::of(&record.name).record(), record.to_json())
}

pub(super) fn public(path: PathBuf, text: impl Into<Vec<u8>>) -> Step {
    file(path, PUBLIC, Owner::Root, text)
}

pub(super) fn folder(path: PathBuf, mode: u32, owner: Owner) -> Step {
    Step::Folder { path, mode, owner }
}

fn file(path: PathBuf, mode: u32, owner: Owner, text: impl Into<Vec<u8>>) -> Step {
    Step::File { path, mode, owner, content: Content::new(text) }
}

/// A name beside a file: `FILE.sig`.
pub(super) fn beside(path: &Path, ending: impl Display) -> PathBuf {
    PathBuf::from(format!("{}{ending}", path.display()))
}
