//! `jailbuild restore`: a school out of a backup.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;
use xmppd_control::Verb;

use super::steps;
use crate::{
    accounts::Undone,
    administration::{Place, Target},
    appliance::{Record, requirements, restore},
    backup::{Backup, Key, Manifest, unpack},
    console::Console,
    error::{Error, Result},
    host::{Host, ThisHost},
    target,
};

/// Give an installed appliance the accounts of a backup, and all that is theirs; or lay a backup out in a folder.
///
/// All of the backup is read and judged first, and the daemon tries a copy of the data: what is damaged, newer or another
/// school's changes nothing. What the appliance has by then is gone afterwards: who was removed since, or whose consent was
/// withdrawn, comes back, which is said beforehand, by name, and is to be done again. Whoever is interrupted types the same
/// again to go on, or `jailbuild rollback`.
///
/// For example: `jailbuild restore schoolchat-2026-11-22.jailbuild-backup.age --identity ~/.ssh/id_ed25519`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The backup.
    backup: PathBuf,

    /// Which appliance; the only one if left out.
    #[arg(conflicts_with = "into")]
    name: Option<String>,

    /// A key that opens it, of `age-keygen` or `ssh-keygen`; may be given several times. Without one, a passphrase is asked
    /// for.
    #[arg(long = "identity", short, value_name = "FILE", conflicts_with = "passphrase_file")]
    identities: Vec<PathBuf>,

    /// Take the first line of this file as the passphrase.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,

    /// Lay all of it out in this folder, which is not there yet or empty, and touch nothing else.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,

    /// Print what would be done, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Reads and judges the backup, then puts it where it was wanted.
pub fn run(args: &Args, console: &Console) -> Result<u8> {
    match &args.into {
        Some(folder) => args.lay_out(folder, console),
        None => args.restore(console),
    }
}

impl Args {
    fn open(&self) -> Result<Backup> {
        let key = match &self.passphrase_file {
            Some(path) => Key::of_passphrase_file(path)?,
            None if self.identities.is_empty() => Key::asked()?,
            None => Key::of_files(&self.identities)?,
        };
        Backup::open(&self.backup, &key)
    }

    fn lay_out(&self, folder: &Path, console: &Console) -> Result<u8> {
        unpack::require_empty(folder)?;
        let backup = self.open()?;
        let undone = noted(&backup, None, &ThisHost, console);
        if !self.dry_run {
            backup.unpack(folder)?;
        }
        let (into, file) = (folder.to_owned(), self.backup.clone());
        let laid_out = LaidOut { into, file, dry_run: self.dry_run, backup: backup.manifest };
        let undone = Some(undone);
        console.result(&With { outcome: &laid_out, undone: &undone }, &laid_out)?;
        Ok(0)
    }

    fn restore(&self, console: &Console) -> Result<u8> {
        let host = ThisHost;
        if !target::Target::host()?.is_freebsd() {
            return Err(Error::host(
                format_args!("appliances live on FreeBSD, and this is {}", std::env::consts::OS),
                "`--into DIR` lays the backup out in a folder, on any system",
            ));
        }
        requirements::root(&host)?;
        let name = Record::find(&host, self.name.as_deref())?.name;
        let backup = self.open()?;
        let _held = if self.dry_run { None } else { steps::begin(&host)? };
        let record = Record::find(&host, Some(&name))?;
        for differs in restore::compare(&backup, &record, &host)? {
            console.note(differs);
        }
        let planned = restore::plan(&record, backup.database(), &host)?;
        // Whoever goes on was told when it began, and it may be the data of the backup that answers by now.
        let begins = record.under_way.is_none();
        let undone = begins.then(|| noted(&backup, Some(name.clone()), &host, console));
        if self.dry_run {
            console.result(&With { outcome: &planned, undone: &undone }, &planned)?;
            return Ok(0);
        }
        let restored = planned.carry_out(&host, &mut |doing| console.step(doing))?;
        let code = restored.exit_code(false);
        // What was taken back undoes nothing.
        let undone = undone.filter(|_| code == 0);
        let reminders = undone.iter().flat_map(Undone::notes);
        let said: Vec<_> = [restored.to_string()].into_iter().chain(reminders).collect();
        console.result(&With { outcome: &restored, undone: &undone }, said.join("\n"))?;
        if code == 0 {
            steps::remember(&name, Verb::Restore, &host, console);
        }
        Ok(code)
    }
}

/// Says what the backup undoes, before anything is changed: of this appliance, else of whatever answers here.
fn noted(backup: &Backup, appliance: Option<String>, host: &dyn Host, console: &Console) -> Undone {
    console.step("comparing the backup with who is there now");
    let undone = Undone::by(backup, Place::find(&Target { appliance, socket: None }, None, host));
    undone.notes().for_each(|note| console.note(note));
    undone
}

/// What is done, or would be, with what that undoes.
#[derive(Serialize)]
struct With<'a, T> {
    #[serde(flatten)]
    outcome: &'a T,
    undone: &'a Option<Undone>,
}

/// A backup in a folder.
#[derive(Serialize)]
struct LaidOut {
    into: PathBuf,
    #[serde(skip)]
    file: PathBuf,
    #[serde(rename = "dry-run")]
    dry_run: bool,
    backup: Manifest,
}

impl fmt::Display for LaidOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (into, file) = (self.into.display(), self.file.display());
        if self.dry_run {
            return write!(formatter, "nothing was written; in {into} would be:\n{}", self.backup);
        }
        write!(
            formatter,
            "laid out in {into}:\n{}\n\n\
             next, on a FreeBSD host: `jailbuild install IMAGE --file {into}/site/jailbuild.toml`, then \
             `jailbuild restore {file}`\n\
             elsewhere: {into}/data is the folder that the daemon has at {}; it must belong to the daemon's user, {}",
            self.backup,
            crate::runtime::DATA,
            crate::runtime::DAEMON_USER
        )
    }
}
