//! A group: who is in it, by kind, and what else names it.

use std::{collections::BTreeMap, fmt, path::Path};

use serde::{Deserialize, Serialize};
use toml::Spanned;
use xmppd_control::{Kind, Room, User};

use crate::site::Site;

/// A group, which is there as long as an account is in it, or the school's file or a room names it.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Group {
    /// Its name.
    pub name: String,
    /// How many accounts of each kind are in it.
    pub accounts: BTreeMap<Kind, usize>,
    /// How many of them may not log in.
    pub disabled: usize,
    /// The rooms that are for it.
    pub rooms: Vec<String>,
    /// Whether its members see everyone, and are seen by everyone, as the school's file has it.
    pub sees_everyone: bool,
}

impl Group {
    /// How many accounts of a kind are in it.
    pub fn count(&self, kind: Kind) -> usize {
        self.accounts.get(&kind).copied().unwrap_or_default()
    }

    /// How many accounts are in it.
    pub fn members(&self) -> usize {
        self.accounts.values().sum()
    }
}

/// All groups, by name.
pub fn groups(users: &[User], rooms: &[Room], site: &Site) -> Vec<Group> {
    let mut groups = BTreeMap::<String, Group>::new();
    let mut change = |name: &str, change: &dyn Fn(&mut Group)| {
        let new = || Group { name: name.to_owned(), ..Group::default() };
        change(groups.entry(name.to_owned()).or_insert_with(new));
    };
    for user in users {
        for name in &user.groups {
            change(name, &|group| {
                *group.accounts.entry(user.kind).or_default() += 1;
                group.disabled += usize::from(!user.enabled);
            });
        }
    }
    for room in rooms {
        room.groups.iter().for_each(|name| change(name, &|group| group.rooms.push(room.name.clone())));
    }
    for name in &site.roster.sees_everyone {
        change(name.as_str(), &|group| group.sees_everyone = true);
    }
    groups.into_values().collect()
}

/// Something that names a group, and does not follow it to another name by itself.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mention {
    /// Where it stands: `jailbuild.toml:12`.
    pub place: String,
    /// What it is.
    pub what: String,
}

impl fmt::Display for Mention {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.what)
    }
}

/// Where the school's file names a group. What stands nowhere in it, and is so all the same, has no line.
pub fn mentions(group: &str, site: &Site, text: &str, path: &Path) -> Vec<Mention> {
    let file: Naming = toml::from_str(text).unwrap_or_default();
    let is_it = |one: &&Spanned<String>| one.get_ref() == group;
    let line = |one: &Spanned<String>| text[..one.span().start].matches('\n').count() + 1;
    let mention = |at: Option<&Spanned<String>>, what: String| {
        let path = path.display();
        let place = at.map_or_else(|| path.to_string(), |at| format!("{path}:{}", line(at)));
        Mention { place, what }
    };
    let mut found = Vec::new();
    if site.roster.sees_everyone.iter().any(|one| one.as_str() == group) {
        let at = file.roster.sees_everyone.iter().find(is_it);
        found.push(mention(at, "`sees-everyone`: whose members see everyone".to_owned()));
    }
    for room in &file.room {
        let at = room.groups.iter().find(is_it);
        found.extend(at.map(|at| mention(Some(at), format!("`groups` of the room `{}`", room.name))));
    }
    found
}

/// What can name a group in the school's file, with its places.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Naming {
    roster: NamingRoster,
    room: Vec<NamingRoom>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct NamingRoster {
    sees_everyone: Vec<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NamingRoom {
    name: String,
    groups: Vec<Spanned<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "domain = \"school.test\"\norganisation = \"School\"\n\n[[room]]\nname = \"class-4b\"\n\
                        title = \"4b\"\ngroups = [\n  \"4a\", # \"4b\"\n  '4b',\n]\n\n[roster]\nsees-everyone = [\"4b\"]\n";

    fn mentioned(group: &str) -> Vec<String> {
        let path = Path::new("jailbuild.toml");
        let site = Site::parse(path, FILE).expect("a school");
        mentions(group, &site, FILE, path).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_mention_of_a_group_has_its_line() {
        assert_eq!(
            mentioned("4b"),
            [
                "jailbuild.toml:13: `sees-everyone`: whose members see everyone",
                "jailbuild.toml:9: `groups` of the room `class-4b`",
            ]
        );
        assert_eq!(mentioned("4a"), ["jailbuild.toml:8: `groups` of the room `class-4b`"]);
        assert!(mentioned("5a").is_empty());
    }
}
