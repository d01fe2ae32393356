//! `jailbuild init`: writes a school's file.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::ask_for_school;
use crate::{
    console::Console,
    error::Result,
    site::{Answers, Domain, Organisation, refuse_existing},
};

/// Write a commented `jailbuild.toml`.
///
/// Without options, whoever sits at a terminal is asked for domain, organisation and network. With them, or where there is
/// nobody to ask, all else is as most schools have it.
///
/// For example: `jailbuild init --domain chat.your-school.org --organisation "Your School"`
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Arguments {
    /// What stands behind the @ in everybody's address [default: school.test].
    #[arg(long)]
    pub domain: Option<String>,

    /// Who runs the chat, as certificates and pages for parents say it [default: The School].
    #[arg(long)]
    pub organisation: Option<String>,

    /// Print what would be written, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Writes the school's file, unless there is one.
///
/// # Errors
/// [`crate::Error::Configuration`] if there is one already, or an option's value is not acceptable.
pub fn run(arguments: &Arguments, site_file: &Path, console: &Console) -> Result<Written> {
    refuse_existing(site_file)?;
    let asks = arguments.domain.is_none() && arguments.organisation.is_none() && console.can_ask();
    let answers = if asks { ask_for_school(console)? } else { arguments.answers()? };
    if arguments.dry_run {
        return Ok(Written { written: site_file.to_owned(), foreseen: Some(answers.file_text()?) });
    }
    answers.write(site_file)?;
    Ok(Written { written: site_file.to_owned(), foreseen: None })
}

impl Arguments {
    fn answers(&self) -> Result<Answers> {
        let domain = Domain::parse(self.domain.as_deref().unwrap_or("school.test"))?;
        let organisation = Organisation::parse(self.organisation.as_deref().unwrap_or("The School"))?;
        Ok(Answers::new(domain, organisation))
    }
}

/// What `init` did.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Written {
    /// The new file.
    pub written: PathBuf,
    /// What would stand in it, where nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreseen: Option<String>,
}

impl fmt::Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.foreseen {
            return formatter.write_str(text.trim_end());
        }
        write!(
            formatter,
            "wrote `{}`: look through it, then ask `jailbuild check`, then `jailbuild make`",
            self.written.display()
        )
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use std::fs;

    use super::*;
    use crate::{console::Verbosity, site::Site};

    fn console() -> Console {
        Console::new(Verbosity::Quiet, true)
    }

    fn arguments(domain: &str) -> Arguments {
        Arguments {
            domain: Some(domain.to_owned()),
            organisation: Some("The School".to_owned()),
            dry_run: false,
        }
    }

    #[test]
    fn what_it_would_write_is_what_it_writes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jailbuild.toml");
        let arguments = arguments("school.test");
        let rehearsal = Arguments { dry_run: true, ..arguments.clone() };
        let foreseen = run(&rehearsal, &file, &console()).unwrap().foreseen.unwrap();
        assert!(!file.exists());
        run(&arguments, &file, &console()).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), foreseen);
    }

    #[test]
    fn what_it_writes_is_understood() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jailbuild.toml");
        run(&arguments("school.test"), &file, &console()).unwrap();
        assert_eq!(Site::load(&file).unwrap(), Site::example());
    }

    #[test]
    fn it_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jailbuild.toml");
        fs::write(&file, "mine").unwrap();
        let error = run(&arguments("school.test"), &file, &console()).unwrap_err();
        assert_eq!((error.exit_code(), fs::read_to_string(&file).unwrap()), (3, "mine".to_owned()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn it_writes_nothing_for_a_bad_domain() {
        let folder = tempfile::tempdir().unwrap();
        let error =
            run(&arguments("localhost"), &folder.path().join("jailbuild.toml"), &console()).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
