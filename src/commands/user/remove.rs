//! `jailbuild user remove`

use std::fmt;

use serde::Serialize;
use xmppd_control::{Act, Name, User};

use crate::{
    accounts::{self, Erased},
    commands::desk::{Changed, Desk, confirm, enumerated},
    error::Result,
};

/// Remove accounts, all of those named or none, with all that is kept of them; then search every byte of the data for their addresses.
///
/// What goes: the password, contacts, messages that wait, profile, avatar, bookmarks, rooms, shared files and the recorded consent. It asks first.
/// An account that may be wanted again is better disabled.
///
/// For example: `jailbuild user remove tybalt`
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Whose.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<Name>,

    /// Do not ask.
    #[arg(long)]
    yes: bool,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What is gone for good.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Removed<'a> {
    #[serde(flatten)]
    changed: Changed<'a>,
    erased: Erased,
}

pub(super) fn run(args: &Args, mut desk: Desk<'_>) -> Result<u8> {
    desk.note_example();
    let acts: Vec<_> = args.names.iter().map(|name| Act::RemoveUser { name: name.clone() }).collect();
    desk.daemon.change(acts.clone(), true)?;
    let names: Vec<_> = args.names.iter().map(Name::to_string).collect();
    let changed = |dry_run| Changed { names: names.clone(), did: "removed", dry_run, cards: None };
    if args.dry_run {
        return desk.console.show(&changed(true));
    }
    if !args.yes {
        let users = desk.daemon.users()?;
        confirm(question(users.iter().filter(|user| names.contains(&user.name))), desk.console)?;
    }
    desk.daemon.change(acts, false)?;
    desk.console.step("searching the data for what is left");
    let others: Vec<_> = desk.daemon.users()?.iter().map(|user| desk.address(&user.name)).collect();
    let addresses = names.iter().map(|name| desk.address(name)).collect();
    let erased = accounts::search(desk.place.data(), addresses, &others)?;
    desk.console.show(&Removed { changed: changed(false), erased })
}

fn question<'a>(users: impl Iterator<Item = &'a User>) -> String {
    let line = |user: &User| {
        let User { name, display_name, kind, groups, .. } = user;
        format!("  {name}  ({display_name}, {kind}, {})", groups.join(", "))
    };
    let lines: Vec<_> = users.map(line).collect();
    format!(
        "This erases for good, with contacts, messages that wait, profile, rooms, files and consent:\n\n{}\n",
        lines.join("\n")
    )
}

/// `romeo is removed: nothing of romeo@school.test is left in 8192 bytes`.
impl fmt::Display for Removed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Erased { addresses, files, bytes } = &self.erased;
        let addresses = enumerated(addresses);
        write!(
            formatter,
            "{}: nothing of {addresses} is left in {bytes} bytes of {files} files",
            self.changed
        )
    }
}
