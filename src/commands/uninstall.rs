//! `jailbuild uninstall`: an appliance taken away from this host.

use std::fmt;

use serde::Serialize;

use super::steps;
use crate::{
    appliance::{requirements, uninstall},
    console::Console,
    error::Result,
    host::ThisHost,
};

/// Take an appliance away from this host; its accounts and waiting messages stay, unless they are to go as well.
///
/// With the last one goes what was changed of the host itself. Whoever is interrupted types the same again.
///
/// For example: `jailbuild uninstall schoolchat`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Which appliance; the only one if left out.
    name: Option<String>,

    /// Erase its data, too: every account, and every message that waits.
    #[arg(long)]
    purge: bool,

    /// Print what would be done, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Does what is left to do until it is gone.
pub fn run(args: &Args, console: &Console) -> Result<u8> {
    let host = ThisHost;
    requirements::freebsd()?;
    requirements::root(&host)?;
    let name = uninstall::find(&host, args.name.as_deref())?;
    let nothing = format!("nothing of `{name}` is installed here");
    if args.dry_run {
        return steps::show_plan(&uninstall::plan(&name, args.purge, &host)?, nothing, console);
    }
    let _held = steps::begin(&host)?;
    let plan = uninstall::plan(&name, args.purge, &host)?;
    steps::carry_out(&plan, &host, console)?;
    console.show(&Uninstalled { name, changed: !plan.steps.is_empty() })
}

/// What is said at the end.
#[derive(Serialize)]
struct Uninstalled {
    name: String,
    changed: bool,
}

impl fmt::Display for Uninstalled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let did = if self.changed { "is uninstalled" } else { "was not installed" };
        write!(formatter, "`{}` {did}", self.name)
    }
}
