//! Groups: classes and clubs, and what becomes of them by an act.

use std::sync::Arc;

use xmppd_control::{BETWEEN_GROUPS, LEAVERS, Label, Name, Refusal};

use super::{Effect, Judged, School, is_of_one_script};
use crate::{
    account::Account,
    administration::Change,
    features::rooms::SiteRoom,
    look_alike::{Look, is_alike},
};

impl School {
    /// The same, with these groups of the site's file.
    #[must_use]
    pub fn with_groups(mut self, groups: impl IntoIterator<Item = String>) -> Self {
        self.groups_of_site.extend(groups);
        self
    }

    pub(super) fn join(&mut self, name: &Name, group: &Label) -> Judged {
        let mut groups = self.account(name)?.groups.clone();
        if !groups.iter().any(|one| one == group.as_str()) {
            groups.push(group.to_string());
        }
        self.set_groups(name, groups)
    }

    pub(super) fn leave(&mut self, name: &Name, group: &Label) -> Judged {
        let mut groups = self.account(name)?.groups.clone();
        let before = groups.len();
        groups.retain(|one| one != group.as_str());
        if groups.len() == before {
            return Err(Refusal::new(format!("`{name}` is not in the group `{group}`"), SHOW_GROUPS));
        }
        self.set_groups(name, groups)
    }

    pub(super) fn set_groups(&mut self, name: &Name, groups: Vec<String>) -> Judged {
        let account = Arc::clone(self.account(name)?);
        // A group that it alone is in, and leaves, is in nobody's way.
        self.take(name.as_str());
        let judged = self.looks_like_no_group(&groups, &account.groups);
        self.put(account);
        judged?;
        self.edit(name, |account| account.groups = groups, Change::Relabelled)
    }

    pub(super) fn rename_group(&mut self, group: &Label, to_label: &Label) -> Judged {
        let (from, to) = (group.as_str(), to_label.as_str());
        let is_in = |account: &Account, group: &str| account.groups.iter().any(|one| one == group);
        if self.accounts.values().any(|account| is_in(account, to)) {
            return Err(Refusal::new(format!("there is a group `{to}` already"), SHOW_GROUPS));
        }
        self.is_no_other_group(to, &[], Some(from))?;
        let members: Vec<_> =
            self.accounts.values().filter(|account| is_in(account, from)).map(Arc::clone).collect();
        if members.is_empty() {
            return Err(Refusal::new(format!("nobody is in a group `{from}`"), SHOW_GROUPS));
        }
        let mut effect = Effect::default();
        // Both groups, until all are in the other: nobody is put out of their room meanwhile.
        let rooms = self.rooms_of(group);
        for room in &rooms {
            let groups = room.groups.iter().chain([to_label]).cloned().collect();
            effect.changes.push(Change::RoomMade(SiteRoom { groups, ..room.clone() }));
        }
        for member in members {
            let mut account = Account::clone(&member);
            account.groups.iter_mut().filter(|one| *one == from).for_each(|one| to.clone_into(one));
            self.update(account, &mut effect, Change::Relabelled);
        }
        for mut room in rooms {
            room.groups.retain(|one| one != to_label);
            room.groups.iter_mut().filter(|one| *one == group).for_each(|one| one.clone_from(to_label));
            effect.extend(self.put_room(room));
        }
        Ok(effect)
    }

    /// None of these may be taken for another. Those that it was in before are not judged.
    pub(super) fn looks_like_no_group(&self, groups: &[String], before: &[String]) -> Result<(), Refusal> {
        let mut new = groups.iter().filter(|group| !before.contains(group));
        new.try_for_each(|group| self.is_no_other_group(group, groups, None))
    }

    /// A new group may not be taken for one that there is, nor for one that comes with it. A group that there is, is
    /// that, whatever it looks like; and one that goes is in nobody's way.
    fn is_no_other_group(&self, group: &str, with: &[String], going: Option<&str>) -> Result<(), Refusal> {
        if self.groups.contains_key(group) {
            return Ok(());
        }
        let looks = Look::of(group);
        let of_rooms = self.by_command().flat_map(|room| &room.groups).map(Label::as_str);
        let that_can_go = self.groups.keys().map(String::as_str).chain(of_rooms);
        let of_site = self.groups_of_site.iter().map(String::as_str).chain(self.groups_of_sites_rooms());
        let others = that_can_go.filter(|one| Some(*one) != going).chain(of_site);
        if others.clone().any(|other| other == group) {
            return Ok(());
        }
        is_no_list(group)?;
        if is_alike(&looks, &Look::of(LEAVERS)) {
            return Err(Refusal::new(
                format!(
                    "no group is called `{group}`: in the list of a year's end, it stands for those who leave"
                ),
                "take another name, such as `alumni`; `year-end` has those who leave disabled",
            ));
        }
        let with = with.iter().map(String::as_str).filter(|other| *other != group);
        match others.chain(with).find(|other| is_alike(&Look::of(other), &looks)) {
            None => is_of_one_script(group),
            Some(other) => Err(Refusal::new(
                format!("`{group}` looks like the group `{other}`: people would take one for the other"),
                "take that one, or a name that tells them apart; `group rename` gives a group another name",
            )),
        }
    }
}

/// `4b, Choir` would be shown as if it were two.
fn is_no_list(group: &str) -> Result<(), Refusal> {
    if !group.contains(BETWEEN_GROUPS) {
        return Ok(());
    }
    Err(Refusal::new(
        format!("`{group}` would be one group, and be shown as if it were several"),
        "name each group by itself: no new one has `,`, `;` or `|` in its name",
    ))
}

/// Each once, in the order in which it came first.
pub(super) fn distinct<T: Clone + PartialEq>(list: &[T]) -> Vec<T> {
    let first = |(place, one): &(usize, &T)| !list[..*place].contains(one);
    list.iter().enumerate().filter(first).map(|(_, one)| one.clone()).collect()
}

/// What to type to see who is where.
const SHOW_GROUPS: &str = "`user list` shows the groups of all accounts";
