//! `jailbuild room …`: the rooms of the chat.

mod change;
mod list;

use std::path::Path;

use crate::{administration::Target, console::Console, error::Result};

/// Look after the rooms of the running daemon.
///
/// A room for a class has those of the class in it by themselves, from the moment they join it until they leave it. Such rooms are made here,
/// or in the school's file (`[[room]]`). Who is in a room, and what is said in it, is never shown.
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
    Add(change::AddArgs),
    Rename(change::RenameArgs),
    Remove(change::RemoveArgs),
}

/// Does what is asked.
pub fn run(arguments: &Arguments, named: Option<&Path>, console: &Console) -> Result<u8> {
    let desk = super::desk::Desk::open(&arguments.target, named, console)?;
    match &arguments.action {
        Action::List(_) => list::run(desk),
        Action::Show(args) => list::show(args, desk),
        Action::Add(args) => change::add(args, desk),
        Action::Rename(args) => change::rename(args, desk),
        Action::Remove(args) => change::remove(args, desk),
    }
}
