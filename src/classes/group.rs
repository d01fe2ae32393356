//! A group: who is in it, by kind, and what else names it.

use std::{collections::BTreeMap, fmt, path::Path};

use serde::Serialize;
use xmppd_control::{Kind, Room, User};

use crate::site::{Site, toml_string};

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

/// Where the school's file names a group.
pub fn mentions(group: &str, site: &Site, text: &str, path: &Path) -> Vec<Mention> {
    let quoted = toml_string(group);
    let mut places = lines_with(&quoted, text).map(|line| format!("{}:{line}", path.display()));
    let mut mention = |what: String| {
        let place = places.next().unwrap_or_else(|| path.display().to_string());
        Mention { place, what }
    };
    let mut found = Vec::new();
    if site.roster.sees_everyone.iter().any(|one| one.as_str() == group) {
        found.push(mention("`sees-everyone`: whose members see everyone".to_owned()));
    }
    let rooms = site.rooms.made.iter().filter(|room| room.groups.iter().any(|one| one == group));
    found.extend(rooms.map(|room| mention(format!("`groups` of the room `{}`", room.name))));
    found
}

/// The lines that hold a text outside of comments.
fn lines_with<'a>(wanted: &'a str, text: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_meant = move |line: &str| line.split('#').next().is_some_and(|line| line.contains(wanted));
    text.lines().enumerate().filter(move |(_, line)| is_meant(line)).map(|(index, _)| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_searched_for_a_group_line_by_line() {
        let text = Site::example_text().expect("a text")
            + "\n[[room]]\nname = \"class-4b\"\ntitle = \"Class 4b\"\ngroups = [\"4b\"] # \"4b\"\n";
        let path = Path::new("jailbuild.toml");
        let site = Site::parse(path, &text).expect("a school");
        let [mention] = &mentions("4b", &site, &text, path)[..] else { panic!("one mention") };
        assert_eq!(mention.what, "`groups` of the room `class-4b`");
        assert_eq!(mention.place, format!("jailbuild.toml:{}", text.lines().count()));
        assert!(mentions("4a", &site, &text, path).is_empty());
    }
}
