//! `jailbuild group …`: classes, and whatever else accounts are in.

mod change;
mod list;

use std::path::Path;

use crate::{administration::Target, console::Console, error::Result};

/// Look after the groups of the running daemon: classes, and whatever else accounts are in.
///
/// A group is there as long as somebody is in it. Who joins or leaves one is seen by everybody online at once, and enters or leaves its rooms.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    List(list::Args),
    Show(list::ShowArgs),
    /// Put accounts into a group, all of those named or none, besides the groups they are in.
    ///
    /// For example: `jailbuild group add Choir juliet romeo`
    Add(change::Args),
    /// Take accounts out of a group, all of those named or none.
    ///
    /// For example: `jailbuild group remove Choir romeo`
    Remove(change::Args),
    Rename(change::RenameArgs),
    Dissolve(change::DissolveArgs),
}

/// Does what is asked.
pub fn run(arguments: &Arguments, named: Option<&Path>, console: &Console) -> Result<u8> {
    let desk = super::desk::Desk::open(&arguments.target, named, console)?;
    match &arguments.action {
        Action::List(_) => list::run(desk),
        Action::Show(args) => list::show(args, desk),
        Action::Add(args) => change::add(args, desk),
        Action::Remove(args) => change::remove(args, desk),
        Action::Rename(args) => change::rename(args, desk),
        Action::Dissolve(args) => change::dissolve(args, desk),
    }
}
