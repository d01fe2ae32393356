//! `jailbuild init`: writes a school's file.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    error::Result,
    site::{Domain, Organisation, Site},
};

/// Write a commented `jailbuild.toml` with all defaults.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// What stands behind the @ in everybody's address.
    #[arg(long, default_value = "school.test")]
    pub domain: String,

    /// Who runs the chat, as certificates and pages for parents say it.
    #[arg(long, default_value = "The School")]
    pub organisation: String,
}

/// Writes the school's file, unless there is one.
///
/// # Errors
/// [`crate::Error::Configuration`] if there is one already, or an option's value is not acceptable.
pub fn run(arguments: &Arguments, site_file: &Path) -> Result<Written> {
    let domain = Domain::parse(&arguments.domain)?;
    let organisation = Organisation::parse(&arguments.organisation)?;
    Site::write_new(site_file, &domain, &organisation)?;
    Ok(Written { written: site_file.to_owned() })
}

/// What `init` did.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Written {
    /// The new file.
    pub written: PathBuf,
}

impl fmt::Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
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

    fn arguments(domain: &str) -> Arguments {
        Arguments { domain: domain.to_owned(), organisation: "The School".to_owned() }
    }

    #[test]
    fn what_it_writes_is_understood() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jailbuild.toml");
        run(&arguments("school.test"), &file).unwrap();
        assert_eq!(Site::load(&file).unwrap(), Site::example());
    }

    #[test]
    fn it_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jailbuild.toml");
        fs::write(&file, "mine").unwrap();
        let error = run(&arguments("school.test"), &file).unwrap_err();
        assert_eq!((error.exit_code(), fs::read_to_string(&file).unwrap()), (3, "mine".to_owned()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn it_writes_nothing_for_a_bad_domain() {
        let folder = tempfile::tempdir().unwrap();
        let error = run(&arguments("localhost"), &folder.path().join("jailbuild.toml")).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
