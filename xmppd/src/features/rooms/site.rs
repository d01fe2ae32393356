//! Rooms that the site makes: for a class, or for all. Who belongs to the group belongs to the room, from the
//! moment on at which that is so.

use super::{
    Rooms,
    configuration::{Configuration, Whois},
    rank::Affiliation,
    settings::SiteRoom,
};
use crate::{account::Account, jid::Jid, router::Settings};

/// What the site has made a room for.
pub(super) struct Made {
    title: String,
    /// Whose members are the room's; empty for everyone.
    groups: Vec<String>,
    /// Whether who belongs to no group belongs to one of these, the school's default.
    includes_others: bool,
}

impl Made {
    fn new(room: &SiteRoom, settings: &Settings) -> Self {
        let groups: Vec<_> = room.groups.iter().cloned().map(String::from).collect();
        let includes_others = groups.is_empty() || groups.contains(&settings.organisation);
        Self { title: room.title.clone().into(), groups, includes_others }
    }

    /// Whether it is for that account.
    pub(super) fn includes(&self, account: &Account) -> bool {
        let is_in_group = account.groups.iter().any(|group| self.groups.contains(group));
        account.enabled
            && (self.groups.is_empty() || is_in_group || (account.groups.is_empty() && self.includes_others))
    }

    /// Keeps what the site has decided, whatever an owner would rather have.
    pub(super) fn keep(&self, configuration: &mut Configuration) {
        configuration.title.clone_from(&self.title);
        configuration.persistent = true;
        configuration.members_only = true;
        configuration.public = self.groups.is_empty();
        configuration.whois = Whois::Anyone;
    }
}

impl Rooms {
    /// Makes the rooms of the site.
    pub(super) fn make(&mut self, settings: &Settings) {
        for wanted in &settings.rooms.made {
            let made = Made::new(wanted, settings);
            let room = self.room_for(&wanted.name.to_string());
            made.keep(&mut room.configuration);
            room.made = Some(made);
            let ranks = [(&wanted.moderators, Affiliation::Admin), (&wanted.owners, Affiliation::Owner)];
            for (names, affiliation) in ranks {
                let names = names.iter().map(|name| name.to_string().into());
                room.affiliations.extend(names.map(|name| (name, affiliation)));
            }
        }
    }

    /// The rooms that the site has made for an account, with their titles: its client is to enter them by itself.
    pub fn bookmarks_of(&self, account: &Account) -> Vec<(Jid, String)> {
        let is_for = |room: &&super::room::Room| {
            room.made.as_ref().is_some_and(|made| made.includes(account))
                && room.affiliation(account) >= Affiliation::Member
        };
        let rooms = self.all.values().filter(is_for);
        rooms.map(|room| (room.jid.clone(), room.title().to_owned())).collect()
    }
}
