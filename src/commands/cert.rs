//! `jailbuild cert`: the certificates of the school.

use std::{fmt, path::Path};

use serde::Serialize;
use time::OffsetDateTime;

use crate::{
    error::Result,
    site::{
        Folder, Site,
        certificates::{self, Made, Shown},
    },
};

/// Make and show the certificates of the school.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with the certificates.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::Subcommand)]
pub enum Action {
    /// Make a new leaf certificate with a new key, by the same authority.
    Renew,
    /// Show subject, names, last day and fingerprints of authority and leaf.
    Show,
}

/// Does what is asked to the folder `site/` beside the school's file.
///
/// # Errors
/// [`crate::Error::Configuration`] for a file or an authority that will not do, [`crate::Error::Failed`] if there is
/// nothing to show yet.
pub fn run(arguments: &Arguments, site_file: &Path, now: OffsetDateTime) -> Result<Outcome> {
    let folder = Folder::beside(site_file);
    let made = match arguments.action {
        Action::Renew => Some(certificates::renew(&Site::load(site_file)?, &folder, now)?),
        Action::Show => None,
    };
    Ok(Outcome { made, certificates: certificates::show(&folder, now)? })
}

/// What there is, and what of it is new.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Outcome {
    /// What was made, if that was asked.
    pub made: Option<Made>,
    /// The certificates as they are now.
    pub certificates: Shown,
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.made {
            Some(Made { authority: true, .. }) => writeln!(
                formatter,
                "made a new authority: every device must be told to trust it; compare its fingerprint there\n"
            )?,
            Some(_) => writeln!(
                formatter,
                "made a new leaf by the same authority: start the appliance anew to use it\n"
            )?,
            None => {}
        }
        write!(formatter, "{}", self.certificates)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn renewing_keeps_the_authority() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("jailbuild.toml");
        fs::write(&file, "domain = \"school.test\"\norganisation = \"The School\"\n").unwrap();
        let run = |action| run(&Arguments { action }, &file, OffsetDateTime::now_utc());

        assert_eq!(run(Action::Show).unwrap_err().exit_code(), 1);
        let first = run(Action::Renew).unwrap();
        assert!(first.to_string().starts_with("made a new authority"));
        let second = run(Action::Renew).unwrap();
        assert!(second.to_string().starts_with("made a new leaf by the same authority"));
        assert_eq!(first.certificates.authority, second.certificates.authority);
        assert_ne!(first.certificates.leaf.sha256, second.certificates.leaf.sha256);
        assert_eq!(run(Action::Show).unwrap(), Outcome { made: None, certificates: second.certificates });
    }

    #[test]
    fn a_bad_file_leaves_nothing_behind() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("jailbuild.toml");
        fs::write(&file, "domain = \"localhost\"\n").unwrap();
        let error = run(&Arguments { action: Action::Renew }, &file, OffsetDateTime::now_utc()).unwrap_err();
        assert_eq!((error.exit_code(), place.path().join("site").exists()), (3, false));
    }
}
