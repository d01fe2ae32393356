//! The end of the school year: who moves up, who leaves. Judged by how things are before it, so that 4a becomes 5a while
//! 5a becomes 6a.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;
use xmppd_control::{Act, Kind, LEAVERS, Label, Name, User};

use super::decided::{Decided, Destination, Single};
use crate::error::Result;

/// What is to come of a school year's end.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Turn {
    /// Who moves.
    pub moves: Vec<Move>,
    /// Who leaves the school.
    pub leavers: Vec<Leave>,
    /// Who stays though their class moves, or leaves.
    pub staying: Vec<Leave>,
    /// Classes that others come into, and whose children stay.
    pub undecided: Vec<String>,
    /// Classes that nobody was in before.
    pub new: Vec<String>,
    #[serde(skip)]
    acts: Vec<Act>,
}

/// Those who move from one class to another.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Move {
    /// From which class; nothing for who was in none.
    pub from: String,
    /// Into which.
    pub to: String,
    /// Their names.
    pub names: Vec<String>,
}

/// Those of a class who leave the school, or stay in it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Leave {
    /// Of which class; nothing for who was in none.
    pub class: String,
    /// Their names.
    pub names: Vec<String>,
}

type Sorted = BTreeMap<(String, Option<String>), Vec<String>>;

impl Turn {
    /// What comes of what was decided, where these are the accounts.
    ///
    /// # Errors
    /// [`crate::Error::Configuration`] with all that is wrong with the list: rows that cannot be understood, and those
    /// about classes and accounts that there are not.
    pub fn of(decided: Decided, users: &[User]) -> Result<Self> {
        let Decided { digest: _, classes, singles, mut mistakes } = decided;
        for (name, single) in &singles {
            if !users.iter().any(|user| user.name == name.as_str()) {
                mistakes.push(single.line, "name", format_args!("there is no account `{name}`"));
            }
        }
        for (class, (line, _)) in &classes {
            if !users.iter().any(|user| user.kind == Kind::Child && user.is_in(class.as_str())) {
                mistakes.push(*line, "class", format_args!("no child is in a class `{class}`"));
            }
        }
        let mut turn = Self::default();
        let mut sorted = Sorted::new();
        for user in users {
            let single = user.name.parse::<Name>().ok().and_then(|name| singles.get(&name));
            match step(user, &classes, single) {
                Ok(Some(step)) => turn.take(user, step, &mut sorted),
                Ok(None) => {}
                Err((line, column, what)) => mistakes.push(line, column, what),
            }
        }
        mistakes.none()?;
        turn.sort(sorted);
        turn.undecided = undecided(users, &classes);
        turn.new = new(&turn.moves, users);
        Ok(turn)
    }

    /// What the daemon is asked to do.
    pub fn acts(&self) -> &[Act] {
        &self.acts
    }

    fn take(&mut self, user: &User, step: Step, sorted: &mut Sorted) {
        let Ok(name) = user.name.parse::<Name>() else { return };
        let Step { class, to } = step;
        let from = class.as_ref().map(Label::to_string).unwrap_or_default();
        match to {
            Destination::Leavers if user.enabled => {
                self.acts.push(Act::DisableUser { name });
                sorted.entry((from, None)).or_default().push(user.name.clone());
            }
            Destination::Leavers => {}
            Destination::Class(to) if Some(&to) == class.as_ref() => {
                put(&mut self.staying, from, &user.name);
            }
            Destination::Class(to) => {
                sorted.entry((from, Some(to.to_string()))).or_default().push(user.name.clone());
                let groups = moved(&user.groups, class.as_ref(), to);
                self.acts.push(Act::SetGroups { name, groups });
            }
        }
    }

    fn sort(&mut self, sorted: Sorted) {
        for ((class, to), names) in sorted {
            match to {
                Some(to) => self.moves.push(Move { from: class, to, names }),
                None => self.leavers.push(Leave { class, names }),
            }
        }
    }
}

/// What becomes of somebody.
struct Step {
    /// The class that they are in.
    class: Option<Label>,
    to: Destination,
}

type Complaint = (u64, &'static str, String);

/// What becomes of an account: what its own row says, else what that of its class does, if it is a child's.
fn step(
    user: &User,
    classes: &BTreeMap<Label, (u64, Destination)>,
    single: Option<&Single>,
) -> Result<Option<Step>, Complaint> {
    let groups: Vec<Label> = user.groups.iter().filter_map(|group| group.parse().ok()).collect();
    let moves = |group: &&Label| {
        classes.get(*group).is_some_and(|(_, to)| *to != Destination::Class((*group).clone()))
    };
    let decided: Vec<&Label> = groups.iter().filter(moves).collect();
    if let Some(Single { line, class, to }) = single {
        let class = match (class, to) {
            // From whichever class: they leave.
            (None, Destination::Leavers) => decided.first().copied().or(groups.first()).cloned(),
            _ => class_of(user, &groups, &decided, class.as_ref()).map_err(|what| (*line, "class", what))?,
        };
        return Ok(Some(Step { class, to: to.clone() }));
    }
    match decided.as_slice() {
        [class] if user.kind == Kind::Child => {
            let (_, to) = &classes[*class];
            Ok(Some(Step { class: Some((*class).clone()), to: to.clone() }))
        }
        [first, second, ..] if user.kind == Kind::Child => {
            let (line, _) = &classes[*second];
            let what =
                format!("`{}` is in `{first}` as well: add a row with this name, to say where to", user.name);
            Err((*line, "class", what))
        }
        _ => Ok(None),
    }
}

/// The group that is the class of somebody who has a row: the one that is said there, else the one that a row is about,
/// else the only one.
fn class_of(
    user: &User,
    groups: &[Label],
    decided: &[&Label],
    said: Option<&Label>,
) -> Result<Option<Label>, String> {
    match (said, decided, groups) {
        (Some(said), _, _) if groups.contains(said) => Ok(Some(said.clone())),
        (Some(said), _, _) => Err(format!("`{}` is not in `{said}`", user.name)),
        (None, [class], _) => Ok(Some((*class).clone())),
        (None, _, []) => Ok(None),
        (None, _, [class]) => Ok(Some(class.clone())),
        _ => Err(format!("`{}` is in {}: say which of them is the class", user.name, user.groups.join(", "))),
    }
}

/// The groups of somebody who moves: the other class in the place of the one.
fn moved(groups: &[String], class: Option<&Label>, to: Label) -> Vec<Label> {
    let mut seen = BTreeSet::new();
    let is_class = |group: &Label| class == Some(group);
    let kept = groups.iter().filter_map(|group| group.parse::<Label>().ok());
    let replaced = kept.map(|group| if is_class(&group) { to.clone() } else { group });
    let mut groups: Vec<Label> = replaced.filter(|group| seen.insert(group.clone())).collect();
    if !seen.contains(&to) {
        groups.push(to);
    }
    groups
}

/// Groups that classes move into, and that nobody leaves, though children are in them.
fn undecided(users: &[User], classes: &BTreeMap<Label, (u64, Destination)>) -> Vec<String> {
    let is_entered = |group: &Label| {
        classes.iter().any(|(from, (_, to))| from != group && *to == Destination::Class(group.clone()))
    };
    let stays = |group: &Label, to: &Destination| *to == Destination::Class(group.clone());
    let is_decided = |group: &Label| classes.get(group).is_some_and(|(_, to)| !stays(group, to));
    let children = users.iter().filter(|user| user.kind == Kind::Child && user.enabled);
    let groups = children.flat_map(|user| &user.groups).filter_map(|group| group.parse::<Label>().ok());
    let undecided: BTreeSet<Label> = groups.filter(|group| !is_decided(group) && is_entered(group)).collect();
    undecided.into_iter().map(String::from).collect()
}

/// Where somebody goes, and nobody was.
fn new(moves: &[Move], users: &[User]) -> Vec<String> {
    let is_new = |to: &&String| !users.iter().any(|user| user.is_in(to));
    let new: BTreeSet<_> = moves.iter().map(|one| &one.to).filter(is_new).cloned().collect();
    new.into_iter().collect()
}

/// Whether this may be a slip for the word that stands for those who leave.
pub fn is_nearly_leavers(class: &str) -> bool {
    strsim::normalized_levenshtein(&class.to_lowercase(), LEAVERS) >= 0.7
}

fn put(list: &mut Vec<Leave>, class: String, name: &str) {
    match list.iter_mut().find(|one| one.class == class) {
        Some(one) => one.names.push(name.to_owned()),
        None => list.push(Leave { class, names: vec![name.to_owned()] }),
    }
}

/// A line a class: `4a -> 5a: 28`, with the names where they are few.
impl fmt::Display for Turn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { moves, leavers, staying, .. } = self;
        let class = |class: &str| if class.is_empty() { "no class".to_owned() } else { class.to_owned() };
        let moves = moves.iter().map(|one| (format!("{} -> {}", class(&one.from), one.to), &one.names));
        let stay = staying.iter().map(|one| (format!("{} stays", class(&one.class)), &one.names));
        let leave = leavers.iter().map(|one| (format!("{} leaves", class(&one.class)), &one.names));
        let lines: Vec<_> = moves.chain(stay).chain(leave).collect();
        if lines.is_empty() {
            return formatter.write_str("nobody moves, and nobody leaves");
        }
        let width = lines.iter().map(|(what, _)| what.chars().count()).max().unwrap_or_default();
        for (index, (what, names)) in lines.iter().enumerate() {
            let end = if index > 0 { "\n" } else { "" };
            write!(formatter, "{end}{what:width$}  {:>4}", names.len())?;
            if names.len() <= NAMED {
                write!(formatter, "  {}", names.join(", "))?;
            }
        }
        Ok(())
    }
}

/// So many names are shown.
const NAMED: usize = 5;

#[cfg(test)]
mod tests;
