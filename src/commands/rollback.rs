//! `jailbuild rollback`: the image that an appliance had before.

use xmppd_control::Verb;

use super::steps;
use crate::{
    appliance::{
        Record, requirements,
        restore::{self, Restoration},
        rollback,
    },
    console::Console,
    error::Result,
    host::{Host, ThisHost},
    render::KernelParameters,
};

/// Give an installed appliance its previous image back. The data stays, if that image's daemon takes it.
///
/// Where an upgrade or a restoration is under way, it is given up: then the data comes back, too.
///
/// For example: `jailbuild rollback --dry-run`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Which appliance; the only one if left out.
    name: Option<String>,

    /// Print what would be done, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Refuses what cannot be done, then goes back.
pub fn run(args: &Args, console: &Console) -> Result<u8> {
    let host = ThisHost;
    requirements::freebsd()?;
    requirements::root(&host)?;
    let name = Record::find(&host, args.name.as_deref())?.name;
    let _held = if args.dry_run { None } else { steps::begin(&host)? };
    let record = Record::find(&host, Some(&name))?;
    if let Some(restoration) = restore::give_up(&record, &host)? {
        let code = take_back(&restoration, args.dry_run, &host, console)?;
        if !args.dry_run {
            steps::remember(&name, Verb::RollBack, &host, console);
        }
        return Ok(code);
    }
    let planned = rollback::plan(&record, &KernelParameters::of(&host)?, &host)?;
    if args.dry_run {
        return console.show(&planned.course);
    }
    let code = steps::change_image(&planned, &host, console)?;
    if code == 0 {
        steps::remember(&name, Verb::RollBack, &host, console);
    }
    Ok(code)
}

/// Gives up a restoration that is under way.
fn take_back(restoration: &Restoration, dry_run: bool, host: &dyn Host, console: &Console) -> Result<u8> {
    if dry_run {
        return steps::show_plan(&restoration.taken_back(), "it is in service", console);
    }
    let restored = restoration.give_up(host, &mut |doing| console.step(doing))?;
    console.result(&restored, &restored)?;
    Ok(restored.exit_code(true))
}
