//! `jailbuild cert renew`: a new certificate, which the running daemon takes in at once.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;
use time::OffsetDateTime;
use xmppd_control::Verb;

use super::{Outcome, replace};
use crate::{
    administration::{Daemon, Place},
    appliance::{Layout, Record, School, Service, renewal, requirements},
    commands::steps,
    console::Console,
    error::{Context as _, Error, Result},
    host::{Host, file},
    site::{Origin, Site, certificates, lint::chain_from_pem},
};

/// Make a new certificate with a new key, by the same authority, and have the running daemon show it.
///
/// Who is online stays online, and no device has to be told anything. An appliance that `jailbuild install` put in place gets it at
/// once; for others, name the daemon's socket and the folder of its settings. Where there is neither, it lies in `site/tls/`.
/// Whoever is interrupted types the same again.
///
/// For example: `jailbuild cert renew`
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Renew {
    /// The daemon's control socket, of an appliance that was not installed by `jailbuild install`.
    #[arg(long, value_name = "PATH", env = "JAILBUILD_SOCKET")]
    pub socket: Option<PathBuf>,

    /// With `--socket`: the folder of settings that the daemon reads, as `jailbuild settings` wrote it.
    #[arg(long, value_name = "DIR")]
    pub settings: Option<PathBuf>,

    /// Say what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Who shows the new certificate.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shower {
    /// Nobody yet.
    Nobody,
    /// The appliance of this name.
    Appliance(String),
    /// The one of this name, which is started anew for it, since it does not answer.
    Restarted(String),
    /// The one of this name, when it is started.
    Stopped(String),
    /// The daemon that reads this folder.
    Settings(PathBuf),
}

impl Shower {
    fn of(name: String, host: &dyn Host) -> Result<Self> {
        Ok(match renewal::taken_in(host, &name)? {
            Some(Service::Restarted) => Self::Restarted(name),
            Some(_) => Self::Appliance(name),
            None => Self::Stopped(name),
        })
    }
}

/// A daemon that is to show the new certificate, found before anything is made.
enum Daemons {
    None,
    Installed(Box<Record>),
    Named { daemon: Box<Daemon>, settings: PathBuf },
}

/// Renews, and has it shown.
///
/// # Errors
/// [`Error::Configuration`] before anything is made, [`Error::Failed`] if the daemon does not take it.
pub(super) fn run(arguments: &Renew, origin: &Origin, host: &dyn Host, console: &Console) -> Result<Outcome> {
    let site = origin.load()?;
    let daemon = Daemons::find(arguments, &site, origin, host)?;
    let now = OffsetDateTime::now_utc();
    if arguments.dry_run {
        return Ok(Outcome::rehearsed(daemon.shower(host)?, origin, now));
    }
    // Who changes an appliance waits for others to have done so, before a key is made.
    let _held = daemon.begin(host)?;
    let made = certificates::renew(&site, &origin.folder(), now)?;
    let shower = daemon.shower(host)?;
    daemon.take_in(&School::of(origin)?, host, console)?;
    Outcome::renewed(made, shower, origin, now)
}

impl Daemons {
    fn find(arguments: &Renew, site: &Site, origin: &Origin, host: &dyn Host) -> Result<Self> {
        match (&arguments.socket, &arguments.settings) {
            (Some(socket), Some(settings)) => {
                require_same_authority(&settings.join("chain.pem"), origin)?;
                let (origin, site) = (origin.clone(), site.clone());
                let daemon = Daemon::of(&Place { socket: socket.clone(), appliance: None, origin, site })?;
                Ok(Self::Named { daemon: Box::new(daemon), settings: settings.clone() })
            }
            (Some(_), None) => Err(Error::configuration(
                "a socket is named, but not where its daemon finds its certificate",
                "add `--settings DIR`, the folder that `jailbuild settings --out DIR` wrote",
            )),
            (None, Some(_)) => Err(Error::configuration(
                "a folder of settings is named, but not the daemon that reads it",
                "add `--socket PATH`, the `control.sock` in its data folder",
            )),
            (None, None) => Self::installed(site, origin, host),
        }
    }

    fn installed(site: &Site, origin: &Origin, host: &dyn Host) -> Result<Self> {
        let Some(record) = Record::read(host, &Layout::of(site.name.as_str()))? else {
            return Ok(Self::None);
        };
        requirements::root(host)?;
        let authority = file::read_if_there(&origin.folder().authority())?.unwrap_or_default();
        renewal::require(&record, &authority, host)?;
        Ok(Self::Installed(Box::new(record)))
    }

    fn begin(&self, host: &dyn Host) -> Result<Option<fs::File>> {
        if let Self::Installed(_) = self { steps::begin(host) } else { Ok(None) }
    }

    fn take_in(self, school: &School, host: &dyn Host, console: &Console) -> Result<()> {
        match self {
            Self::None => Ok(()),
            Self::Installed(record) => {
                steps::carry_out(&renewal::plan(&record, school, host)?, host, console)?;
                steps::remember(&record.name, Verb::RenewCertificate, host, console);
                Ok(())
            }
            Self::Named { mut daemon, settings } => {
                replace::certificate(school, &settings, &mut daemon)?;
                daemon.remember(Verb::RenewCertificate)
            }
        }
    }

    fn shower(&self, host: &dyn Host) -> Result<Shower> {
        Ok(match self {
            Self::None => Shower::Nobody,
            Self::Installed(record) => Shower::of(record.name.clone(), host)?,
            Self::Named { settings, .. } => Shower::Settings(settings.clone()),
        })
    }
}

/// Refuses a daemon whose clients would not trust a certificate by this school's authority.
fn require_same_authority(chain: &Path, origin: &Origin) -> Result<()> {
    let shown = String::from_utf8(file::read_named("the certificate", chain)?).doing_to("read", chain)?;
    let shown = chain_from_pem(&shown).doing_to("read the certificate", chain)?;
    let authority = file::read_if_there(&origin.folder().authority())?.unwrap_or_default();
    let authority = chain_from_pem(&authority).doing("read the authority's certificate")?;
    if shown.last().is_some_and(|last| authority.first() == Some(last)) {
        return Ok(());
    }
    Err(Error::configuration(
        format_args!("`{}` is by another authority than that of this school's folder", chain.display()),
        "type this where the school's own `jailbuild.toml` and `site/` are, or name them: `--file FILE`",
    ))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::appliance::machine::{Impairment, Machine};

    #[test]
    fn only_what_runs_is_said_to_show_it_and_only_what_runs_well_to_have_cut_nobody_off() {
        let host = Machine::new();
        host.write(&Layout::of("a").service(), b"", 0o555).unwrap();
        let shower = || Shower::of("a".to_owned(), &host).unwrap();
        assert_eq!(shower(), Shower::Stopped("a".to_owned()));
        host.state().running.insert("a".to_owned(), "images/x".into());
        assert_eq!(shower(), Shower::Appliance("a".to_owned()));
        host.impair("a", Impairment::Crashing);
        assert_eq!(shower(), Shower::Restarted("a".to_owned()));
    }
}
