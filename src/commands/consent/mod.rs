//! `jailbuild consent …`: what parents have signed.

mod export;
mod list;
mod withdraw;

use std::path::Path;

use xmppd_control::{Act, Consent, Label, Name};

use super::desk::Desk;
use crate::{accounts::Signed, administration::Target, console::Console, error::Result};

/// Record, list and withdraw what parents have signed. No child has an account without.
///
/// `jailbuild slip` makes the slip; keep the signed ones on paper.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    Record(RecordArgs),
    List(list::Args),
    Withdraw(withdraw::Args),
    Export(export::Args),
}

/// Record that a slip was signed, for an account that is there or will be. What was recorded before is replaced.
///
/// For example: `jailbuild consent record juliet --signed 2026-09-01 --slip 2026-2`
#[derive(clap::Args, Debug)]
struct RecordArgs {
    /// For whom: the first part of the address.
    name: Name,

    /// The day that stands on the slip: 2026-09-01, or 1.9.2026.
    #[arg(long, value_name = "DAY")]
    signed: Signed,

    /// The version that is printed on the slip.
    #[arg(long, value_name = "VERSION")]
    slip: Label,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Does what is asked.
pub fn run(arguments: &Arguments, named: Option<&Path>, console: &Console) -> Result<u8> {
    let desk = Desk::open(&arguments.target, named, console)?;
    match &arguments.action {
        Action::Record(args) => record(args, desk),
        Action::List(args) => list::run(args, desk),
        Action::Withdraw(args) => withdraw::run(args, desk),
        Action::Export(args) => export::run(args, desk),
    }
}

fn record(args: &RecordArgs, desk: Desk<'_>) -> Result<u8> {
    let RecordArgs { name, signed: Signed(signed), slip, dry_run } = args;
    let consent = Consent { signed: *signed, slip: slip.clone() };
    let act = Act::RecordConsent { name: name.clone(), consent };
    desk.change(vec![act], *dry_run, "covered by a recorded consent")
}
