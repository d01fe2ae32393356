//! `jailbuild audit`: what administrators did.

use std::path::Path;

use xmppd_control::Label;

use super::desk::Desk;
use crate::{accounts::Listing, administration::Target, console::Console, error::Result};

/// Show what administrators did, the newest last: who, what, to which account or group, and with what outcome.
///
/// It never says what anybody wrote, or to whom.
///
/// For example: `jailbuild audit juliet --last 20`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// To this account or group alone.
    name: Option<Label>,

    /// So many lines at most.
    #[arg(long, value_name = "N", default_value_t = 50)]
    last: u32,

    #[command(flatten)]
    target: Target,
}

/// Asks the daemon, which remembers.
pub fn run(args: &Args, named: Option<&Path>, console: &Console) -> Result<u8> {
    let mut desk = Desk::open(&args.target, named, console)?;
    console.show(&Listing(desk.daemon.audit(args.name.clone(), args.last)?))
}
