//! Rooms that the site makes: for a class, or for all. Who belongs to the group belongs to the room, from the
//! moment on at which that is so.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Rooms,
    admin::People,
    configuration::{Configuration, Whois},
    mail::Mail,
    notice::{Notice, Status},
    rank::Affiliation,
    room::Room,
    settings::SiteRoom,
};
use crate::{
    account::{Account, Name},
    jid::Jid,
    router::{Router, Settings},
    stream::Context,
};

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
    /// Makes the rooms of the site, and those by command.
    pub(super) fn make(&mut self, settings: &Settings) {
        let by_command: Vec<_> = self.by_command.values().cloned().collect();
        by_command.iter().chain(&settings.rooms.made).for_each(|wanted| self.make_one(wanted, settings));
    }

    /// Makes a room, unless the site has made it otherwise.
    pub(super) fn make_one(&mut self, wanted: &SiteRoom, settings: &Settings) {
        if settings.rooms.made.iter().any(|of_site| of_site.name == wanted.name && of_site != wanted) {
            return;
        }
        let made = Made::new(wanted, settings);
        let room = self.room_for(wanted.name.as_str());
        made.keep(&mut room.configuration);
        room.made = Some(made);
        room.affiliations.extend(ranks(wanted));
        room.is_over = false;
        room.is_locked = false;
        room.unsaved.room |= room.is_recorded;
    }

    /// Takes back what the site has made. Only what people have made of it since would be there after a restart.
    pub(super) fn unmake(&mut self, unwanted: &SiteRoom) {
        let Some(room) = self.all.get_mut(&*unwanted.name.to_string()) else { return };
        room.made = None;
        for (name, affiliation) in ranks(unwanted) {
            if room.affiliations.get(&name) == Some(&affiliation) {
                room.affiliations.remove(&name);
            }
        }
        room.is_over = !room.is_recorded;
        room.unsaved.room |= room.is_recorded;
    }

    /// The rooms that the site has made for an account, with their titles: its client is to enter them by itself.
    pub fn bookmarks_of(&self, account: &Account) -> Vec<(Jid, String)> {
        let is_for = |room: &&Room| {
            room.made.as_ref().is_some_and(|made| made.includes(account))
                && room.affiliation(account) >= Affiliation::Member
        };
        let rooms = self.all.values().filter(is_for);
        rooms.map(|room| (room.jid.clone(), room.title().to_owned())).collect()
    }
}

impl Room {
    /// Follows the site, which has decided otherwise since the room was configured as it was.
    fn resettle(&mut self, was: Configuration, most_history: usize, people: &People, mail: &mut Mail) {
        if self.is_over {
            let notice = Notice { rest: "<destroy/>", codes: &[Status::OwnPresence], ..Notice::default() };
            return self.dissolve(&notice, mail);
        }
        if self.is_locked && self.made.is_none() {
            return; // its owner has yet to say how it is to be
        }
        let mut wanted = std::mem::replace(&mut self.configuration, was);
        wanted.history = wanted.history.min(most_history);
        let occupants: Vec<_> = self.occupants.iter().map(|occupant| Arc::clone(&occupant.account)).collect();
        for person in occupants.iter().filter_map(|name| people.get(name)) {
            self.reconsider(&person.account, &Notice::default(), mail);
        }
        if self.is_recorded && wanted != self.configuration {
            self.configure(wanted, mail);
        } else {
            self.reconfigure(wanted, mail);
        }
    }
}

/// The site may want other rooms, or have them for others, or have all remember less.
pub(super) fn resettled(router: &mut Router, before: &Settings, cx: &mut Context<'_>) {
    let Settings { rooms, organisation, .. } = &router.settings;
    if (rooms, organisation) == (&before.rooms, &before.organisation) {
        return;
    }
    let rooms = &mut router.rooms;
    let were: BTreeMap<_, _> =
        rooms.all.iter().map(|(name, room)| (Arc::clone(name), room.configuration.clone())).collect();
    before.rooms.made.iter().for_each(|room| rooms.unmake(room));
    rooms.make(&router.settings);
    for (name, was) in were {
        resettle(router, &name, was, cx);
    }
    offer_to_all(router, cx);
}

/// Lets a room follow what was decided.
pub(super) fn resettle(router: &mut Router, name: &str, was: Configuration, cx: &mut Context<'_>) {
    let most_history = router.settings.rooms.most_history;
    let mut mail = Mail::default();
    if let Some(room) = router.rooms.all.get_mut(name) {
        room.resettle(was, most_history, &router.people, &mut mail);
    }
    let records = router.conclude(name, mail, cx);
    cx.record(records);
}

/// The bookmarks of all who are online follow.
pub(super) fn offer_to_all(router: &mut Router, cx: &mut Context<'_>) {
    let online = router.people.values().filter(|person| person.is_online());
    let online: Vec<_> = online.map(|person| Arc::clone(&person.name)).collect();
    for name in online {
        router.offer_rooms(&name, cx);
    }
}

/// Whom the site has made something to a room.
fn ranks(room: &SiteRoom) -> impl Iterator<Item = (Arc<str>, Affiliation)> {
    let of = |names: &[Name], affiliation| {
        let names: Vec<_> = names.iter().map(|name| (name.to_string().into(), affiliation)).collect();
        names
    };
    of(&room.moderators, Affiliation::Admin).into_iter().chain(of(&room.owners, Affiliation::Owner))
}
