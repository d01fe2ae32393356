//! `jailbuild user import`

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;
use xmppd_control::{Changes, Label, Outcome, Password, Refusal, Rule};

use crate::{
    accounts::{CardFile, Defaults, Entry, Print, Roll},
    administration::Daemon,
    commands::desk::{Cards, Desk},
    error::Result,
};

/// Add accounts from a list: a spreadsheet saved as CSV. All of them, or none where a row is wrong.
///
/// The first row names the columns, in any order: `name` (the first part of the address), and where they are wanted `display-name`, `kind`,
/// `groups` (several with `,`, `;` or `|` between), `signed` (2026-09-01, or 1.9.2026) and `slip` (its version). Commas, semicolons and tabs may stand
/// between. Every mistake is told at once, with its row. Passwords are made, and go onto login cards, eight to a page.
///
/// For example: `jailbuild user import class-4b.csv --slip 2026-2 --dry-run`
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The list.
    #[arg(value_name = "FILE.csv")]
    list: PathBuf,

    /// Where to write the login cards, readable by nobody else [default: cards-FILE.pdf]
    #[arg(long, value_name = "FILE")]
    cards: Option<PathBuf>,

    #[command(flatten)]
    print: Print,

    #[command(flatten)]
    defaults: Defaults,

    /// Leave out the rows that are wrong, and add the others.
    #[arg(long)]
    what_can_be: bool,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What came of a list.
#[derive(Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Imported {
    added: usize,
    kinds: BTreeMap<&'static str, usize>,
    groups: BTreeMap<Label, usize>,
    cards: Option<PathBuf>,
    /// Rows that were left out, each with why.
    left_out: Vec<String>,
    dry_run: bool,
}

pub(super) fn run(args: &Args, mut desk: Desk<'_>) -> Result<u8> {
    desk.note_example();
    let Roll { entries, mut mistakes } = Roll::read(&args.list, &args.defaults)?;
    let path = args.cards.clone().unwrap_or_else(|| cards_of(&args.list));
    let mut cards = CardFile::new(path, &desk.place, &args.print)?;
    let mut accepted = Vec::new();
    for (entry, refused) in rehearsed(&entries, &mut desk.daemon)? {
        match refused {
            None => accepted.push(entry),
            Some(refusal) => mistakes.push(entry.line, entry.name.as_str(), with_hint(&refusal)),
        }
    }
    let left_out = mistakes.to_string().lines().map(str::to_owned).collect();
    if !args.what_can_be || accepted.is_empty() {
        mistakes.none()?;
    }
    let mut imported = Imported { left_out, dry_run: args.dry_run, ..Imported::of(&accepted) };
    let acts = accepted.iter().map(|entry| entry.act(cards.password(entry.name.as_str(), entry.shown())));
    let acts = acts.collect();
    if !args.dry_run {
        desk.console.step("adding accounts");
    }
    let path = Desk::change_with_cards(&mut desk.daemon, acts, cards, args.dry_run, desk.console)?;
    imported.cards = Some(path);
    desk.console.show(&imported)?;
    Ok(u8::from(!imported.left_out.is_empty()))
}

/// What the daemon says to each; the passwords are not those that will be on the cards.
fn rehearsed<'a>(entries: &'a [Entry], daemon: &mut Daemon) -> Result<Vec<(&'a Entry, Option<Refusal>)>> {
    let acts = entries.iter().map(|entry| entry.act(Password::generate())).collect();
    let outcomes = daemon.changes(Changes { acts, rule: Rule::WhatCanBe, rehearse: true })?;
    let refusal = |outcome| match outcome {
        Outcome::Refused(refusal) => Some(refusal),
        Outcome::Done | Outcome::Undone => None,
    };
    Ok(entries.iter().zip(outcomes.into_iter().map(refusal)).collect())
}

fn with_hint(refusal: &Refusal) -> String {
    match &refusal.hint {
        Some(hint) => format!("{}; {hint}", refusal.what),
        None => refusal.what.clone(),
    }
}

/// `lists/class-4b.csv` gets `cards-class-4b.pdf`, in this folder.
fn cards_of(list: &Path) -> PathBuf {
    let name = list.file_stem().unwrap_or_default().to_string_lossy();
    format!("cards-{name}.pdf").into()
}

impl Imported {
    fn of(entries: &[&Entry]) -> Self {
        let mut imported = Self { added: entries.len(), ..Self::default() };
        for entry in entries {
            *imported.kinds.entry(entry.kind.name()).or_default() += 1;
            for group in &entry.groups {
                *imported.groups.entry(group.clone()).or_default() += 1;
            }
        }
        imported
    }
}

impl fmt::Display for Imported {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { added, kinds, groups, cards, left_out, dry_run } = self;
        for line in left_out {
            writeln!(formatter, "left out: {line}")?;
        }
        let would = if *dry_run { "would be added" } else { "added" };
        write!(formatter, "{would}: {added}")?;
        kinds.iter().try_for_each(|(kind, count)| write!(formatter, "\n  {kind}: {count}"))?;
        groups.iter().try_for_each(|(group, count)| write!(formatter, "\n  in {group}: {count}"))?;
        match cards {
            Some(path) => write!(formatter, "\n{}", Cards { path, dry_run: *dry_run }),
            None => Ok(()),
        }
    }
}
