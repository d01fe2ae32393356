//! Rooms that an administrator makes and ends by command, while people are online; and all rooms as administrators
//! see them.

use std::sync::Arc;

use xmppd_control::{Maker, Room as Shown};

use super::{
    mail::Mail,
    notice::{Notice, Status},
    rank::Affiliation,
    room::Room,
    saved,
    settings::SiteRoom,
    site,
};
use crate::{router::Router, stream::Context};

/// Who made a room, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MadeBy {
    /// An administrator, by command.
    Command(SiteRoom),
    /// Somebody in their client.
    People {
        /// Its title.
        title: String,
    },
    /// The site's file.
    Site(SiteRoom),
}

impl MadeBy {
    /// What people read.
    pub(crate) fn title(&self) -> &str {
        match self {
            Self::Command(room) | Self::Site(room) => room.title.as_str(),
            Self::People { title } => title,
        }
    }
}

impl Router {
    /// Makes a room by command, or has it be as this says. Its members' clients are told to enter it.
    pub(crate) fn make_class_room(&mut self, wanted: &SiteRoom, cx: &mut Context<'_>) {
        let name: Arc<str> = wanted.name.as_str().into();
        let was = self.rooms.all.get(&name).map(|room| room.configuration.clone());
        if let Some(before) = self.rooms.by_command.insert(wanted.name.to_string(), wanted.clone()) {
            self.rooms.unmake(&before);
        }
        self.rooms.make_one(wanted, &self.settings);
        if let Some(was) = was {
            site::resettle(self, &name, was, cx);
        }
        site::offer_to_all(self, cx);
    }

    /// Ends a room: all are put out of it, and bookmarks that nobody has touched go. What was said in it, and who was
    /// what to it, goes with it.
    pub(crate) fn remove_room(&mut self, name: &str, cx: &mut Context<'_>) {
        self.rooms.by_command.remove(name);
        let mut mail = Mail::default();
        let address = self.rooms.all.get(name).map(|room| room.jid.clone());
        if let Some(room) = self.rooms.all.get_mut(name) {
            room.made = None;
            room.is_over = true;
            let codes = &[Status::OwnPresence];
            room.dissolve(&Notice { rest: "<destroy/>", codes, ..Notice::default() }, &mut mail);
        }
        let records = self.conclude(name, mail, cx);
        cx.record(records);
        if let Some(address) = address {
            self.take_back_room(address.as_str(), cx);
        }
    }

    /// Lets no room by command name an account that was removed. Where a server runs, that is written with the removal.
    pub(crate) fn forget_in_rooms_by_command(&mut self, account: &str, cx: &mut Context<'_>) {
        for room in self.rooms.by_command.values_mut() {
            if room.forget(account) {
                cx.record(vec![saved::of_command(room)]);
            }
        }
    }

    /// All rooms, by name, with who made them.
    pub fn rooms_shown(&self) -> Vec<(Shown, MadeBy)> {
        self.rooms.all.values().map(|room| self.room_shown(room)).collect()
    }

    /// The groups that the site's file names, besides those of its rooms.
    pub fn groups_of_site(&self) -> Vec<String> {
        let staff = self.settings.roster.sees_everyone.iter().map(ToString::to_string);
        staff.chain([self.settings.organisation.clone()]).collect()
    }

    fn room_shown(&self, room: &Room) -> (Shown, MadeBy) {
        let of_site = self.settings.rooms.made.iter().find(|made| made.name.as_str() == &*room.name);
        let by_command = self.rooms.by_command.get(&*room.name);
        let (maker, made_by) = match (of_site, by_command) {
            (Some(made), _) => (Maker::Site, MadeBy::Site(made.clone())),
            (None, Some(made)) => (Maker::Command, MadeBy::Command(made.clone())),
            (None, None) => (Maker::People, MadeBy::People { title: room.title().to_owned() }),
        };
        let groups = of_site.or(by_command).into_iter().flat_map(|made| &made.groups);
        let shown = Shown {
            name: room.name.to_string(),
            title: room.title().to_owned(),
            maker,
            groups: groups.map(ToString::to_string).collect(),
            moderators: room.those_who_are(Affiliation::Admin),
            owners: room.those_who_are(Affiliation::Owner),
            members_only: room.configuration.members_only,
            persistent: room.configuration.persistent,
            occupants: room.occupants.len(),
        };
        (shown, made_by)
    }
}

impl Room {
    fn those_who_are(&self, affiliation: Affiliation) -> Vec<String> {
        let are = self.affiliations.iter().filter(|(_, is)| **is == affiliation);
        are.map(|(name, _)| name.to_string()).collect()
    }
}
