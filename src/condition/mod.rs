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
    administration::{Daemon, Place, Target},
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
        /// The domain of the school whose it should be.
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
        let whose = Whose::Socket {
            socket: place.socket.clone(),
            domain: place.site.domain.to_string(),
            running: daemon.is_ok(),
        };
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
        daemon: Option<Result<Status>>,
        chain: &Path,
        now: OffsetDateTime,
    ) -> Self {
        let silence = daemon.as_ref().and_then(|answer| answer.as_ref().err().map(Attention::from));
        let daemon = daemon.and_then(Result::ok);
        // What is shown to clients may be older than what lies in the folder.
        let shown = daemon.as_ref().and_then(|status| moment(status.certificate_ends.as_deref()?));
        let lasting = |ends: Option<OffsetDateTime>| ends.map(|ends| Lasting::at(ends, now));
        let mut condition = Self {
            certificate: lasting(shown.or_else(|| certificates::end(chain))),
            authority: lasting(certificates::end(&place.authority())),
            disk: Disk::of(&place.data()),
            daemon,
            ..Self::unknown(whose)
        };
        condition.attention.extend(silence);
        condition.attention.extend(attention::of(&condition, now));
        condition
    }
}

impl Lasting {
    fn at(ends: OffsetDateTime, now: OffsetDateTime) -> Self {
        Self { ends: ends.format(&Rfc3339).unwrap_or_default(), days_left: (ends - now).whole_days() }
    }
}

fn ask(place: &Place) -> Result<Status> {
    Daemon::to_watch(place, PATIENCE)?.status()
}

/// A moment as the daemon writes it.
fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}
