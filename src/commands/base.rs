//! `jailbuild base`: the base archives of FreeBSD's releases.

use std::{io::Write, path::PathBuf};

use serde_json::json;

use crate::{
    base::{self, KnownArchive, Release, known_archives},
    error::{Context as _, Result},
    target::{Machine, System, Target},
};

/// Get base archives of FreeBSD releases, and show which are known.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with base archives.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum Action {
    /// Download a release's base.txz into the cache, and check its digest.
    ///
    /// The digests are committed with this project, and come from FreeBSD's ports tree rather than from the mirror.
    Fetch {
        /// The release, such as `15.1`.
        release: Release,

        /// The target whose base is wanted [default: FreeBSD on this machine's processor].
        #[arg(long)]
        target: Option<Target>,
    },

    /// List the releases whose digests are known, and which of them are in the cache.
    List,
}

/// Does what was asked for, and prints where the archive is or which there are.
pub fn run(arguments: &Arguments, json: bool, output: &mut dyn Write) -> Result<()> {
    let text = match &arguments.action {
        Action::Fetch { release, target } => {
            let machine = target
                .map_or_else(|| Target::host().map(|host| host.machine), |target| Ok(target.machine))?;
            fetch(release.archive(machine)?, json)?
        }
        Action::List => list(json),
    };
    output.write_all(text.as_bytes()).doing("print")
}

fn fetch(known: &KnownArchive, json: bool) -> Result<String> {
    let (path, downloaded) = base::fetch(known)?;
    if json {
        return Ok(format!(
            "{:#}\n",
            json!({ "path": path, "sha256": known.sha256, "downloaded": downloaded })
        ));
    }
    let how = if downloaded { "downloaded" } else { "in the cache already" };
    Ok(format!("{} ({how}, its digest is right)\n", path.display()))
}

fn list(json: bool) -> String {
    let rows = known_archives().iter().map(|known| (known, base::cached(known).ok()));
    if json {
        let rows: Vec<_> = rows
            .map(|(known, path)| {
                json!({ "release": known.release.to_string(), "target": target(known).triple(), "sha256": known.sha256,
                    "url": known.url(), "path": path })
            })
            .collect();
        return format!("{:#}\n", json!(rows));
    }
    let line = |(known, path): (&KnownArchive, Option<PathBuf>)| {
        let state = path.map_or("not fetched".to_owned(), |path| path.display().to_string());
        format!("{:<5} {:<24} {state}", known.release.to_string(), target(known))
    };
    rows.map(line).chain([String::new()]).collect::<Vec<_>>().join("\n")
}

fn target(known: &KnownArchive) -> Target {
    Target::new(known.machine, System::FreeBsd)
}

/// FreeBSD on this machine's processor, or on x86-64 where there is none for it.
pub(super) fn freebsd_target() -> Target {
    Target::new(Target::host().map_or(Machine::X86_64, |host| host.machine), System::FreeBsd)
}
