//! `jailbuild year-end`: classes move up, leavers are disabled.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;
use xmppd_control::{Act, Label};

use super::desk::Desk;
use crate::{
    administration::Target,
    classes::{Decided, Turn, is_nearly_leavers, template},
    console::Console,
    digest::Sha256,
    error::Result,
    host::file,
};

/// Move classes up, and disable those who leave the school, as a list says: all of it, or nothing.
///
/// The list is a spreadsheet's CSV with the columns `class` and `to`, and `name` where a row is about somebody alone: `4a` to `5a` moves a class,
/// `6a` to `leavers` disables all of it. A row with a name wins over that of the class; one whose `to` is empty goes with the class. All is judged
/// by how it was before, so that 4a becomes 5a while 5a becomes 6a. Only children move with their class. Leavers are disabled, not erased: `jailbuild user remove` does that.
///
/// The daemon remembers each list that was carried out, for as long as its audit log goes back. The same list once more is refused, and any other within 60 days.
///
/// For example: `jailbuild year-end --template classes.csv`, and when it is filled in: `jailbuild year-end classes.csv --dry-run`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The list.
    #[arg(required_unless_present = "template")]
    list: Option<PathBuf>,

    /// Write the list with what is so now to this new file, to be filled in, and change nothing.
    #[arg(long, value_name = "FILE", conflicts_with = "list")]
    template: Option<PathBuf>,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,

    /// Carry it out though this list was before, or another one less than 60 days ago.
    #[arg(long, conflicts_with = "template")]
    again: bool,

    #[command(flatten)]
    target: Target,
}

/// What has come of it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Done {
    #[serde(flatten)]
    turn: Turn,
    dry_run: bool,
    /// Why it would be refused without `--again`.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs_again: Option<String>,
}

/// Where the list to be filled in is.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Written {
    path: PathBuf,
    dry_run: bool,
}

/// Does what is asked.
///
/// # Errors
/// [`Error::Configuration`](crate::error::Error::Configuration) with all mistakes of the list, [`Error::Failed`](crate::error::Error::Failed) with
/// all refusals of the daemon; nothing is changed then.
pub fn run(arguments: &Args, named: Option<&Path>, console: &Console) -> Result<u8> {
    let decided = arguments.list.as_deref().map(Decided::read).transpose()?;
    let mut desk = Desk::open(&arguments.target, named, console)?;
    match (decided, &arguments.template) {
        (Some(decided), _) => turn(decided, arguments, desk),
        (None, Some(path)) => write(path, &template(&desk.daemon.users()?)?, arguments.dry_run, console),
        (None, None) => unreachable!("clap asks for one of them"),
    }
}

fn turn(decided: Decided, arguments: &Args, mut desk: Desk<'_>) -> Result<u8> {
    let Args { again, dry_run, .. } = *arguments;
    let end = Act::EndYear { list: mark(decided.digest), again };
    let needs_again = done_before(&end, dry_run, &mut desk)?;
    let turn = Turn::of(decided, &desk.daemon.users()?)?;
    for class in &turn.undecided {
        desk.console.note(format_args!(
            "others come into `{class}`, and nothing is said of those who are in it: they stay"
        ));
    }
    for class in &turn.new {
        let meant = if is_nearly_leavers(class) { "; did you mean `leavers`?" } else { "" };
        desk.console.note(format_args!("`{class}` is a new group: nobody is in it yet{meant}"));
    }
    // Where nobody moves, no year has ended. In a rehearsal, what is refused has been told.
    let end = (!dry_run && !turn.acts().is_empty()).then_some(end);
    desk.daemon.change(end.into_iter().chain(turn.acts().to_vec()).collect(), dry_run)?;
    desk.console.show(&Done { turn, dry_run, needs_again })
}

/// By what the daemon knows a list again.
fn mark(digest: Sha256) -> Label {
    digest.to_string().parse().expect("digits are a label")
}

/// Why it is refused to end the year, which in a rehearsal is only told. Asked before anything else: after a class has
/// moved, its list may be full of mistakes.
fn done_before(end: &Act, dry_run: bool, desk: &mut Desk<'_>) -> Result<Option<String>> {
    let refusal = desk.daemon.all_or_nothing(vec![end.clone()], true)?;
    match refusal {
        Some(refusal) if dry_run => {
            desk.console.note(format_args!("{refusal}: it would be refused without `--again`"));
            Ok(Some(refusal.to_string()))
        }
        refusal => refusal.map_or(Ok(None), Err),
    }
}

fn write(path: &Path, list: &[u8], dry_run: bool, console: &Console) -> Result<u8> {
    let is_new = if dry_run {
        file::require_folder(path)?;
        path.symlink_metadata().is_err()
    } else {
        file::write_new(path, list, file::SECRET)?
    };
    if is_new {
        return console.show(&Written { path: path.to_owned(), dry_run });
    }
    Err(file::taken(path, "it may have been filled in: move it away, or name another file"))
}

impl fmt::Display for Done {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |of: &mut dyn Iterator<Item = &Vec<String>>| of.map(Vec::len).sum::<usize>();
        let moves = count(&mut self.turn.moves.iter().map(|one| &one.names));
        let leave = count(&mut self.turn.leavers.iter().map(|one| &one.names));
        write!(formatter, "{}", self.turn)?;
        match (self.turn.acts(), self.dry_run) {
            ([], _) => Ok(()),
            (_, true) => {
                write!(formatter, "\n{moves} would move, {leave} would be disabled; nothing was changed")
            }
            (_, false) => write!(formatter, "\n{moves} moved, {leave} disabled"),
        }
    }
}

impl fmt::Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        if self.dry_run {
            return write!(formatter, "would write `{path}`");
        }
        write!(
            formatter,
            "`{path}`: in the column `to`, give each class that moves its new name, or `leavers`; and so for single ones who do not go with theirs"
        )
    }
}
