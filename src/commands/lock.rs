//! `jailbuild lock`: the base files as they are now, written down.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{
    recipe::{self, Recipe},
    school,
};
use crate::{
    base,
    console::Console,
    error::Result,
    image::{self, Ingredients},
    lock::{Change, Digests, Lock, Locked},
    target::Target,
};

/// Record the SHA-256 digests of the base in `jailbuild.lock`; `make` refuses a base that differs.
///
/// Of a base.txz it is the digest of the whole; of this machine, a folder or pkgbase those of the files that go into the image, for
/// which the daemon is needed: what it asks for goes in. Each target has a base of its own in the file.
///
/// For example: `jailbuild lock --dry-run` shows what has changed since
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    recipe: recipe::Args,

    /// Show in what the base differs from the lock, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What was locked.
#[derive(Clone, Debug, Serialize)]
struct Outcome {
    path: PathBuf,
    target: Target,
    #[serde(flatten)]
    locked: Locked,
    /// In what it differs from what was locked before.
    changes: Vec<Change>,
    written: bool,
}

/// Looks at the base, and locks it.
pub fn run(args: &Args, file: Option<&Path>, console: &Console) -> Result<u8> {
    let (origin, site) = school(file, console)?;
    let recipe = args.recipe.recipe(&site)?;
    let path = origin.lock();
    let mut lock = Lock::read(&path)?;
    let locked = look(&recipe, console)?;
    let changes = locked.changes(lock.of(recipe.target));
    let written = !args.dry_run && lock.of(recipe.target) != Some(&locked);
    if written {
        lock.insert(recipe.target, locked.clone());
        lock.write(&path)?;
    }
    console.show(&Outcome { path, target: recipe.target, locked, changes, written })
}

/// The base as it is now.
fn look(recipe: &Recipe, console: &Console) -> Result<Locked> {
    let Recipe { target, daemon, base, base_sha256, flavour } = recipe;
    console.step(format_args!("opening the base `{base}` for {target}"));
    let opened = base::open(base, *target, *base_sha256)?;
    let locked = |sha256| Locked { base: base.clone(), release: opened.provenance().release.clone(), sha256 };
    if let Some(sha256) = opened.provenance().sha256 {
        return Ok(locked(Digests::Archive(sha256)));
    }
    console.step(format_args!("{daemon} for {target}"));
    let daemon = daemon.obtain(*target)?;
    let list = flavour.list()?;
    let ingredients = Ingredients {
        daemon: &daemon,
        base: opened.as_ref(),
        flavour: *flavour,
        list: &list,
        extras: vec![],
    };
    Ok(locked(Digests::Files(image::assemble(ingredients)?.base_files)))
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, target, locked, changes, written } = self;
        let release = locked.release.as_deref().unwrap_or("an unnamed system");
        write!(formatter, "`{}` for {target}: the base `{}`, {release}", path.display(), locked.base)?;
        if changes.is_empty() {
            return write!(formatter, ", is as it was locked");
        }
        changes.iter().try_for_each(|change| write!(formatter, "\n{change}"))?;
        if *written { Ok(()) } else { write!(formatter, "\nnothing was written") }
    }
}
