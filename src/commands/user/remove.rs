//! `jailbuild user remove`

use std::fmt;

use serde::Serialize;
use xmppd_control::{Act, Name, User};

use crate::{
    accounts::{self, Erased},
    administration::Daemon,
    commands::desk::{Changed, Desk, confirm},
    error::{Error, Result},
};

/// Remove accounts, all of those named or none, with all that is kept of them; then search every byte of the data for their addresses and full names.
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
    let data = desk.place.data_to_search()?;
    let acts: Vec<_> = args.names.iter().map(|name| Act::RemoveUser { name: name.clone() }).collect();
    desk.daemon.change(acts.clone(), true)?;
    let names: Vec<_> = args.names.iter().map(Name::to_string).collect();
    let changed = |dry_run| Changed { names: names.clone(), did: "removed", dry_run, cards: None };
    if args.dry_run {
        return desk.console.show(&changed(true));
    }
    let (leaving, staying): (Vec<_>, Vec<_>) =
        desk.daemon.users()?.into_iter().partition(|user| names.contains(&user.name));
    if !args.yes {
        confirm(question(&leaving), desk.console)?;
    }
    desk.daemon.change(acts, false)?;
    require_unlisted(&names, &mut desk.daemon)?;
    desk.console.step("searching the data for what is left");
    let others: Vec<_> = staying.iter().map(|user| desk.address(&user.name)).collect();
    let addresses = names.iter().map(|name| desk.address(name));
    let sought = addresses.chain(full_names(&leaving, &staying)).collect();
    let erased = accounts::search(&data, sought, &others)?;
    desk.console.show(&Removed { changed: changed(false), erased })
}

/// Refuses to believe that they are gone while the daemon knows their accounts or consents.
fn require_unlisted(names: &[String], daemon: &mut Daemon) -> Result<()> {
    let users = daemon.users()?.into_iter().map(|user| user.name);
    let consents = daemon.consents()?.into_iter().map(|consented| consented.name);
    match users.chain(consents).find(|listed| names.contains(listed)) {
        None => Ok(()),
        Some(name) => Err(Error::failed_with_hint(
            format_args!("removed, but the daemon still lists `{name}`"),
            "has somebody added it again? `jailbuild audit` shows it",
        )),
    }
}

/// Display names of several words, which hardly anything else is called, and which nobody else's contains. What is not sought is a
/// single word: the audit log says whom an administrator removed, by the name of the account.
fn full_names(leaving: &[User], staying: &[User]) -> impl Iterator<Item = String> {
    let names = leaving.iter().map(|user| &user.display_name);
    let is_called_so = |user: &User, name: &str| {
        user.display_name.contains(name) || user.groups.iter().any(|group| group.contains(name))
    };
    let full =
        move |name: &&String| name.contains(' ') && !staying.iter().any(|user| is_called_so(user, name));
    names.filter(full).cloned()
}

fn question(users: &[User]) -> String {
    let line = |user: &User| {
        let User { name, display_name, kind, groups, .. } = user;
        format!("  {name}  ({display_name}, {kind}, {})", groups.join(", "))
    };
    let lines: Vec<_> = users.iter().map(line).collect();
    format!(
        "This erases for good, with contacts, messages that wait, profile, rooms, files and consent:\n\n{}\n",
        lines.join("\n")
    )
}

/// `romeo is removed: no address and no full name of theirs is left in 8192 bytes of 7 files`.
impl fmt::Display for Removed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (changed, Erased { sought: _, files, bytes }) = (&self.changed, &self.erased);
        write!(
            formatter,
            "{changed}: no address and no full name of theirs is left in {bytes} bytes of {files} files"
        )
    }
}
