//! `jailbuild settings`: what a school's daemon reads, for whoever runs the image without `jailbuild install`.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;
use time::OffsetDateTime;

use super::school;
use crate::{
    console::Console,
    error::Result,
    host::file,
    runtime::{DAEMON_USER, SETTINGS},
    site::{self, Origin, Site, certificates},
};

/// Write what a school's daemon reads: its settings, its certificate and its key.
///
/// `jailbuild install` does this by itself. It is for those who run the image by other means, and show it the folder at
/// `/usr/local/etc/xmppd`, read-only. The certificate is made where there is none.
///
/// For example: `jailbuild settings --file lindenschule.toml --out /srv/lindenschule/settings`
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// The folder, which becomes its owner's alone.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Print what would be written, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// What was written, or would be.
#[derive(Clone, Debug, Serialize)]
struct Settings {
    domain: String,
    folder: PathBuf,
    dry_run: bool,
}

/// Writes the folder.
pub fn run(arguments: &Arguments, named: Option<&Path>, console: &Console) -> Result<u8> {
    let (origin, site) = school(named, console)?;
    console.show(&write(arguments, &origin, &site)?)
}

fn write(arguments: &Arguments, origin: &Origin, site: &Site) -> Result<Settings> {
    if !arguments.dry_run {
        let folder = origin.folder();
        certificates::ensure(site, &folder, OffsetDateTime::now_utc())?;
        file::ensure_private_folder(&arguments.out)?;
        site::write_settings(site, &folder, &arguments.out)?;
    }
    Ok(Settings {
        domain: site.domain.to_string(),
        folder: arguments.out.clone(),
        dry_run: arguments.dry_run,
    })
}

impl fmt::Display for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, folder, dry_run } = self;
        let folder = folder.display();
        if *dry_run {
            return write!(
                formatter,
                "would write xmppd.toml, chain.pem and key.pem of {domain} into `{folder}`"
            );
        }
        write!(
            formatter,
            "wrote what the daemon of {domain} reads at {SETTINGS}; it must be able to:\n\n    \
             chown -R {DAEMON_USER}:{DAEMON_USER} {folder}"
        )
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::site::{Answers, Domain, Organisation};

    #[test]
    fn the_folder_and_the_key_are_for_one_alone() {
        let folder = tempfile::tempdir().unwrap();
        let school = folder.path().join("school.toml");
        let domain = Domain::parse("chat.linden.example").unwrap();
        Answers::new(domain, Organisation::parse("Lindenschule").unwrap()).write(&school).unwrap();
        let out = folder.path().join("settings");
        let origin = Origin::File(school);
        let site = origin.load().unwrap();

        let dry = Arguments { out: out.clone(), dry_run: true };
        write(&dry, &origin, &site).unwrap();
        assert!(!out.exists() && !folder.path().join("site").exists(), "a dry run writes nothing");

        write(&Arguments { dry_run: false, ..dry }, &origin, &site).unwrap();
        assert_eq!(file::mode(&out).unwrap(), 0o700);
        assert_eq!(file::mode(&out.join("key.pem")).unwrap(), 0o600);
        assert!(file::read_text(&out.join("xmppd.toml")).unwrap().contains("chat.linden.example"));
        assert!(out.join("chain.pem").exists());
    }
}
