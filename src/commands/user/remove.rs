//! `jailbuild user remove`

use std::{collections::BTreeSet, fmt, path::Path};

use serde::Serialize;
use xmppd_control::{Act, Name, User};

use crate::{
    accounts::{self, Erased},
    administration::Daemon,
    commands::desk::{Asking, Changed, Desk, each_once, enumerated},
    error::{Error, Result},
};

/// Remove accounts, all of those named or none, with all that is kept of them; then search every byte of the data for their addresses and full names.
///
/// What goes: the password, contacts, messages that wait, profile, avatar, bookmarks, rooms, shared files and the recorded consent. It asks first.
/// An account that may be wanted again is better disabled. Where a removal was interrupted, or something was left, `--check` searches again.
///
/// For example: `jailbuild user remove tybalt`
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Whose.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<Name>,

    /// Remove nothing, and search for the addresses of those who were removed before.
    #[arg(long, conflicts_with_all = ["yes", "dry_run"])]
    check: bool,

    #[command(flatten)]
    asking: Asking,
}

/// What is gone for good.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Removed<'a> {
    #[serde(flatten)]
    changed: Changed<'a>,
    erased: Erased,
}

/// Of whom nothing was found.
#[derive(Serialize)]
struct Checked {
    names: Vec<String>,
    erased: Erased,
}

pub(super) fn run(args: &Args, mut desk: Desk<'_>) -> Result<u8> {
    desk.note_example();
    let data = desk.place.data_to_search()?;
    let whose = each_once(&args.names);
    let names: Vec<_> = whose.iter().map(Name::to_string).collect();
    if args.check {
        return check(names, &data, desk);
    }
    require_known(&names, &mut desk.daemon)?;
    let acts: Vec<_> = whose.into_iter().map(|name| Act::RemoveUser { name }).collect();
    let changed = |dry_run| Changed { names: names.clone(), did: "removed", dry_run, cards: None };
    let (leaving, staying): (Vec<_>, Vec<_>) =
        desk.daemon.users()?.into_iter().partition(|user| names.contains(&user.name));
    desk.change_for_good(acts, args.asking, question(&leaving))?;
    if args.asking.dry_run {
        return desk.console.show(&changed(true));
    }
    require_unlisted(&names, &mut desk.daemon)?;
    let full_names = full_names(&leaving, &staying).collect();
    let erased = searched(&names, full_names, &staying, &data, &desk)?;
    desk.console.show(&Removed { changed: changed(false), erased })
}

/// Their full names are known no more.
fn check(names: Vec<String>, data: &Path, mut desk: Desk<'_>) -> Result<u8> {
    require_unlisted(&names, &mut desk.daemon)?;
    let staying = desk.daemon.users()?;
    let erased = searched(&names, Vec::new(), &staying, data, &desk)?;
    desk.console.show(&Checked { names, erased })
}

fn searched(
    names: &[String],
    full_names: Vec<String>,
    staying: &[User],
    data: &Path,
    desk: &Desk<'_>,
) -> Result<Erased> {
    desk.console.step("searching the data for what is left");
    let others: Vec<_> = staying.iter().map(|user| desk.address(&user.name)).collect();
    let addresses = names.iter().map(|name| desk.address(name));
    accounts::search(data, addresses.chain(full_names).collect(), &others)
}

/// Whose account is gone already may have been removed, and nobody has seen that they are erased.
fn require_known(names: &[String], daemon: &mut Daemon) -> Result<()> {
    let listed = listed(daemon)?;
    match names.iter().find(|name| !listed.contains(*name)) {
        None => Ok(()),
        Some(name) => Err(Error::failed_with_hint(
            format_args!("there is no account `{name}`"),
            format_args!(
                "`jailbuild user list` shows all accounts; if it was removed, \
                 `jailbuild user remove --check {name}` searches for what is left"
            ),
        )),
    }
}

/// Refuses to believe that they are gone while the daemon knows their accounts or consents.
fn require_unlisted(names: &[String], daemon: &mut Daemon) -> Result<()> {
    let listed = listed(daemon)?;
    match names.iter().find(|name| listed.contains(*name)) {
        None => Ok(()),
        Some(name) => Err(Error::failed_with_hint(
            format_args!("the daemon still lists `{name}`"),
            "was it not removed, or has somebody added it again? `jailbuild audit` shows it",
        )),
    }
}

/// Those of whom the daemon knows an account or a consent.
fn listed(daemon: &mut Daemon) -> Result<BTreeSet<String>> {
    let users = daemon.users()?.into_iter().map(|user| user.name);
    Ok(users.chain(daemon.consents()?.into_iter().map(|consented| consented.name)).collect())
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

impl fmt::Display for Checked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { names, erased: Erased { sought: _, files, bytes } } = self;
        let names = enumerated(names);
        write!(formatter, "{names}: no such account, and no such address in {bytes} bytes of {files} files")
    }
}
