//! The administrator's desk: where accounts are changed, and what is said of it.

use std::{
    collections::BTreeSet,
    fmt,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::Serialize;
use xmppd_control::{Act, Name, User};

use crate::{
    accounts::CardFile,
    administration::{Daemon, Place, Target},
    console::Console,
    error::{Context as _, Error, Result},
    host::ThisHost,
    site::{FILE_NAME, Origin},
};

/// More names than these are counted.
const NAMED: usize = 8;

/// A daemon, and which school's it is.
pub(super) struct Desk<'a> {
    pub(super) place: Place,
    pub(super) daemon: Daemon,
    pub(super) console: &'a Console,
}

impl<'a> Desk<'a> {
    /// Finds the daemon that was meant.
    pub(super) fn open(target: &Target, named: Option<&Path>, console: &'a Console) -> Result<Self> {
        let place = Place::find(target, named, &ThisHost)?;
        let daemon = Daemon::of(&place)?;
        Ok(Self { place, daemon, console })
    }

    /// The address of an account.
    pub(super) fn address(&self, name: impl fmt::Display) -> String {
        format!("{name}@{}", self.place.site.domain)
    }

    /// Has these done, all or none, and says so.
    pub(super) fn change(mut self, acts: Vec<Act>, dry_run: bool, did: &str) -> Result<u8> {
        let names = acts.iter().map(|act| act.concerns().to_owned()).collect();
        self.daemon.change(acts, dry_run)?;
        self.console.show(&Changed { names, did, dry_run, cards: None })
    }

    /// Has these done, all or none, which cannot be undone: once it is known that they can be, and that they shall.
    pub(super) fn change_for_good(
        &mut self,
        acts: Vec<Act>,
        asking: Asking,
        question: impl fmt::Display,
    ) -> Result<()> {
        self.daemon.change(acts.clone(), true)?;
        if asking.dry_run {
            return Ok(());
        }
        if !asking.yes {
            confirm(question, self.console)?;
        }
        self.daemon.change(acts, false)
    }

    /// Has these done, all or none, whose passwords are on cards.
    pub(super) fn change_with_cards(
        daemon: &mut Daemon,
        acts: Vec<Act>,
        cards: CardFile<'_>,
        dry_run: bool,
        console: &Console,
    ) -> Result<PathBuf> {
        daemon.change(acts.clone(), true)?;
        let pdf = cards.pdf(console)?;
        if dry_run {
            return Ok(cards.path().to_owned());
        }
        cards.write(&pdf, || daemon.all_or_nothing(acts, false))
    }

    /// Says whose addresses are meant where nobody said so.
    pub(super) fn note_example(&self) {
        if let Origin::Example = self.place.origin {
            self.console.note(format_args!(
                "no `{FILE_NAME}` here: taking the example school {}",
                self.place.site.domain
            ));
        }
    }
}

/// How far to go with what cannot be undone.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(super) struct Asking {
    /// Do not ask.
    #[arg(long)]
    pub(super) yes: bool,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// The account of this name.
///
/// # Errors
/// [`Error::Failed`] if there is none.
pub(super) fn known(name: &Name, daemon: &mut Daemon) -> Result<User> {
    let found = daemon.users()?.into_iter().find(|user| user.name == name.as_str());
    found.ok_or_else(|| {
        Error::failed_with_hint(
            format_args!("there is no account `{name}`"),
            "`jailbuild user list` shows all accounts",
        )
    })
}

/// Says of those who are disabled that a new password does not let them in.
pub(super) fn note_locked<'a>(users: impl IntoIterator<Item = &'a User>, console: &Console) {
    let locked = users.into_iter().filter(|user| !user.enabled);
    note_disabled(locked, "cannot log in until enabled", console);
}

/// That these are disabled, and what comes of it.
pub(super) fn note_disabled<'a>(users: impl IntoIterator<Item = &'a User>, what: &str, console: &Console) {
    let names: Vec<_> = users.into_iter().map(|user| user.name.clone()).collect();
    if !names.is_empty() {
        console.note(format_args!("disabled, and {what}: {}", enumerated(&names)));
    }
}

/// Asks whether to go on with what cannot be undone.
///
/// # Errors
/// [`Error::Configuration`] where there is nobody to ask, [`Error::Failed`] for everything but `yes`.
pub(super) fn confirm(what: impl fmt::Display, console: &Console) -> Result<()> {
    if !console.can_ask() {
        return Err(Error::configuration(
            "this asks before it begins, and there is no terminal here to ask at",
            "add `--yes` to have it done, or `--dry-run` to see what would be",
        ));
    }
    let mut terminal = io::stderr();
    write!(terminal, "{what}\nGo on? Type `yes`: ").doing("ask")?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).doing("read the answer")?;
    match answer.trim() {
        "yes" => Ok(()),
        _ => Err(Error::failed("nothing was done")),
    }
}

/// What was done to whom, or would be.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Changed<'a> {
    /// The accounts.
    pub(super) names: Vec<String>,
    /// A participle: `disabled`.
    pub(super) did: &'a str,
    pub(super) dry_run: bool,
    /// Where their login cards are, if they got new passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cards: Option<PathBuf>,
}

/// `romeo and tybalt are disabled`, `romeo would be disabled`.
impl fmt::Display for Changed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { names, did, dry_run, cards } = self;
        write!(formatter, "{} {} {did}", enumerated(names), be(names.len(), *dry_run))?;
        cards.as_ref().map_or(Ok(()), |path| write!(formatter, "\n{}", Cards { path, dry_run: *dry_run }))
    }
}

/// Where login cards are.
pub(super) struct Cards<'a> {
    pub(super) path: &'a Path,
    pub(super) dry_run: bool,
}

impl fmt::Display for Cards<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        if self.dry_run {
            return write!(formatter, "login cards: would be written to `{path}`");
        }
        write!(formatter, "login cards: `{path}`; print them, then erase this file, since it holds passwords")
    }
}

/// `romeo`, `romeo and tybalt`, `12 accounts`.
pub(super) fn enumerated(names: &[String]) -> String {
    match names {
        [] => "nobody".to_owned(),
        [name] => name.clone(),
        [names @ .., last] if names.len() < NAMED => format!("{} and {last}", names.join(", ")),
        _ => format!("{} accounts", names.len()),
    }
}

/// Each name once, however often it was typed, in the order in which it came first.
pub(super) fn each_once(names: &[Name]) -> Vec<Name> {
    let mut seen = BTreeSet::new();
    names.iter().filter(|name| seen.insert(*name)).cloned().collect()
}

/// What is said between so many and what they are.
pub(super) fn be(many: usize, dry_run: bool) -> &'static str {
    match (dry_run, many) {
        (true, _) => "would be",
        (false, 1) => "is",
        (false, _) => "are",
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_typed_twice_counts_once() {
        let names = ["wim", "björn", "Wim"].map(|name| name.parse().unwrap());
        assert_eq!(each_once(&names), names[..2]);
    }

    #[test]
    fn who_is_named_as_people_say_it() {
        let said = |names: &[&str], dry_run| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            Changed { names, did: "disabled", dry_run, cards: None }.to_string()
        };
        assert_eq!(said(&["romeo"], false), "romeo is disabled");
        assert_eq!(said(&["romeo", "tybalt", "paris"], false), "romeo, tybalt and paris are disabled");
        assert_eq!(said(&["romeo", "tybalt"], true), "romeo and tybalt would be disabled");
        assert_eq!(said(&["x"; 30], false), "30 accounts are disabled");
    }
}
