//! `jailbuild cards`: login cards for those who lost theirs.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use xmppd_control::{Act, Label, Name, User};

use super::desk::{Changed, Desk, confirm, enumerated, note_disabled, note_locked};
use crate::{
    accounts::{CardFile, Print},
    administration::Target,
    console::Console,
    error::{Error, Result},
};

/// Give accounts new passwords, and print login cards with them, eight to a page.
///
/// It is for lost cards: no password is kept, so that an old one cannot be printed again. The old passwords are no longer good, and sessions
/// end. It asks first. With `--group`, disabled accounts are left out: those of who has left. `user add` and `user import` print the first cards by themselves.
///
/// For example: `jailbuild cards --group 4b --out cards-4b.pdf`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Whose.
    #[arg(value_name = "NAME", required_unless_present = "groups")]
    names: Vec<Name>,

    /// Everybody in this group; may be given several times.
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<Label>,

    /// Where to write the cards, readable by nobody else.
    #[arg(long, value_name = "FILE", default_value = "cards.pdf")]
    out: PathBuf,

    #[command(flatten)]
    print: Print,

    /// Do not ask.
    #[arg(long)]
    yes: bool,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    target: Target,
}

/// Makes passwords, and prints them before the daemon knows them.
pub fn run(args: &Args, site: Option<&Path>, console: &Console) -> Result<u8> {
    let mut desk = Desk::open(&args.target, site, console)?;
    desk.note_example();
    let people = args.people(desk.daemon.users()?, console)?;
    let names: Vec<_> = people.iter().map(|user| user.name.clone()).collect();
    if !args.yes && !args.dry_run {
        let what = format!(
            "This gives {} new passwords, and ends their sessions: the old ones are no longer good.",
            enumerated(&names)
        );
        confirm(what, console)?;
    }
    let mut cards = CardFile::new(args.out.clone(), &desk.place, &args.print)?;
    let acts = people.iter().map(|user| {
        let password = cards.password(&user.name, &user.display_name);
        let name = user.name.parse().map_err(Error::failed)?;
        Ok(Act::SetPassword { name, password })
    });
    let acts = acts.collect::<Result<_>>()?;
    let path = Desk::change_with_cards(&mut desk.daemon, acts, cards, args.dry_run, console)?;
    let did = "given new passwords";
    console.show(&Changed { names, did, dry_run: args.dry_run, cards: Some(path) })
}

impl Args {
    /// Those who are meant, each once.
    fn people(&self, mut users: Vec<User>, console: &Console) -> Result<Vec<User>> {
        let known: BTreeSet<_> = users.iter().map(|user| user.name.as_str()).collect();
        if let Some(unknown) = self.names.iter().find(|name| !known.contains(name.as_str())) {
            return Err(Error::failed_with_hint(
                format_args!("there is no account `{unknown}`"),
                "`jailbuild user list` shows all accounts",
            ));
        }
        let is_named = |user: &User| self.names.iter().any(|name| name.as_str() == user.name);
        let is_empty = |group: &&Label| !users.iter().any(|user| user.is_in(group.as_str()));
        if let Some(empty) = self.groups.iter().find(is_empty) {
            return Err(Error::failed_with_hint(
                format_args!("nobody is in a group `{empty}`"),
                "`jailbuild user list` shows the groups of all accounts",
            ));
        }
        users.retain(|user| is_named(user) || self.groups.iter().any(|group| user.is_in(group.as_str())));
        self.able(users, console)
    }

    /// Whoever is disabled gets a card where they are named alone: those who left the school are still in its groups.
    fn able(&self, users: Vec<User>, console: &Console) -> Result<Vec<User>> {
        let is_named = |user: &User| self.names.iter().any(|name| name.as_str() == user.name);
        let (able, left_out): (Vec<_>, Vec<_>) =
            users.into_iter().partition(|user| user.enabled || is_named(user));
        note_disabled(&left_out, "left out", console);
        note_locked(&able, console);
        if able.is_empty() {
            return Err(Error::failed_with_hint(
                "everybody who is meant is disabled",
                "`jailbuild user enable NAME` lets somebody log in again",
            ));
        }
        Ok(able)
    }
}
