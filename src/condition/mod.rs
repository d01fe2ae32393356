//! How an appliance fares: all that its host and its daemon tell of it, and what of that needs somebody.
//!
//! | file | what it holds |
//! |---|---|
//! | `attention` | what needs somebody, and what to type: pure |
//! | `disk` | what the data takes, and what is left for it |
//! | `text` | the same for people |
//!
//! Numbers and times alone: who is online, or who writes to whom, is nowhere in it.

mod attention;
mod disk;
mod text;

#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use xmppd_control::Status;

use crate::{
    administration::{Daemon, Place, Target, of_another_school},
    appliance::{Layout, listing::Listed},
    error::Result,
    host::Host,
    site::certificates,
};
pub use attention::{About, Attention};
pub use disk::Disk;

/// For how long a daemon may think about how it fares.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// All that is known of one appliance.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Condition {
    /// Which it is, and whether it runs.
    #[serde(flatten)]
    pub whose: Whose,
    /// What needs somebody, the most urgent first.
    pub attention: Vec<Attention>,
    /// What the daemon says; nothing where it does not answer.
    pub daemon: Option<Status>,
    /// The certificate that clients are shown.
    pub certificate: Option<Lasting>,
    /// The certificate of the school's authority.
    pub authority: Option<Lasting>,
    /// The disk on which its data lies.
    pub disk: Option<Disk>,
}

/// Which it is, and whether it runs.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Whose {
    /// An appliance of this host.
    Appliance(Listed),
    /// The daemon behind a socket.
    Socket {
        /// Its path.
        socket: PathBuf,
        /// The domain that it serves; where it does not answer, that of the school whose it should be.
        domain: String,
        /// Whether it answers.
        running: bool,
    },
}

/// Until when a certificate is good.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Lasting {
    /// Its last moment, in UTC (RFC 3339).
    pub ends: String,
    /// Whole days until then, below zero when it has passed.
    pub days_left: i64,
}

impl Condition {
    /// Looks at an appliance of this host.
    ///
    /// # Errors
    /// Where the host cannot be looked at. That the daemon does not answer is no error: it is told.
    pub fn of(name: &str, host: &dyn Host, now: OffsetDateTime) -> Result<Self> {
        let listed = Listed::of(name, host)?;
        let target = Target { appliance: Some(name.to_owned()), socket: None };
        // Why its record cannot be read is told in the list.
        let place = listed.installed.as_ref().and_then(|_| Place::find(&target, None, host).ok());
        let Some(place) = place else { return Ok(Self::unknown(Whose::Appliance(listed))) };
        let daemon = if listed.running { Some(ask(&place)) } else { None };
        let chain = Layout::of(name).settings().join("chain.pem");
        Ok(Self::known(Whose::Appliance(listed), &place, daemon, &chain, now))
    }

    /// Looks at the daemon behind a socket.
    pub fn at(place: &Place, now: OffsetDateTime) -> Self {
        let daemon = ask(place);
        let domain =
            daemon.as_ref().map_or_else(|_| place.site.domain.to_string(), |told| told.domain.clone());
        let whose = Whose::Socket { socket: place.socket.clone(), domain, running: daemon.is_ok() };
        Self::known(whose, place, Some(daemon), &place.folder().chain(), now)
    }

    /// Whether it runs.
    pub fn runs(&self) -> bool {
        match &self.whose {
            Whose::Appliance(listed) => listed.running,
            Whose::Socket { running, .. } => *running,
        }
    }

    fn unknown(whose: Whose) -> Self {
        let attention = attention::of_service(&whose);
        Self { whose, attention, daemon: None, certificate: None, authority: None, disk: None }
    }

    fn known(
        whose: Whose,
        place: &Place,
        daemon: Option<Result<Told>>,
        chain: &Path,
        now: OffsetDateTime,
    ) -> Self {
        let silence = daemon.as_ref().and_then(|answer| answer.as_ref().err().map(Attention::from));
        let daemon = daemon.and_then(Result::ok);
        let stranger = daemon.as_ref().and_then(|told| told.stranger(place));
        let daemon = daemon.map(|told| told.status);
        // What lies beside the file of another school says nothing of this one.
        let in_folder = |file: &Path| if stranger.is_none() { certificates::end(file) } else { None };
        // What is shown to clients may be older than what lies in the folder.
        let shown = daemon.as_ref().and_then(|status| moment(status.certificate_ends.as_deref()?));
        let lasting = |ends: Option<OffsetDateTime>| ends.map(|ends| Lasting::at(ends, now));
        let mut condition = Self {
            certificate: lasting(shown.or_else(|| in_folder(chain))),
            authority: lasting(in_folder(&place.authority())),
            disk: Disk::of(&place.data()),
            daemon,
            ..Self::unknown(whose)
        };
        condition.attention.extend(silence.or(stranger));
        condition.attention.extend(attention::of(&condition, now));
        condition
    }
}

impl Lasting {
    fn at(ends: OffsetDateTime, now: OffsetDateTime) -> Self {
        Self { ends: ends.format(&Rfc3339).unwrap_or_default(), days_left: (ends - now).whole_days() }
    }
}

/// What a daemon says of itself.
struct Told {
    domain: String,
    status: Status,
}

fn ask(place: &Place) -> Result<Told> {
    let mut daemon = Daemon::to_watch(place, PATIENCE)?;
    Ok(Told { domain: daemon.domain()?, status: daemon.status()? })
}

impl Told {
    /// That it is another school's than the file that was taken.
    fn stranger(&self, place: &Place) -> Option<Attention> {
        let is_ours = self.domain == place.site.domain.as_str();
        (!is_ours).then(|| Attention::from(&of_another_school(place, &self.domain)))
    }
}

/// A moment as the daemon writes it.
fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}
