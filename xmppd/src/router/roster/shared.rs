//! What the school puts into rosters: who sees whom without asking, and how.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use bytes::Bytes;

use super::{Visibility, circle::Circle, item::Item};
use crate::{account::Account, router::Settings};

/// Whoever belongs to this group is in nobody's roster and sees nobody: accounts that come and go without a word, such as
/// those that prove that a server in service is closed.
const UNLISTED: &str = ".unlisted";

/// Every account that is seen, and what it sees.
pub struct SharedRoster {
    domain: String,
    default_group: String,
    /// `None` where everyone sees everyone.
    seers: Option<BTreeSet<String>>,
    members: BTreeMap<Arc<str>, Member>,
    circles: HashMap<Sight, Circle>,
}

/// An account that may log in, as others see it.
#[derive(Eq, PartialEq)]
pub(crate) struct Member {
    /// Its item in the roster of who has nothing to add.
    pub(super) item: Bytes,
    pub(crate) display_name: String,
    pub(crate) groups: Vec<String>,
    pub(crate) sight: Sight,
}

/// Whom an account sees, and by whom it is seen, since both are the same.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(crate) enum Sight {
    /// Everyone.
    All,
    /// Who shares one of these groups; and who sees all.
    Groups(Arc<BTreeSet<Arc<str>>>),
    /// Nobody but itself.
    Nobody,
}

impl Sight {
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nobody, _) | (_, Self::Nobody) => false,
            (Self::Groups(own), Self::Groups(others)) => own.intersection(others).next().is_some(),
            _ => true,
        }
    }
}

impl SharedRoster {
    pub(in crate::router) fn new<'a>(
        settings: &Settings,
        accounts: impl IntoIterator<Item = &'a Account>,
    ) -> Self {
        let policy = &settings.roster;
        let seers = policy.sees_everyone.iter().map(ToString::to_string);
        let mut roster = Self {
            domain: settings.domain.clone(),
            default_group: settings.organisation.clone(),
            seers: (policy.visibility == Visibility::Groups).then(|| seers.collect()),
            members: BTreeMap::new(),
            circles: HashMap::new(),
        };
        for account in accounts.into_iter().filter(|account| account.enabled) {
            roster.members.insert(account.name.as_str().into(), roster.member_of(account));
        }
        roster
    }

    /// The account of that name, if it may log in.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members.get(name)
    }

    /// What `owner` sees of an account by the school's doing.
    pub(crate) fn seen(&self, name: &str, owner: &str) -> Option<&Member> {
        let (member, owner) = (self.members.get(name)?, self.members.get(owner)?);
        member.sight.meets(&owner.sight).then_some(member)
    }

    /// Takes in what has become of an account.
    pub(super) fn set(&mut self, name: &str, account: Option<&Account>) {
        let new = account.filter(|account| account.enabled).map(|account| self.member_of(account));
        let old = match new {
            Some(new) => self.members.insert(name.into(), new),
            None => self.members.remove(name),
        };
        let new = self.members.get(name);
        if old.as_ref() == new {
            return;
        }
        let members = &self.members;
        self.circles.retain(|sight, _| members.values().any(|member| member.sight == *sight));
        for (sight, circle) in &mut self.circles {
            let item = |member: Option<&Member>| {
                member.filter(|member| member.sight.meets(sight)).map(|member| member.item.clone())
            };
            if item(old.as_ref()) != item(new) {
                circle.change(name, items(members, sight));
            }
        }
    }

    /// What all who see the same as this account find in the roster. It is made when the first one asks.
    pub(super) fn circle(&mut self, name: &str) -> Option<&Circle> {
        let members = &self.members;
        let sight = &members.get(name)?.sight;
        let circle = self.circles.entry(sight.clone());
        Some(circle.or_insert_with(|| Circle::new(items(members, sight))))
    }

    /// All accounts that may log in.
    pub(super) fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.members.keys()
    }

    fn member_of(&self, account: &Account) -> Member {
        let default = std::slice::from_ref(&self.default_group);
        let groups = if account.groups.is_empty() { default } else { &account.groups };
        let sees_all = account.is_administrator()
            || self.seers.as_ref().is_none_or(|seers| groups.iter().any(|group| seers.contains(group)));
        let sight = if groups.iter().any(|group| group == UNLISTED) {
            Sight::Nobody
        } else if sees_all {
            Sight::All
        } else {
            Sight::Groups(Arc::new(groups.iter().map(|group| group.as_str().into()).collect()))
        };
        let item = Item {
            address: &format!("{}@{}", account.name, self.domain),
            name: Some(&account.display_name),
            subscription: "both",
            is_asked: false,
            is_approved: false,
            groups: groups.iter().map(String::as_str).collect(),
        };
        Member {
            item: item.to_string().into(),
            display_name: account.display_name.clone(),
            groups: groups.to_vec(),
            sight,
        }
    }
}

fn items<'a>(
    members: &'a BTreeMap<Arc<str>, Member>,
    sight: &'a Sight,
) -> impl Iterator<Item = (&'a Arc<str>, &'a Bytes)> {
    let seen = members.iter().filter(|(_, member)| member.sight.meets(sight));
    seen.map(|(name, member)| (name, &member.item))
}
