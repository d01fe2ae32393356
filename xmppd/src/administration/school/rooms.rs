//! Rooms by command, and what becomes of them by an act.

use xmppd_control::{Label, Name, Refusal};

use super::{Effect, Judged, School, is_of_one_script};
use crate::{
    administration::{Change, Write},
    features::rooms::{MOST_NAME_BYTES, MadeBy, SiteRoom, saved},
    look_alike::{Look, is_alike},
};

impl School {
    /// The same, with these rooms.
    #[must_use]
    pub fn with_rooms(mut self, rooms: impl IntoIterator<Item = (String, MadeBy)>) -> Self {
        self.rooms.extend(rooms);
        self
    }

    pub(super) fn add_room(&mut self, room: SiteRoom) -> Judged {
        let name = room.name.as_str();
        if self.rooms.contains_key(name) {
            return Err(Refusal::new(format!("there is a room `{name}` already"), SHOW_ROOMS));
        }
        if name.len() > MOST_NAME_BYTES {
            let what = format!("`{name}` is too long for the name of a room");
            return Err(Refusal::new(what, format!("{MOST_NAME_BYTES} bytes are the most")));
        }
        room.moderators.iter().chain(&room.owners).try_for_each(|name| self.account(name).map(drop))?;
        let groups: Vec<_> = room.groups.iter().map(Label::to_string).collect();
        self.looks_like_no_group(&groups, &[])?;
        self.looks_like_no_room(name, name)?;
        self.looks_like_no_room(room.title.as_str(), name)?;
        Ok(self.put_room(room))
    }

    pub(super) fn rename_room(&mut self, name: &Name, title: &Label) -> Judged {
        match self.room(name)? {
            MadeBy::Command(room) => {
                self.looks_like_no_room(title.as_str(), name.as_str())?;
                let room = SiteRoom { title: title.clone(), ..room.clone() };
                Ok(self.put_room(room))
            }
            MadeBy::Site(_) => Err(is_the_sites(name, "its title stands there as well")),
            MadeBy::People { .. } => Err(Refusal::new(
                format!("the room `{name}` was made by people in their clients"),
                "its owners, and every administrator, give it another title in theirs",
            )),
        }
    }

    pub(super) fn remove_room(&mut self, name: &Name) -> Judged {
        if let MadeBy::Site(_) = self.room(name)? {
            return Err(is_the_sites(name, "take it out there, and put the file in force"));
        }
        self.rooms.remove(name.as_str());
        let writes = saved::removals(name.as_str()).map(Write::Record).into();
        Ok(Effect { writes, changes: vec![Change::RoomRemoved(name.to_string())] })
    }

    /// The rooms by command that are for this group.
    pub(super) fn rooms_of(&self, group: &Label) -> Vec<SiteRoom> {
        self.by_command().filter(|room| room.groups.contains(group)).cloned().collect()
    }

    /// Lets no room by command name an account that goes: whoever gets its name later is somebody else.
    pub(super) fn forget_in_rooms(&mut self, name: &str, effect: &mut Effect) {
        let rooms: Vec<_> = self.by_command().cloned().collect();
        for mut room in rooms {
            if room.forget(name) {
                effect.extend(self.put_room(room));
            }
        }
    }

    pub(super) fn put_room(&mut self, room: SiteRoom) -> Effect {
        self.rooms.insert(room.name.to_string(), MadeBy::Command(room.clone()));
        Effect {
            writes: vec![Write::Record(saved::of_command(&room))],
            changes: vec![Change::RoomMade(room)],
        }
    }

    pub(super) fn by_command(&self) -> impl Iterator<Item = &SiteRoom> + Clone {
        self.rooms.values().filter_map(|made_by| match made_by {
            MadeBy::Command(room) => Some(room),
            MadeBy::People { .. } | MadeBy::Site(_) => None,
        })
    }

    /// The groups for which the site's file has rooms.
    pub(super) fn groups_of_sites_rooms(&self) -> impl Iterator<Item = &str> + Clone {
        let of_site = self.rooms.values().filter_map(|made_by| match made_by {
            MadeBy::Site(room) => Some(room),
            MadeBy::Command(_) | MadeBy::People { .. } => None,
        });
        of_site.flat_map(|room| &room.groups).map(Label::as_str)
    }

    /// Nobody may take a room for another, by name or by title.
    fn looks_like_no_room(&self, text: &str, name: &str) -> Result<(), Refusal> {
        let looks = Look::of(text);
        let others = self.rooms.iter().filter(|(other, _)| *other != name);
        let mut others = others.map(|(other, made_by)| [other.as_str(), made_by.title()]);
        let is_meant = |text: &&str| is_alike(&Look::of(text), &looks);
        let Some([other, title]) = others.find(|texts| texts.iter().any(is_meant)) else {
            return is_of_one_script(text);
        };
        Err(Refusal::new(
            format!("`{text}` looks like the room `{other}`, `{title}`: people would take one for the other"),
            "choose another name and title, or add what tells them apart, such as the year",
        ))
    }

    fn room(&self, name: &Name) -> Result<&MadeBy, Refusal> {
        let room = self.rooms.get(name.as_str());
        room.ok_or_else(|| Refusal::new(format!("there is no room `{name}`"), SHOW_ROOMS))
    }
}

impl Effect {
    /// What comes of another act, behind it.
    pub(super) fn extend(&mut self, other: Self) {
        self.writes.extend(other.writes);
        self.changes.extend(other.changes);
    }
}

/// A title for a room that was given none.
pub(super) fn titled_after(name: &Name) -> Result<Label, Refusal> {
    let title = name.as_str().parse();
    title
        .map_err(|error| Refusal::new(format!("the room needs a title: {error}"), "give it one by `--title`"))
}

fn is_the_sites(name: &Name, hint: &str) -> Refusal {
    Refusal::new(format!("the room `{name}` is one of the school's file, `jailbuild.toml`"), hint)
}

/// What to type to see them.
const SHOW_ROOMS: &str = "`room list` shows all rooms";
