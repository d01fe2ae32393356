//! `jailbuild start`, `stop`, `restart` and `reload`: the service of an appliance.

use super::steps;
use crate::{
    appliance::{Plan, Record, Service, Step, listing::Listed, requirements},
    console::Console,
    error::{Error, Result},
    host::ThisHost,
};

/// Which appliance.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Its name; that of the only one if left out.
    name: Option<String>,

    /// Print what would be done, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Brings its service into a state, and says how it is then.
pub fn change(args: &Args, state: Service, console: &Console) -> Result<u8> {
    let host = ThisHost;
    requirements::freebsd()?;
    requirements::root(&host)?;
    // What is under way when this is typed may have ended when it is this one's turn.
    let _held = if args.dry_run { None } else { steps::begin(&host)? };
    let record = Record::find(&host, args.name.as_deref())?;
    refuse_half(&record, state)?;
    let plan = Plan::new([Step::Service { name: record.name.clone(), state }]);
    if args.dry_run {
        return steps::show_plan(
            &plan.pending(&host)?,
            format_args!("`{}` is so already", record.name),
            console,
        );
    }
    steps::carry_out(&plan, &host, console)?;
    console.show(&Listed::of(&record.name, &host)?)
}

/// What was not put in place to the end is stopped, but not started.
fn refuse_half(record: &Record, state: Service) -> Result<()> {
    match record.under_way {
        Some(operation) if state != Service::Stopped => Err(Error::failed_with_hint(
            format_args!("`{}` is not whole: {operation} was begun and has not ended", record.name),
            operation.goes_on_by(&record.name),
        )),
        _ => Ok(()),
    }
}
