//! `jailbuild user …`: the accounts.

mod add;
mod change;
mod import;
mod kick;
mod list;
mod passwd;
mod remove;
mod show;

use std::path::Path;

use crate::{administration::Target, console::Console, error::Result};

/// Look after the accounts of the running daemon.
///
/// What is asked for is done at once, and everybody online sees it. A password that is made is never shown: it goes onto a login card, a PDF
/// to be printed.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    Add(add::Args),
    Import(import::Args),
    List(list::Args),
    Show(show::Args),
    Sessions(list::SessionsArgs),
    Rename(change::RenameArgs),
    Kind(change::KindArgs),
    Groups(change::GroupsArgs),
    Passwd(passwd::Args),
    /// Lock accounts, all of those named or none: their sessions end at once, and they cannot log in until they are enabled.
    ///
    /// For example: `jailbuild user disable tybalt`
    Disable(change::Args),
    /// Let disabled accounts log in again, all of those named or none.
    ///
    /// For example: `jailbuild user enable tybalt`
    Enable(change::Args),
    /// End all sessions of accounts, which may log in again at once; it says how many ended.
    ///
    /// For example: `jailbuild user kick tybalt`
    Kick(change::Args),
    Remove(remove::Args),
}

/// Does what is asked.
pub fn run(arguments: &Arguments, named: Option<&Path>, console: &Console) -> Result<u8> {
    let desk = super::desk::Desk::open(&arguments.target, named, console)?;
    match &arguments.action {
        Action::Add(args) => add::run(args, desk),
        Action::Import(args) => import::run(args, desk),
        Action::List(args) => list::run(args, desk),
        Action::Show(args) => show::run(args, desk),
        Action::Sessions(args) => list::sessions(args, desk),
        Action::Rename(args) => change::rename(args, desk),
        Action::Kind(args) => change::kind(args, desk),
        Action::Groups(args) => change::groups(args, desk),
        Action::Passwd(args) => passwd::run(args, desk),
        Action::Disable(args) => change::disable(args, desk),
        Action::Enable(args) => change::enable(args, desk),
        Action::Kick(args) => kick::run(args, desk),
        Action::Remove(args) => remove::run(args, desk),
    }
}
