//! `jailbuild user passwd`

use std::{
    io::{self, IsTerminal as _},
    path::PathBuf,
};

use xmppd_control::{Act, Name, Password};
use zeroize::Zeroizing;

use crate::{
    accounts::{CardFile, Print},
    commands::desk::{Changed, Desk, note_locked},
    error::{Context as _, Error, Result},
    host::terminal,
};

/// Give an account a new password, and end its sessions, which may be those of a stolen phone.
///
/// The password is made, and goes onto a login card.
///
/// For example: `jailbuild user passwd juliet --card juliet.pdf`
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Whose.
    name: Name,

    #[command(flatten)]
    given: Given,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Where a password comes from, or goes to.
#[derive(clap::Args, Debug)]
pub(super) struct Given {
    /// Where to write the login card, readable by nobody else [default: card-NAME.pdf]
    #[arg(long, value_name = "FILE")]
    pub(super) card: Option<PathBuf>,

    #[command(flatten)]
    pub(super) print: Print,

    /// Take a password from standard input, one line; at a terminal it is typed unseen. No card is made.
    #[arg(long, conflicts_with_all = ["card", "paper", "language"])]
    pub(super) password_stdin: bool,
}

pub(super) fn run(args: &Args, mut desk: Desk<'_>) -> Result<u8> {
    let Args { name, given, dry_run } = args;
    let users = desk.daemon.users()?;
    let known = users.into_iter().find(|user| user.name == name.as_str());
    note_locked(&known, desk.console);
    let display_name = known.map_or_else(|| name.to_string(), |user| user.display_name);
    let act = |password| Act::SetPassword { name: name.clone(), password };
    given.change(desk, name, &display_name, act, "given a new password", *dry_run)
}

impl Given {
    /// Has something done that takes a password: the one that is given, or one that is made.
    pub(super) fn change(
        &self,
        mut desk: Desk<'_>,
        name: &Name,
        display_name: &str,
        act: impl FnOnce(Password) -> Act,
        did: &str,
        dry_run: bool,
    ) -> Result<u8> {
        if self.password_stdin {
            return desk.change(vec![act(typed()?)], dry_run, did);
        }
        desk.note_example();
        let path = self.card.clone().unwrap_or_else(|| format!("card-{name}.pdf").into());
        let mut cards = CardFile::new(path, &desk.place, &self.print)?;
        let act = act(cards.password(name.as_str(), display_name));
        let path = Desk::change_with_cards(&mut desk.daemon, vec![act], cards, dry_run, desk.console)?;
        desk.console.show(&Changed { names: vec![name.to_string()], did, dry_run, cards: Some(path) })
    }
}

/// A password that somebody chose.
fn typed() -> Result<Password> {
    let line = if io::stdin().is_terminal() {
        Zeroizing::new(terminal::ask_unseen("Password: ").doing("read the password")?)
    } else {
        let mut line = Zeroizing::new(String::new());
        io::stdin().read_line(&mut line).doing("read the password")?;
        line
    };
    let text = line.strip_suffix('\n').unwrap_or(&line);
    Password::choose(text.strip_suffix('\r').unwrap_or(text))
        .map_err(|why| Error::configuration(why, "without `--password-stdin` a good one is made"))
}
