//! `jailbuild room list` and `jailbuild room show`

use std::fmt;

use serde::Serialize;
use xmppd_control::{Maker, Name, Room};

use crate::{
    columns::columns,
    commands::desk::Desk,
    error::{Error, Result},
};

/// List rooms: whose they are, and how many are in them now.
///
/// For example: `jailbuild room list`
#[derive(clap::Args, Debug)]
pub(super) struct Args {}

/// Show a room: who made it, for whom it is, and who looks after it.
///
/// For example: `jailbuild room show class-4b`
#[derive(clap::Args, Debug)]
pub(super) struct ShowArgs {
    /// The first part of its address.
    name: Name,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Rooms(Vec<Room>);

#[derive(Serialize)]
struct Shown {
    address: String,
    #[serde(flatten)]
    room: Room,
}

pub(super) fn run(mut desk: Desk<'_>) -> Result<u8> {
    let rooms = desk.daemon.rooms()?;
    desk.console.show(&Rooms(rooms))
}

pub(super) fn show(args: &ShowArgs, mut desk: Desk<'_>) -> Result<u8> {
    let room = desk.daemon.rooms()?.into_iter().find(|room| room.name == args.name.as_str());
    let room = room.ok_or_else(|| {
        Error::failed_with_hint(
            format_args!("there is no room `{}`", args.name),
            "`jailbuild room list` shows all rooms",
        )
    })?;
    desk.console.show(&Shown { address: format!("{}@rooms.{}", room.name, desk.place.site.domain), room })
}

/// Whose members enter it.
fn entrance(room: &Room) -> String {
    match (room.groups.is_empty(), room.members_only) {
        (false, _) => room.groups.join(", "),
        (true, true) if room.maker == Maker::People => "its members".to_owned(),
        (true, _) => "everyone".to_owned(),
    }
}

impl fmt::Display for Rooms {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("there is no room");
        }
        let row = |room: &Room| {
            let (maker, occupants) = (room.maker.to_string(), room.occupants.to_string());
            [room.name.clone(), room.title.clone(), entrance(room), maker, occupants]
        };
        let titles = ["ROOM", "TITLE", "FOR", "MADE BY", "IN IT NOW"];
        formatter.write_str(&columns(titles, &self.0.iter().map(row).collect::<Vec<_>>()))
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, room } = self;
        let nobody = || "nobody but administrators".to_owned();
        let named = |names: &[String]| if names.is_empty() { nobody() } else { names.join(", ") };
        let lasting = if room.persistent { "stays when all have left" } else { "ends when all have left" };
        let facts = [
            ("address", address.clone()),
            ("title", room.title.clone()),
            ("for", entrance(room)),
            ("made by", maker(room.maker).to_owned()),
            ("owners", named(&room.owners)),
            ("moderators", named(&room.moderators)),
            ("in it now", room.occupants.to_string()),
            ("lasting", lasting.to_owned()),
        ];
        for (index, (what, is)) in facts.iter().enumerate() {
            let end = if index > 0 { "\n" } else { "" };
            write!(formatter, "{end}{what:12}{is}")?;
        }
        Ok(())
    }
}

/// Who made a room, as it is said.
fn maker(maker: Maker) -> &'static str {
    match maker {
        Maker::Command => "an administrator, by command",
        Maker::People => "people, in their clients",
        Maker::Site => "the school's file",
    }
}
