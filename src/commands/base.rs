//! `jailbuild base`: the base archives of FreeBSD's releases.

use std::{fmt, path::PathBuf};

use serde::Serialize;

use crate::{
    base::{self, KnownArchive, Release, known_archives},
    digest::Sha256,
    error::Result,
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
    ///
    /// For example: `jailbuild base fetch 15.1`
    Fetch {
        /// The release, such as `15.1`.
        release: Release,

        /// The target whose base is wanted [default: FreeBSD on this machine's processor].
        #[arg(long)]
        target: Option<Target>,

        /// Say what would be downloaded, and download nothing.
        #[arg(long)]
        dry_run: bool,
    },

    /// List the releases whose digests are known, and which of them are in the cache.
    ///
    /// For example: `jailbuild base list`
    List,
}

/// What came of it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// An archive is in the cache.
    Fetched {
        /// Where.
        path: PathBuf,
        /// Its digest, which is right.
        sha256: Sha256,
        /// Whether it was not in the cache before.
        downloaded: bool,
    },
    /// What would be downloaded, unless it is in the cache.
    Foreseen(Known),
    /// The archives that are known.
    Known(Vec<Known>),
}

/// An archive whose digest is known.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Known {
    /// Whose base it is.
    pub release: String,
    /// What it runs on.
    pub target: &'static str,
    /// Its digest.
    pub sha256: Sha256,
    /// Where it comes from.
    pub url: String,
    /// Where it is in the cache, if it is.
    pub path: Option<PathBuf>,
}

/// Does what was asked for.
pub fn run(arguments: &Arguments) -> Result<Outcome> {
    match &arguments.action {
        Action::Fetch { release, target, dry_run } => fetch(*release, *target, *dry_run),
        Action::List => Ok(Outcome::Known(known_archives().iter().map(Known::of).collect())),
    }
}

fn fetch(release: Release, target: Option<Target>, dry_run: bool) -> Result<Outcome> {
    let target = target.map_or_else(Target::host, Ok)?;
    let known = release.archive(target.machine)?;
    if dry_run {
        return Ok(Outcome::Foreseen(Known::of(known)));
    }
    let (path, downloaded) = base::fetch(known)?;
    Ok(Outcome::Fetched { path, sha256: known.sha256, downloaded })
}

impl Known {
    fn of(known: &KnownArchive) -> Self {
        Self {
            release: known.release.to_string(),
            target: Target::new(known.machine, System::FreeBsd).triple(),
            sha256: known.sha256,
            url: known.url(),
            path: base::cached(known).ok(),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetched { path, downloaded, .. } => {
                let how = if *downloaded { "downloaded" } else { "in the cache already" };
                write!(formatter, "{} ({how}, its digest is right)", path.display())
            }
            Self::Foreseen(Known { path: Some(path), .. }) => {
                write!(formatter, "{} (in the cache already)", path.display())
            }
            Self::Foreseen(Known { url, sha256, .. }) => {
                write!(formatter, "would download {url}, and want the digest {sha256}")
            }
            Self::Known(archives) => {
                let lines: Vec<String> = archives.iter().map(ToString::to_string).collect();
                formatter.write_str(&lines.join("\n"))
            }
        }
    }
}

impl fmt::Display for Known {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.path.as_ref().map_or("not fetched".to_owned(), |path| path.display().to_string());
        write!(formatter, "{:<5} {:<24} {state}", self.release, self.target)
    }
}

/// FreeBSD on this machine's processor, or on x86-64 where there is none for it.
pub(super) fn freebsd_target() -> Target {
    Target::new(Target::host().map_or(Machine::X86_64, |host| host.machine), System::FreeBsd)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_downloaded_is_said_with_its_digest() {
        let target = Some("x86_64-unknown-freebsd".parse().unwrap());
        let action = Action::Fetch { release: "15.1".parse().unwrap(), target, dry_run: true };
        let outcome = run(&Arguments { action }).unwrap();
        let Outcome::Foreseen(known) = &outcome else { panic!("{outcome:?}") };
        let known = Known { path: None, ..known.clone() };
        let said = Outcome::Foreseen(known.clone()).to_string();
        assert!(known.url.contains("15.1-RELEASE"), "{}", known.url);
        assert_eq!(said, format!("would download {}, and want the digest {}", known.url, known.sha256));
    }
}
