//! Where the daemon is found, and which school's it is.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::{
    appliance::{Layout, Record},
    backup::database,
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

    /// The daemon's control socket, of an appliance that was not installed by `jailbuild install` [env: `JAILBUILD_SOCKET`]
    #[arg(long, global = true, value_name = "PATH", conflicts_with = "appliance")]
    pub socket: Option<PathBuf>,
}

impl Target {
    /// The socket that is meant: the one that was typed, else that of the environment where no appliance was.
    pub fn socket(&self) -> Option<PathBuf> {
        let of_environment = || env::var_os("JAILBUILD_SOCKET").filter(|path| !path.is_empty());
        match (&self.socket, &self.appliance) {
            (Some(socket), _) => Some(socket.clone()),
            (None, Some(_)) => None,
            (None, None) => of_environment().map(PathBuf::from),
        }
    }

    /// Whether one daemon is meant, and not whichever is found.
    pub fn is_named(&self) -> bool {
        self.appliance.is_some() || self.socket().is_some()
    }
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
        if let Some(socket) = target.socket() {
            let origin = Origin::find(named);
            return Ok(Self { socket, appliance: None, site: origin.load()?, origin });
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

    /// The folder that holds the daemon's data: where its socket really is, by whichever link it was named.
    pub fn data(&self) -> PathBuf {
        let socket = self.socket.canonicalize().unwrap_or_else(|_| self.socket.clone());
        socket.parent().map_or_else(|| PathBuf::from("."), Path::to_owned)
    }

    /// The same, for who searches it: to find nothing in another folder would prove nothing.
    ///
    /// # Errors
    /// [`Error::Configuration`] where no database lies in it.
    pub fn data_to_search(&self) -> Result<PathBuf> {
        let data = self.data();
        if data.join(database::FILE).is_file() {
            return Ok(data);
        }
        Err(Error::configuration(
            format_args!(
                "there is no `{}` in `{}`, so that nothing can be searched",
                database::FILE,
                data.display()
            ),
            "name the daemon's own socket, which lies in the folder of its data: `--socket PATH`",
        ))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use std::{
        fs,
        os::unix::{fs::symlink, net::UnixListener},
    };

    use super::*;

    #[test]
    fn the_data_is_where_the_socket_really_is() {
        let folder = tempfile::tempdir().unwrap();
        let (data, link) = (folder.path().join("data"), folder.path().join("chat.sock"));
        fs::create_dir(&data).unwrap();
        let _listener = UnixListener::bind(data.join("control.sock")).unwrap();
        symlink("data/control.sock", &link).unwrap();
        let target = Target { appliance: None, socket: Some(link) };
        let place = Place::find(&target, None, &crate::host::ThisHost).unwrap();
        assert_eq!(place.data(), data.canonicalize().unwrap());
        assert_eq!(place.data_to_search().unwrap_err().exit_code(), 3);
        fs::write(data.join("xmppd.sqlite"), "").unwrap();
        assert_eq!(place.data_to_search().unwrap(), place.data());
    }
}
