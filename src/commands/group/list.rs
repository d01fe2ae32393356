//! `jailbuild group list` and `jailbuild group show`

use std::fmt;

use serde::Serialize;
use xmppd_control::{Kind, Label, User};

use crate::{
    accounts::Listing,
    classes::{Group, groups},
    columns::columns,
    commands::desk::Desk,
    error::{Error, Result},
};

/// List groups: how many of each kind are in them, their rooms, and what the school's file says of them.
///
/// For example: `jailbuild group list`
#[derive(clap::Args, Debug)]
pub(super) struct Args {}

/// Show a group and who is in it.
///
/// For example: `jailbuild group show 4b`
#[derive(clap::Args, Debug)]
pub(super) struct ShowArgs {
    /// Which.
    group: Label,
}

/// All groups.
#[derive(Serialize)]
#[serde(transparent)]
struct Groups(Vec<Group>);

/// One, with its members.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    group: Group,
    members: Listing<User>,
}

pub(super) fn run(mut desk: Desk<'_>) -> Result<u8> {
    let (users, rooms) = (desk.daemon.users()?, desk.daemon.rooms()?);
    desk.console.show(&Groups(groups(&users, &rooms, &desk.place.site)))
}

pub(super) fn show(args: &ShowArgs, mut desk: Desk<'_>) -> Result<u8> {
    let (mut users, rooms) = (desk.daemon.users()?, desk.daemon.rooms()?);
    let groups = groups(&users, &rooms, &desk.place.site);
    let group = groups.into_iter().find(|group| group.name == args.group.as_str()).ok_or_else(|| {
        Error::failed_with_hint(
            format_args!("nobody is in a group `{}`, and nothing names it", args.group),
            "`jailbuild group list` shows all groups",
        )
    })?;
    users.retain(|user| user.is_in(&group.name));
    desk.console.show(&Shown { group, members: Listing(users) })
}

impl fmt::Display for Groups {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("there is no group yet");
        }
        let row = |group: &Group| {
            let [children, parents, teachers, administrators] =
                Kind::ALL.map(|kind| group.count(kind).to_string());
            let rooms = group.rooms.join(", ");
            let sees = if group.sees_everyone { "yes" } else { "" }.to_owned();
            [group.name.clone(), children, parents, teachers, administrators, rooms, sees]
        };
        let titles = ["GROUP", "CHILDREN", "PARENTS", "TEACHERS", "ADMINISTRATORS", "ROOMS", "SEES EVERYONE"];
        formatter.write_str(&columns(titles, &self.0.iter().map(row).collect::<Vec<_>>()))
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, members } = self;
        let accounts = if group.members() == 1 { "account" } else { "accounts" };
        write!(formatter, "{}: {} {accounts}", group.name, group.members())?;
        if group.disabled > 0 {
            write!(formatter, ", {} of them disabled", group.disabled)?;
        }
        if !group.rooms.is_empty() {
            write!(formatter, "\nrooms: {}", group.rooms.join(", "))?;
        }
        if group.sees_everyone {
            write!(formatter, "\nits members see everyone, and are seen by everyone")?;
        }
        if members.0.is_empty() { Ok(()) } else { write!(formatter, "\n{members}") }
    }
}
