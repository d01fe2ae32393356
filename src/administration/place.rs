//! Where the daemon is found, and which school's it is.

use std::path::{Path, PathBuf};

use crate::{
    appliance::{Layout, Record},
    error::{Error, Result},
    host::Host,
    site::{Folder, Origin, Site},
};

/// Whose daemon is meant, as it was typed.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Target {
    /// The appliance of this host, where there are several.
    #[arg(long, global = true, value_name = "NAME")]
    pub appliance: Option<String>,

    /// The daemon's control socket, of an appliance that was not installed by `jailbuild install`.
    #[arg(long, global = true, value_name = "PATH", env = "JAILBUILD_SOCKET", conflicts_with = "appliance")]
    pub socket: Option<PathBuf>,
}

/// Where a daemon is found, and which school's it is.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its control socket.
    pub socket: PathBuf,
    /// The appliance that it belongs to, if it was installed here.
    pub appliance: Option<Record>,
    /// The school's file.
    pub origin: Origin,
    /// The same, understood.
    pub site: Site,
}

impl Place {
    /// Finds what was meant: the socket that was named, with the school's file that was named or lies in this folder;
    /// or an appliance of this host, with the school's file that it was installed with, unless another was named.
    ///
    /// # Errors
    /// [`Error::Configuration`] where there is no such appliance, or more than one and none was named.
    pub fn find(target: &Target, named: Option<&Path>, host: &dyn Host) -> Result<Self> {
        if let Some(socket) = &target.socket {
            let origin = Origin::find(named);
            return Ok(Self { socket: socket.clone(), appliance: None, site: origin.load()?, origin });
        }
        if target.appliance.is_none() && Layout::names(host)?.is_empty() {
            return Err(Error::configuration(
                "no appliance is installed on this host",
                "`jailbuild install` puts one in place; `--socket PATH` names the control socket of another",
            ));
        }
        let record = Record::find(host, target.appliance.as_deref())?;
        let layout = Layout::of(&record.name);
        let origin = named.map_or_else(|| Origin::File(layout.site()), |named| Origin::find(Some(named)));
        let socket = layout.data().join(xmppd_control::SOCKET);
        Ok(Self { socket, site: origin.load()?, origin, appliance: Some(record) })
    }

    /// The certificate of the school's authority.
    pub fn authority(&self) -> PathBuf {
        match &self.appliance {
            Some(record) => Layout::of(&record.name).authority(),
            None => self.folder().authority(),
        }
    }

    /// The school's folder, beside its file.
    pub fn folder(&self) -> Folder {
        self.origin.folder()
    }

    /// The folder that holds the daemon's data.
    ///
    /// # Panics
    /// Never: a socket is in a folder.
    pub fn data(&self) -> &Path {
        self.socket.parent().unwrap_or(Path::new("."))
    }
}
