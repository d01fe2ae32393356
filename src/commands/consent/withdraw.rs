//! `jailbuild consent withdraw`

use std::fmt;

use serde::Serialize;
use xmppd_control::{Act, Kind, Name, User};

use crate::{
    commands::desk::{Changed, Desk, be, each_once, enumerated},
    error::Result,
};

/// Withdraw consents, all of those named or none: the accounts are disabled at once, and cut off, but for those of administrators.
///
/// `user remove` then erases an account with all that is kept of it.
///
/// For example: `jailbuild consent withdraw juliet`
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// For whom.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<Name>,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Whose consent was withdrawn, and what has come of their accounts.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Withdrawn {
    #[serde(flatten)]
    changed: Changed<'static>,
    disabled: Vec<String>,
    /// Administrators are not shut out by it.
    still_enabled: Vec<String>,
    without_account: Vec<String>,
}

pub(super) fn run(args: &Args, mut desk: Desk<'_>) -> Result<u8> {
    let act = |name: &Name| Act::WithdrawConsent { name: name.clone() };
    let names = each_once(&args.names);
    desk.daemon.change(names.iter().map(act).collect(), args.dry_run)?;
    let names = names.iter().map(Name::to_string).collect();
    let users = desk.daemon.users()?;
    desk.console.show(&Withdrawn::of(names, &users, args.dry_run))
}

impl Withdrawn {
    /// What the accounts show afterwards; in a rehearsal, what they let expect.
    fn of(names: Vec<String>, users: &[User], dry_run: bool) -> Self {
        let (mut disabled, mut still_enabled, mut without_account) = (Vec::new(), Vec::new(), Vec::new());
        for name in &names {
            let user = users.iter().find(|user| user.name == *name);
            let those = match user.map(|user| stays_enabled(user, dry_run)) {
                Some(false) => &mut disabled,
                Some(true) => &mut still_enabled,
                None => &mut without_account,
            };
            those.push(name.clone());
        }
        let changed = Changed { names, did: "without consent", dry_run, cards: None };
        Self { changed, disabled, still_enabled, without_account }
    }
}

fn stays_enabled(user: &User, dry_run: bool) -> bool {
    user.enabled && (!dry_run || user.kind == Kind::Administrator)
}

impl fmt::Display for Withdrawn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { changed: Changed { did, dry_run, .. }, disabled, still_enabled, without_account } = self;
        let lines = [
            (disabled, ", disabled and cut off".to_owned()),
            (still_enabled, staying(still_enabled, *dry_run)),
            (
                without_account,
                if without_account.len() > 1 { " and have" } else { " and has" }.to_owned() + " no account",
            ),
        ];
        let lines = lines
            .iter()
            .filter(|(names, _)| !names.is_empty())
            .map(|(names, fate)| format!("{} {} {did}{fate}", enumerated(names), be(names.len(), *dry_run)));
        formatter.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}

/// How it goes on of administrators.
fn staying(names: &[String], dry_run: bool) -> String {
    let (stay, being, them) = match (dry_run, names) {
        (true, [_]) => ("would stay", "an administrator", "it"),
        (false, [_]) => ("stays", "an administrator", "it"),
        (true, _) => ("would stay", "administrators", "them"),
        (false, _) => ("stay", "administrators", "them"),
    };
    let locks = format!("`jailbuild user disable {}` locks {them}", names.join(" "));
    format!(" and {stay} enabled, being {being}: {locks}")
}
