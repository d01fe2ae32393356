//! Where everything of an installed appliance lies (hier(7)).

use std::path::{Path, PathBuf};

use crate::{
    digest::Sha256,
    error::Result,
    host::{Found, Host},
};

/// The folder below which each appliance has its own, with images and data.
const IMAGES: &str = "/usr/local/jailbuild";

/// The folder below which each appliance has its own, with its settings.
const SETTINGS: &str = "/usr/local/etc/jailbuild";

/// The places of one appliance.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Layout {
    name: String,
}

impl Layout {
    /// The places of the appliance with this name, which is a [`crate::site::Name`].
    pub fn of(name: &str) -> Self {
        Self { name: name.to_owned() }
    }

    /// The appliance's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the appliances of this host, also of those that were not put in place to the end.
    pub fn names(host: &dyn Host) -> Result<Vec<String>> {
        let mut names = host.names(Path::new(SETTINGS))?;
        names.retain(|name| {
            matches!(host.look(&Path::new(SETTINGS).join(name)), Ok(Some(Found::Folder { .. })))
        });
        Ok(names)
    }

    /// The names under which anything of an appliance is left: also of those of which only the data is.
    pub fn traces(host: &dyn Host) -> Result<Vec<String>> {
        let mut names = Self::names(host)?;
        names.extend(host.names(Path::new(IMAGES))?);
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// The folders that hold those of all appliances.
    pub fn shared_folders() -> [PathBuf; 2] {
        [IMAGES.into(), SETTINGS.into()]
    }

    /// What of the host itself was changed for the appliances, and how it was before.
    pub fn host_edits() -> PathBuf {
        Self::common().join("host.json")
    }

    /// The main ruleset of pf, as it was before it was changed.
    pub fn rules_before() -> PathBuf {
        Self::common().join("pf.conf.before")
    }

    /// What is common to all appliances: who changes one holds this folder.
    pub fn common() -> &'static Path {
        Path::new(SETTINGS)
    }

    /// Whose images may be installed on this host: an `allowed_signers` file of ssh-keygen(1).
    pub fn trusted_signers() -> PathBuf {
        Self::common().join("trusted_signers")
    }

    /// The folder of images and data.
    pub fn home(&self) -> PathBuf {
        Path::new(IMAGES).join(&self.name)
    }

    /// The folder of the images, unpacked and as they came.
    pub fn images(&self) -> PathBuf {
        self.home().join("images")
    }

    /// An image, unpacked.
    pub fn image(&self, digest: Sha256) -> PathBuf {
        self.images().join(digest.to_string())
    }

    /// An image while it is being unpacked.
    pub fn unpacking(&self, digest: Sha256) -> PathBuf {
        self.images().join(format!(".{digest}"))
    }

    /// An image as it came; its digest and its signature lie beside it.
    pub fn archive(&self, digest: Sha256) -> PathBuf {
        self.images().join(format!("{digest}.tar.gz"))
    }

    /// The link to the image in service.
    pub fn current(&self) -> PathBuf {
        self.home().join("current")
    }

    /// The link to the image that was in service before.
    pub fn previous(&self) -> PathBuf {
        self.home().join("previous")
    }

    /// What the jail sees of the image in service.
    pub fn rootfs(&self) -> PathBuf {
        self.current().join(crate::image::ROOTFS)
    }

    /// Where the jail's root is mounted.
    pub fn root(&self) -> PathBuf {
        self.home().join("root")
    }

    /// What the daemon writes.
    pub fn data(&self) -> PathBuf {
        self.home().join("data")
    }

    /// The data as it was before an upgrade, for the way back.
    pub fn saved(&self) -> PathBuf {
        self.home().join("saved")
    }

    /// The same while it is being copied.
    pub fn saving(&self) -> PathBuf {
        self.home().join("saving")
    }

    /// The daemon's database.
    pub fn database(&self) -> PathBuf {
        self.data().join(crate::backup::database::FILE)
    }

    /// What comes out of a backup, before it takes the place of the data.
    pub fn restoring(&self) -> PathBuf {
        self.home().join("restoring")
    }

    /// The folder in which a daemon tries whether it takes a copy of the data.
    pub fn rehearsal(&self) -> PathBuf {
        self.home().join("rehearsal")
    }

    /// The program that installed it.
    pub fn tool(&self) -> PathBuf {
        self.home().join("bin/jailbuild")
    }

    /// The folder of its settings.
    pub fn etc(&self) -> PathBuf {
        Path::new(SETTINGS).join(&self.name)
    }

    /// What is installed, and how.
    pub fn record(&self) -> PathBuf {
        self.etc().join("appliance.json")
    }

    /// The school's file.
    pub fn site(&self) -> PathBuf {
        self.etc().join(crate::site::FILE_NAME)
    }

    /// The certificate of the school's authority.
    pub fn authority(&self) -> PathBuf {
        self.etc().join("ca.pem")
    }

    /// The folder of the daemon's settings, certificate and key.
    pub fn settings(&self) -> PathBuf {
        self.etc().join("settings")
    }

    /// The jail's parameters.
    pub fn jail_conf(&self) -> PathBuf {
        self.etc().join("jail.conf")
    }

    /// The folder of what belongs to images that are not in service, each by its digest.
    pub fn all_kept(&self) -> PathBuf {
        self.etc().join("kept")
    }

    /// The files that were in force with an image, for the day that it comes back.
    pub fn kept(&self, image: Sha256) -> PathBuf {
        self.all_kept().join(image.to_string())
    }

    /// The rules of the pf anchor.
    pub fn pf_conf(&self) -> PathBuf {
        self.etc().join("pf.conf")
    }

    /// The devfs ruleset of a jail that has devices.
    pub fn device_rules(&self) -> PathBuf {
        self.etc().join("devfs.rules")
    }

    /// What keeps its log from growing.
    pub fn log_rotation(&self) -> PathBuf {
        PathBuf::from(format!("/usr/local/etc/newsyslog.conf.d/{}.conf", self.name))
    }

    /// The script that rc(8) runs.
    pub fn service(&self) -> PathBuf {
        Path::new("/usr/local/etc/rc.d").join(&self.name)
    }

    /// The script that FreeBSD itself would have under this name.
    pub fn service_of_base(&self) -> PathBuf {
        Path::new("/etc/rc.d").join(&self.name)
    }

    /// The process id of the daemon's supervisor.
    pub fn pid_file(&self) -> PathBuf {
        PathBuf::from(format!("/var/run/{}.pid", self.name))
    }

    /// The daemon's log.
    pub fn log(&self) -> PathBuf {
        PathBuf::from(format!("/var/log/{}.log", self.name))
    }
}
