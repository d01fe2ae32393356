//! `jailbuild group add`, `remove`, `rename` and `dissolve`

use std::fmt;

use serde::Serialize;
use xmppd_control::{Act, Label, Name};

use crate::{
    classes::{Mention, mentions},
    commands::desk::{Asking, Desk, be, each_once, enumerated},
    error::{Error, Result},
};

/// Which group, and who.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct Args {
    /// Which.
    group: Label,

    /// Whom.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<Name>,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Give a group another name, for all who are in it; rooms that were made for it by command follow it. What the school's file says of the old
/// name is told, to be changed there.
///
/// For example: `jailbuild group rename 4b 5b`
#[derive(clap::Args, Clone, Debug)]
pub(super) struct RenameArgs {
    /// Which.
    group: Label,

    /// Its new name, which no other group has.
    to: Label,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Take everybody out of a group; their accounts stay. It asks first, since no command puts them back.
///
/// For example: `jailbuild group dissolve Choir`
#[derive(clap::Args, Clone, Debug)]
pub(super) struct DissolveArgs {
    /// Which.
    group: Label,

    #[command(flatten)]
    asking: Asking,
}

/// What was done with a group, or would be.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Changed {
    group: Label,
    /// Who joined or left it.
    names: Vec<String>,
    /// A phrase: `in`, `out of`, `renamed`.
    did: &'static str,
    /// Its name from now on, where it is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Label>,
    /// What goes on naming it.
    still_named: Vec<Mention>,
    dry_run: bool,
}

pub(super) fn add(args: &Args, mut desk: Desk<'_>) -> Result<u8> {
    let is_new = members(&args.group, &mut desk)?.is_empty();
    let changed = each(args, &mut desk, |name, group| Act::JoinGroup { name, group }, "in")?;
    if is_new {
        let (be, was) = if args.dry_run { ("would be", "is in it yet") } else { ("is", "was in it before") };
        desk.console.note(format_args!("`{}` {be} a new group: nobody {was}", args.group));
    }
    desk.console.show(&changed)
}

pub(super) fn remove(args: &Args, mut desk: Desk<'_>) -> Result<u8> {
    let changed = each(args, &mut desk, |name, group| Act::LeaveGroup { name, group }, "out of")?;
    desk.console.show(&changed)
}

pub(super) fn rename(args: &RenameArgs, mut desk: Desk<'_>) -> Result<u8> {
    let RenameArgs { group, to, dry_run } = args.clone();
    let names = members(&group, &mut desk)?.iter().map(Name::to_string).collect();
    desk.daemon.change(vec![Act::RenameGroup { group: group.clone(), to: to.clone() }], dry_run)?;
    let still_named = still_named(&group, &desk)?;
    desk.console.show(&Changed { group, names, did: "renamed", to: Some(to), still_named, dry_run })
}

pub(super) fn dissolve(args: &DissolveArgs, mut desk: Desk<'_>) -> Result<u8> {
    let DissolveArgs { group, asking } = args.clone();
    let members = members(&group, &mut desk)?;
    if members.is_empty() {
        return Err(Error::failed_with_hint(
            format_args!("nobody is in a group `{group}`"),
            "`jailbuild group list` shows all groups",
        ));
    }
    let act = |name: &Name| Act::LeaveGroup { name: name.clone(), group: group.clone() };
    let acts = members.iter().map(act).collect();
    desk.change_for_good(acts, asking, question(&group, &members))?;
    desk.console.show(&Changed::of(&group, &members, "out of", asking.dry_run))
}

/// All are named: whoever wants them back has to type their names.
fn question(group: &Label, members: &[Name]) -> String {
    let accounts =
        if members.len() == 1 { "1 account".to_owned() } else { format!("{} accounts", members.len()) };
    let names: Vec<_> = members.iter().map(Name::as_str).collect();
    format!(
        "This takes {accounts} out of the group `{group}`, and no command puts them back:\n\n  {}\n",
        names.join(", ")
    )
}

fn each(
    args: &Args,
    desk: &mut Desk<'_>,
    act: impl Fn(Name, Label) -> Act,
    did: &'static str,
) -> Result<Changed> {
    let Args { group, dry_run, .. } = args;
    let names = each_once(&args.names);
    desk.daemon.change(names.iter().map(|name| act(name.clone(), group.clone())).collect(), *dry_run)?;
    Ok(Changed::of(group, &names, did, *dry_run))
}

fn members(group: &Label, desk: &mut Desk<'_>) -> Result<Vec<Name>> {
    let users = desk.daemon.users()?.into_iter();
    Ok(users.filter(|user| user.is_in(group.as_str())).filter_map(|user| user.name.parse().ok()).collect())
}

fn still_named(group: &Label, desk: &Desk<'_>) -> Result<Vec<Mention>> {
    let origin = &desk.place.origin;
    Ok(mentions(group.as_str(), &desk.place.site, &origin.text()?, &origin.path()))
}

impl Changed {
    /// These joined it, or left it.
    fn of(group: &Label, names: &[Name], did: &'static str, dry_run: bool) -> Self {
        let (group, names) = (group.clone(), names.iter().map(Name::to_string).collect());
        Self { group, names, did, to: None, still_named: Vec::new(), dry_run }
    }
}

impl fmt::Display for Changed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, names, did, to, still_named, dry_run } = self;
        match to {
            Some(to) => {
                write!(formatter, "{group} {} {did} to {to}, with {}", be(1, *dry_run), enumerated(names))
            }
            None => write!(formatter, "{} {} {did} {group}", enumerated(names), be(names.len(), *dry_run)),
        }?;
        if still_named.is_empty() {
            return Ok(());
        }
        write!(
            formatter,
            "\nthe old name still stands in the school's file; change it there, too, and put the file in force:"
        )?;
        still_named.iter().try_for_each(|mention| write!(formatter, "\n  {mention}"))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn who_is_asked_sees_whose_group_it_was() {
        let members = ["abel", "cara"].map(|name| name.parse().unwrap());
        assert_eq!(
            question(&"Choir".parse().unwrap(), &members),
            "This takes 2 accounts out of the group `Choir`, and no command puts them back:\n\n  abel, cara\n"
        );
    }
}
