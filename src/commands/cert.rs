//! `jailbuild cert`: the certificates of the school.

mod renew;
mod replace;

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

pub use self::renew::{Renew, Shower};
use crate::{
    console::Console,
    error::Result,
    host::Host,
    site::{
        Origin,
        certificates::{self, Made, Shown},
        expiry::Ending,
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
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Action {
    #[expect(missing_docs, reason = "its help is that of its arguments")]
    Renew(Renew),
    /// Show subject, names, last day and fingerprints of authority and leaf.
    ///
    /// For example: `jailbuild cert show`
    Show,
}

/// Does what is asked to the school's folder of keys and certificates.
///
/// # Errors
/// [`crate::Error::Configuration`] for a file or an authority that will not do, [`crate::Error::Failed`] if there is
/// nothing to show yet.
pub fn run(arguments: &Arguments, origin: &Origin, host: &dyn Host, console: &Console) -> Result<Outcome> {
    match &arguments.action {
        Action::Renew(renew) => renew::run(renew, origin, host, console),
        Action::Show => Outcome::shown(origin, OffsetDateTime::now_utc()),
    }
}

/// What there is, and what of it is new.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Outcome {
    /// What was made, if that was asked.
    pub made: Option<Made>,
    /// Who shows it, or would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown_by: Option<Shower>,
    #[serde(rename = "dry-run")]
    /// Whether nothing was done, though it was asked for.
    pub dry_run: bool,
    /// The certificates as they are now, where there are any.
    pub certificates: Option<Shown>,
    /// Those that come to their end.
    pub ending: Vec<Ending>,
}

impl Outcome {
    fn shown(origin: &Origin, now: OffsetDateTime) -> Result<Self> {
        let certificates = certificates::show(&origin.folder(), now)?;
        let ending = certificates.ending();
        Ok(Self { made: None, shown_by: None, dry_run: false, certificates: Some(certificates), ending })
    }

    fn renewed(made: Made, by: Shower, origin: &Origin, now: OffsetDateTime) -> Result<Self> {
        Ok(Self { made: Some(made), shown_by: Some(by), ..Self::shown(origin, now)? })
    }

    fn rehearsed(by: Shower, origin: &Origin, now: OffsetDateTime) -> Self {
        let certificates = certificates::show(&origin.folder(), now).ok();
        Self { made: None, shown_by: Some(by), dry_run: true, certificates, ending: Vec::new() }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dry_run {
            formatter.write_str(match self.certificates {
                Some(_) => "would make a new leaf by the same authority",
                None => "would make a new authority, and a leaf",
            })?;
            return self.shown_by.iter().try_for_each(|by| write!(formatter, "; {by} would show it"));
        }
        match self.made {
            Some(Made { authority: true, .. }) => formatter.write_str(
                "made a new authority: every device must be told to trust it; compare its fingerprint there\n\n",
            )?,
            Some(_) => {
                write!(formatter, "made a new leaf by the same authority{}\n\n", self.said_of_shower())?;
            }
            None => {}
        }
        self.certificates.iter().try_for_each(|certificates| write!(formatter, "{certificates}"))?;
        self.ending.iter().try_for_each(|ending| write!(formatter, "\n\n{ending}\n{}", ending.hint))
    }
}

impl Outcome {
    fn said_of_shower(&self) -> String {
        match &self.shown_by {
            None | Some(Shower::Nobody) => {
                ": `jailbuild install` with the same image puts it in place, and nobody is cut off".to_owned()
            }
            Some(by @ (Shower::Restarted(_) | Shower::Stopped(_))) => format!(", and {by} shows it"),
            Some(by) => format!(", and {by} shows it; nobody was cut off"),
        }
    }
}

impl fmt::Display for Shower {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => formatter.write_str("nobody"),
            Self::Appliance(name) => write!(formatter, "`{name}`"),
            Self::Restarted(name) => write!(formatter, "`{name}`, started anew because it ran only in part,"),
            Self::Stopped(name) => {
                write!(formatter, "`{name}`, once `jailbuild start {name}` has started it,")
            }
            Self::Settings(folder) => write!(formatter, "the daemon that reads `{}`", folder.display()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use std::fs;

    use super::*;
    use crate::{appliance::machine::Machine, console::Verbosity};

    fn run(action: Action, file: &std::path::Path) -> Result<Outcome> {
        let console = Console::new(Verbosity::Quiet, false);
        super::run(&Arguments { action }, &Origin::File(file.to_owned()), &Machine::new(), &console)
    }

    fn renew() -> Action {
        Action::Renew(Renew::default())
    }

    #[test]
    fn renewing_keeps_the_authority() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("jailbuild.toml");
        fs::write(&file, "domain = \"school.test\"\norganisation = \"The School\"\n").unwrap();

        assert_eq!(run(Action::Show, &file).unwrap_err().exit_code(), 1);
        let first = run(renew(), &file).unwrap();
        assert!(first.to_string().starts_with("made a new authority"));
        let second = run(renew(), &file).unwrap();
        assert!(second.to_string().starts_with("made a new leaf by the same authority: `jailbuild install`"));
        let [first, second] = [first, second].map(|outcome| outcome.certificates.unwrap());
        assert_eq!(first.authority, second.authority);
        assert_ne!(first.leaf.sha256, second.leaf.sha256);

        let rehearsed = run(Action::Renew(Renew { dry_run: true, ..Renew::default() }), &file).unwrap();
        assert_eq!(
            rehearsed.to_string(),
            "would make a new leaf by the same authority; nobody would show it"
        );
        assert_eq!(run(Action::Show, &file).unwrap().certificates, Some(second));
    }

    #[test]
    fn a_bad_file_leaves_nothing_behind() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("jailbuild.toml");
        fs::write(&file, "domain = \"localhost\"\n").unwrap();
        let error = run(renew(), &file).unwrap_err();
        assert_eq!((error.exit_code(), place.path().join("site").exists()), (3, false));
    }
}
