//! `jailbuild year-end`: classes move up, leavers are disabled.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::desk::Desk;
use crate::{
    administration::Target,
    classes::{Decided, Turn, template},
    console::Console,
    error::{Error, Result},
    host::file,
};

/// Move classes up, and disable those who leave the school, as a list says: all of it, or nothing.
///
/// The list is a spreadsheet's CSV with the columns `class` and `to`, and `name` where a row is about somebody alone: `4a` to `5a` moves a class,
/// `6a` to `leavers` disables all of it. A row with a name wins over that of the class; one whose `to` is empty goes with the class. All is judged
/// by how it was before, so that 4a becomes 5a while 5a becomes 6a. Only children move with their class. Leavers are disabled, not erased: `jailbuild user remove` does that.
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
}

/// Where the list to be filled in is.
#[derive(Serialize)]
struct Written {
    path: PathBuf,
}

/// Does what is asked.
///
/// # Errors
/// [`Error::Configuration`] with all mistakes of the list, [`Error::Failed`] with all refusals of the daemon; nothing is
/// changed then.
pub fn run(arguments: &Args, named: Option<&Path>, console: &Console) -> Result<u8> {
    let decided = arguments.list.as_deref().map(Decided::read).transpose()?;
    let mut desk = Desk::open(&arguments.target, named, console)?;
    let users = desk.daemon.users()?;
    match (decided, &arguments.template) {
        (Some(decided), _) => turn(Turn::of(decided, &users)?, arguments.dry_run, desk),
        (None, Some(path)) => write(path, &template(&users)?, console),
        (None, None) => unreachable!("clap asks for one of them"),
    }
}

fn turn(turn: Turn, dry_run: bool, mut desk: Desk<'_>) -> Result<u8> {
    for class in &turn.undecided {
        desk.console.note(format_args!(
            "others come into `{class}`, and nothing is said of those who are in it: they stay"
        ));
    }
    desk.daemon.change(turn.acts().to_vec(), dry_run)?;
    desk.console.show(&Done { turn, dry_run })
}

fn write(path: &Path, list: &[u8], console: &Console) -> Result<u8> {
    if !file::write_new(path, list, file::SECRET)? {
        return Err(Error::configuration(
            format_args!("`{}` is there already", path.display()),
            "it may have been filled in: move it away, or name another file",
        ));
    }
    console.show(&Written { path: path.to_owned() })
}

impl fmt::Display for Done {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |of: &mut dyn Iterator<Item = &Vec<String>>| of.map(Vec::len).sum::<usize>();
        let moves = count(&mut self.turn.moves.iter().map(|one| &one.names));
        let leave = count(&mut self.turn.leavers.iter().map(|one| &one.names));
        writeln!(formatter, "{}", self.turn)?;
        if self.dry_run {
            write!(formatter, "{moves} would move, {leave} would be disabled; nothing was changed")
        } else {
            write!(formatter, "{moves} moved, {leave} are disabled")
        }
    }
}

impl fmt::Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}`: in the column `to`, give each class that moves its new name, or `leavers`; and so for single ones who do not go with theirs",
            self.path.display()
        )
    }
}
