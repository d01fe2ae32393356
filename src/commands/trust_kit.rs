//! `jailbuild trust-kit`: what devices need to trust the school.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::school;
use crate::{
    console::Console,
    error::{Error, Result},
    host::file,
    paper::Size,
    site::Folder,
    texts::Texts,
    trust_kit::Kit,
};

/// Make what devices need to trust the school: its authority's certificate, and a page on how for each kind of device.
///
/// The certificate comes as `ca.crt`, as `ca.pem` and as a profile for Apple's devices, beside the fingerprints to compare. The pages
/// are PDFs, in each of the school's languages; `jailbuild texts` writes their words into the site, to be changed or translated.
/// None of it is secret. Files of these names are replaced, and whatever else is in the folder stays.
///
/// For example: `jailbuild trust-kit --out /media/stick`
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// The folder.
    #[arg(long, value_name = "DIR", default_value = "trust-kit")]
    pub out: PathBuf,

    /// The size of the paper.
    #[arg(long, value_enum, default_value_t)]
    pub paper: Size,

    /// Make it, say what would be written, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// What was written.
#[derive(Clone, Debug, Serialize)]
struct Written {
    domain: String,
    sha256: String,
    files: Vec<PathBuf>,
    #[serde(rename = "dry-run")]
    dry_run: bool,
}

/// Makes the kit, all of it before any of it is written.
///
/// # Errors
/// [`Error::Configuration`] for a text that will not do, [`Error::Failed`] where there is no authority yet.
pub fn run(arguments: &Arguments, named: Option<&Path>, console: &Console) -> Result<u8> {
    let (origin, site) = school(named, console)?;
    let folder = origin.folder();
    let kit = Kit::of(&site, &authority(&folder)?, &Texts::of(&folder), arguments.paper)?;
    if !arguments.dry_run {
        kit.write(&arguments.out)?;
    }
    console.show(&Written {
        domain: site.domain.to_string(),
        sha256: kit.fingerprint,
        files: kit.files.iter().map(|(name, _)| arguments.out.join(name)).collect(),
        dry_run: arguments.dry_run,
    })
}

fn authority(folder: &Folder) -> Result<String> {
    let path = folder.authority();
    file::read_if_there(&path)?.ok_or_else(|| {
        Error::failed_with_hint(
            format_args!("there is no authority `{}` yet", path.display()),
            "`jailbuild make` makes one, and so does `jailbuild cert renew`",
        )
    })
}

impl fmt::Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wrote = if self.dry_run { "would write" } else { "wrote" };
        for file in &self.files {
            writeln!(formatter, "{wrote} `{}`", file.display())?;
        }
        write!(formatter, "what devices show of the authority of {}, SHA-256:\n{}", self.domain, self.sha256)
    }
}
