//! `jailbuild user list` and `jailbuild user sessions`

use xmppd_control::Name;

use crate::{
    accounts::{Filter, Listing},
    commands::desk::{Desk, known},
    error::Result,
};

/// List accounts: all, or those that every option says.
///
/// For example: `jailbuild user list --kind child --without-consent`
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    filter: Filter,
}

/// List who is online, by their devices: never with whom they speak.
///
/// For example: `jailbuild user sessions juliet`
#[derive(clap::Args, Debug)]
pub(super) struct SessionsArgs {
    /// Those of this account alone.
    name: Option<Name>,
}

pub(super) fn run(args: &Args, mut desk: Desk<'_>) -> Result<u8> {
    let mut users = desk.daemon.users()?;
    users.retain(|user| args.filter.takes(user));
    desk.console.show(&Listing(users))
}

pub(super) fn sessions(args: &SessionsArgs, mut desk: Desk<'_>) -> Result<u8> {
    if let Some(name) = &args.name {
        known(name, &mut desk.daemon)?;
    }
    desk.console.show(&Listing(desk.daemon.sessions(args.name.clone())?))
}
