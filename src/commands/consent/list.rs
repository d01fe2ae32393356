//! `jailbuild consent list`

use xmppd_control::{Consented, Label};

use crate::{
    accounts::{Filter, Listing},
    commands::desk::Desk,
    error::Result,
};

/// List recorded consents: for whom, when and what was signed, and who recorded it.
///
/// For example: `jailbuild consent list --missing`
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The accounts instead that lack the consent that they need, or whose was withdrawn.
    #[arg(long, conflicts_with = "slip")]
    missing: bool,

    /// Those for this version of the slip alone.
    #[arg(long, value_name = "VERSION")]
    slip: Option<Label>,
}

pub(super) fn run(args: &Args, mut desk: Desk<'_>) -> Result<u8> {
    if args.missing {
        let filter = Filter { without_consent: true, ..Filter::default() };
        let mut users = desk.daemon.users()?;
        users.retain(|user| filter.takes(user));
        return desk.console.show(&Listing(users));
    }
    let is_meant = |one: &Consented| args.slip.as_ref().is_none_or(|slip| one.consent.slip == *slip);
    let mut consents = desk.daemon.consents()?;
    consents.retain(is_meant);
    desk.console.show(&Listing(consents))
}
