//! `jailbuild room add`, `rename` and `remove`

use std::fmt;

use serde::Serialize;
use xmppd_control::{Act, Label, Name, Room};

use crate::{
    commands::desk::{Asking, Desk, be},
    error::Result,
};

/// Make a room for a class, for several, or for everyone, as `[[room]]` in the school's file does: its members' programs enter it by
/// themselves.
///
/// For example: `jailbuild room add class-4b --title "Class 4b" --group 4b --moderator nurse`
#[derive(clap::Args, Clone, Debug)]
pub(super) struct AddArgs {
    /// The first part of its address.
    name: Name,

    /// What people read [default: the name]
    #[arg(long)]
    title: Option<Label>,

    /// A group whose members are the room's; may be given several times [default: everyone]
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<Label>,

    /// An account that keeps order in it; may be given several times.
    #[arg(long = "moderator", value_name = "NAME")]
    moderators: Vec<Name>,

    /// An account that may configure it; may be given several times.
    #[arg(long = "owner", value_name = "NAME")]
    owners: Vec<Name>,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Give a room that was made by command another title; its address stays.
///
/// For example: `jailbuild room rename class-4b "The fourth"`
#[derive(clap::Args, Debug)]
pub(super) struct RenameArgs {
    /// The first part of its address.
    name: Name,

    /// What people shall read.
    title: Label,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// End a room, whoever made it, and erase what is kept of it: all who are in it leave it. It asks first. One of the school's file is taken
/// out there.
///
/// For example: `jailbuild room remove class-4b`
#[derive(clap::Args, Debug)]
pub(super) struct RemoveArgs {
    /// The first part of its address.
    name: Name,

    #[command(flatten)]
    asking: Asking,
}

/// What was done with a room, or would be.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Changed {
    room: String,
    /// A participle: `made for 4b`.
    did: String,
    dry_run: bool,
}

pub(super) fn add(args: &AddArgs, mut desk: Desk<'_>) -> Result<u8> {
    let AddArgs { name, title, groups, moderators, owners, dry_run } = args.clone();
    let users = desk.daemon.users()?;
    for group in &groups {
        if !users.iter().any(|user| user.is_in(group.as_str())) {
            desk.console.note(format_args!("nobody is in a group `{group}` yet"));
        }
    }
    let whom = groups.iter().map(Label::as_str).collect::<Vec<_>>().join(", ");
    let did = format!("made for {}", if whom.is_empty() { "everyone" } else { &whom });
    change(desk, Act::AddRoom { name, title, groups, moderators, owners }, dry_run, did)
}

pub(super) fn rename(args: &RenameArgs, desk: Desk<'_>) -> Result<u8> {
    let RenameArgs { name, title, dry_run } = args;
    let act = Act::RenameRoom { name: name.clone(), title: title.clone() };
    change(desk, act, *dry_run, format!("called {title}"))
}

pub(super) fn remove(args: &RemoveArgs, mut desk: Desk<'_>) -> Result<u8> {
    let rooms = desk.daemon.rooms()?;
    let room = rooms.iter().find(|room| room.name == args.name.as_str());
    let act = Act::RemoveRoom { name: args.name.clone() };
    desk.change_for_good(vec![act], args.asking, room.map(question).unwrap_or_default())?;
    let occupants = room.map_or(0, |room| room.occupants);
    let did = format!("ended and erased, with {occupants} in it");
    desk.console.show(&Changed { room: args.name.to_string(), did, dry_run: args.asking.dry_run })
}

fn question(room: &Room) -> String {
    let Room { name, title, occupants, .. } = room;
    format!(
        "This ends the room `{name}`, {title}, with {occupants} in it now, and erases for good what is kept of it."
    )
}

fn change(mut desk: Desk<'_>, act: Act, dry_run: bool, did: String) -> Result<u8> {
    let room = act.concerns().to_owned();
    desk.daemon.change(vec![act], dry_run)?;
    desk.console.show(&Changed { room, did, dry_run })
}

impl fmt::Display for Changed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the room {} {} {}", self.room, be(1, self.dry_run), self.did)
    }
}

#[cfg(test)]
mod tests {
    use xmppd_control::Maker;

    use super::*;

    #[test]
    fn who_is_asked_sees_how_many_are_in_the_room() {
        let room = Room {
            name: "fourth".to_owned(),
            title: "Class 4a".to_owned(),
            maker: Maker::Command,
            groups: Vec::new(),
            moderators: Vec::new(),
            owners: Vec::new(),
            members_only: false,
            persistent: true,
            occupants: 2,
        };
        assert_eq!(
            question(&room),
            "This ends the room `fourth`, Class 4a, with 2 in it now, and erases for good what is kept of it."
        );
    }
}
