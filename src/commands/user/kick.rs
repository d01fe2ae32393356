//! `jailbuild user kick`

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use xmppd_control::{Act, Name};

use super::change::Args;
use crate::{
    commands::desk::{Changed, Desk, be, each_once, enumerated},
    error::Result,
};

/// Whose sessions ended, and how many those were; or would be.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Kicked {
    #[serde(flatten)]
    changed: Changed<'static>,
    /// By name, also of those who were not online.
    sessions: BTreeMap<String, usize>,
}

pub(super) fn run(args: &Args, mut desk: Desk<'_>) -> Result<u8> {
    let names = each_once(&args.names);
    let sessions = desk.daemon.sessions(None)?;
    let acts = names.iter().map(|name| Act::EndSessions { name: name.clone() });
    desk.daemon.change(acts.collect(), args.dry_run)?;
    let names: Vec<_> = names.iter().map(Name::to_string).collect();
    let count = |name: &String| sessions.iter().filter(|session| session.name == *name).count();
    let sessions = names.iter().map(|name| (name.clone(), count(name))).collect();
    let changed = Changed { names, did: "cut off", dry_run: args.dry_run, cards: None };
    desk.console.show(&Kicked { changed, sessions })
}

/// `romeo is cut off: 2 sessions ended`, `juliet was not online`.
impl fmt::Display for Kicked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { changed: Changed { names, did, dry_run, .. }, sessions } = self;
        let (online, offline): (Vec<_>, Vec<_>) = names.iter().cloned().partition(|name| sessions[name] > 0);
        if !online.is_empty() {
            let ended = ended(sessions.values().sum(), *dry_run);
            write!(formatter, "{} {} {did}: {ended}", enumerated(&online), be(online.len(), *dry_run))?;
        }
        if !online.is_empty() && !offline.is_empty() {
            writeln!(formatter)?;
        }
        match offline.len() {
            0 => Ok(()),
            1 => write!(formatter, "{} was not online", enumerated(&offline)),
            _ => write!(formatter, "{} were not online", enumerated(&offline)),
        }
    }
}

fn ended(sessions: usize, dry_run: bool) -> String {
    let would = if dry_run { "would end" } else { "ended" };
    let of_them = if sessions == 1 { "session" } else { "sessions" };
    format!("{sessions} {of_them} {would}")
}
