//! `jailbuild backup`: a school in one encrypted file.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::{
    administration::{self, Daemon, Place},
    appliance::{Layout, gather},
    backup::{self, Backup, Lock, School},
    console::Console,
    digest::Sha256,
    error::{Error, Result},
    host::{Host, ThisHost, file},
    site::Origin,
};

/// Put the school into one encrypted file: accounts and all that is theirs, rooms, its file, its authority and keys.
///
/// The server goes on meanwhile. What was said is no part of it: neither messages that wait for somebody, nor files that
/// were shared. The file is complete or not there, and never written over.
///
/// For example: `jailbuild backup --file /root/school/jailbuild.toml --recipient ~/.ssh/id_ed25519.pub`
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    target: administration::Target,

    /// The file [default: NAME-DATE.jailbuild-backup.age].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Who can open it: a public key (`age1…`, `ssh-ed25519 …`) or a file of them; may be given several times
    /// [default: `recipients` of `[backup]` in the school's file].
    #[arg(long = "recipient", value_name = "KEY|FILE", conflicts_with_all = ["passphrase", "passphrase_file"])]
    recipients: Vec<String>,

    /// Ask twice for a passphrase that opens it, unseen.
    #[arg(long, conflicts_with = "passphrase_file")]
    passphrase: bool,

    /// Take the first line of this file, which nobody else may read, as that passphrase.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,

    /// Print what would go in, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What was written, or would be.
#[derive(Serialize)]
struct Outcome {
    path: PathBuf,
    /// How long the file is.
    bytes: Option<u64>,
    #[serde(rename = "dry-run")]
    dry_run: bool,
    files: Vec<Contained>,
    /// Whether a new certificate can be made from it.
    has_authority_key: bool,
}

/// What is in it.
#[derive(Serialize)]
struct Contained {
    place: backup::Place,
    /// How long it is, where that is known.
    bytes: Option<u64>,
}

/// Asks the daemon for a copy, puts the school beside it, and writes both down.
pub fn run(args: &Args, file: Option<&Path>, console: &Console) -> Result<u8> {
    let host = ThisHost;
    let place = Place::find(&args.target, file, &host)?;
    let school = school(&place, &host)?;
    let now = OffsetDateTime::now_utc();
    let path = args
        .out
        .clone()
        .unwrap_or_else(|| format!("{}-{}.{}", school.site.name, now.date(), backup::ENDING).into());
    if path.symlink_metadata().is_ok() {
        return Err(backup::taken(&path));
    }
    file::require_folder(&path)?;
    if args.dry_run {
        return args.rehearse(path, &school, &place, console);
    }
    let lock = args.lock(&school)?;
    let mut daemon = Daemon::of(&place)?;
    console.step("copying the database of the running server");
    let has_authority_key = school.has_authority_key();
    let database = copied(&mut daemon)?;
    console.step("encrypting");
    let backup = Backup::new(school, database, now)?;
    let bytes = backup.write(&path, &lock)?;
    if let Err(error) = daemon.backed_up() {
        console
            .note(format_args!("the backup is good, but the server does not know that it was made: {error}"));
    }
    let files =
        backup.manifest.files.iter().map(|(place, file)| Contained::of(place, Some(file.bytes))).collect();
    console.show(&Outcome { path, bytes: Some(bytes), dry_run: false, files, has_authority_key })
}

/// The school's own file and folder; or, where nobody named them, what is installed.
fn school(place: &Place, host: &dyn Host) -> Result<School> {
    let Some(record) = &place.appliance else { return School::of(&place.origin) };
    let layout = Layout::of(&record.name);
    if place.origin == Origin::File(layout.site()) {
        return gather::school(&layout, host);
    }
    let mut school = School::of(&place.origin)?;
    gather::add_record(&mut school, &layout, host)?;
    Ok(school)
}

/// The copy, if it came as it was sent.
fn copied(daemon: &mut Daemon) -> Result<Zeroizing<Vec<u8>>> {
    let (copied, bytes) = daemon.back_up()?;
    if copied.sha256 == Sha256::of(&bytes).to_string() {
        return Ok(bytes);
    }
    Err(Error::failed("the copy of the database is not what the server sent: type the command again"))
}

impl Args {
    /// Says what would go in, if the daemon answers. Nobody is asked for a passphrase that opens nothing.
    fn rehearse(&self, path: PathBuf, school: &School, place: &Place, console: &Console) -> Result<u8> {
        if !self.passphrase {
            self.lock(school)?;
        }
        Daemon::of(place)?.status()?;
        console.show(&Outcome::foreseen(path, school))
    }

    fn lock(&self, school: &School) -> Result<Lock> {
        let of_site = &school.site.backup.recipients;
        match &self.passphrase_file {
            Some(path) => Lock::of_file(path),
            None if self.passphrase => Lock::asked(),
            None if !self.recipients.is_empty() => Lock::for_recipients(&self.recipients),
            None if !of_site.is_empty() => Ok(Lock::Recipients(of_site.clone())),
            None => Err(Error::configuration(
                "who shall be able to open the backup?",
                "`--recipient KEY` or `--passphrase`; or `recipients` of `[backup]` in the school's file, once and for all",
            )),
        }
    }
}

impl Contained {
    fn of(place: &backup::Place, bytes: Option<u64>) -> Self {
        Self { place: place.clone(), bytes }
    }
}

impl Outcome {
    fn foreseen(path: PathBuf, school: &School) -> Self {
        let mut files = vec![Contained::of(&backup::Place::database(), None)];
        files.extend(school.files().map(|(place, bytes)| Contained::of(place, Some(bytes as u64))));
        Self { path, bytes: None, dry_run: true, files, has_authority_key: school.has_authority_key() }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bytes {
            Some(bytes) => write!(formatter, "{}, {bytes} bytes, encrypted; in it:", self.path.display())?,
            None => write!(formatter, "nothing was written; in {} would be:", self.path.display())?,
        }
        for Contained { place, bytes } in &self.files {
            let bytes = bytes.map_or("?".to_owned(), |bytes| bytes.to_string());
            write!(formatter, "\n{bytes:>10}  {place}")?;
        }
        if self.has_authority_key {
            return Ok(());
        }
        write!(
            formatter,
            "\nnot in it: the key of the school's authority, which is not on this host; `--file` names the school's file \
             with its folder `site/`"
        )
    }
}
