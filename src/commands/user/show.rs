//! `jailbuild user show`

use std::fmt;

use serde::Serialize;
use xmppd_control::{AuditLine, Consented, Label, Name, Session, User};

use crate::{
    accounts::Listing,
    commands::desk::{Desk, known},
    error::Result,
};

/// How many of the last administrative acts are shown.
const ACTS: u32 = 10;

/// Show an account: whose it is, the consent for it, its devices online, and what administrators did to it last.
///
/// For example: `jailbuild user show juliet`
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Whose.
    name: Name,
}

/// All that an administrator may know of an account.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Shown {
    address: String,
    #[serde(flatten)]
    user: User,
    recorded: Option<Consented>,
    sessions: Listing<Session>,
    acts: Listing<AuditLine>,
}

pub(super) fn run(args: &Args, mut desk: Desk<'_>) -> Result<u8> {
    let name = &args.name;
    let user = known(name, &mut desk.daemon)?;
    let recorded = desk.daemon.consents()?.into_iter().find(|consent| consent.name == name.as_str());
    let sessions = Listing(desk.daemon.sessions(Some(name.clone()))?);
    let acts = match name.as_str().parse::<Label>() {
        Ok(about) => desk.daemon.audit(Some(about), ACTS)?,
        // So long a name can be that of no line.
        Err(_) => Vec::new(),
    };
    let address = desk.address(name);
    desk.console.show(&Shown { address, user, recorded, sessions, acts: Listing(acts) })
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, user, recorded, sessions, acts } = self;
        writeln!(formatter, "address       {address}")?;
        writeln!(formatter, "display name  {}", user.display_name)?;
        writeln!(formatter, "kind          {}", user.kind)?;
        writeln!(formatter, "groups        {}", user.groups.join(", "))?;
        writeln!(formatter, "login         {}", if user.enabled { "enabled" } else { "disabled" })?;
        write!(formatter, "consent       {}", user.consent.name())?;
        if let Some(Consented { consent, recorded_by, withdrawn, .. }) = recorded {
            write!(formatter, ": slip {}, signed {}", consent.slip, consent.signed)?;
            write!(formatter, ", recorded by {recorded_by}")?;
            withdrawn.as_ref().map_or(Ok(()), |at| write!(formatter, ", withdrawn {at}"))?;
        }
        if !sessions.0.is_empty() {
            write!(formatter, "\n\n{sessions}")?;
        }
        if acts.0.is_empty() { Ok(()) } else { write!(formatter, "\n\n{acts}") }
    }
}
