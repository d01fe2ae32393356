//! The school that an image is installed for: one that has a file, or one that is asked for at the terminal.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{
    console::Console,
    error::{Error, Result},
    site::{Answers, FILE_NAME, Origin},
};

/// Refuses to guess whose an appliance is to be.
pub(super) fn require_school(file: &Path, can_ask: bool) -> Result<()> {
    if can_ask || is_there(file) {
        return Ok(());
    }
    Err(Error::configuration(
        format_args!("there is no school's file `{}`, and nobody at a terminal to be asked", file.display()),
        format_args!(
            "`jailbuild init --file {} --domain chat.your-school.org --organisation \"Your School\"` writes one; \
             look through its `[network]`, then type this again",
            file.display()
        ),
    ))
}

/// A school's file, where there was one or is one now.
pub(super) enum FoundSchool {
    /// It was there.
    Known(PathBuf),
    /// It was asked for, and is there now.
    Written(PathBuf),
    /// It was asked for only to show what would be done, and goes away.
    Draft(TempDir),
}

impl FoundSchool {
    /// The one whose file this is, or else the one that is asked for.
    pub(super) fn at(file: PathBuf, dry_run: bool, ask: impl FnOnce() -> Result<Answers>) -> Result<Self> {
        if is_there(&file) {
            return Ok(Self::Known(file));
        }
        let answers = ask()?;
        if dry_run {
            let folder = tempfile::tempdir()
                .map_err(|cause| Error::failed(format_args!("cannot make a folder for drafts: {cause}")))?;
            answers.write(&folder.path().join(FILE_NAME))?;
            return Ok(Self::Draft(folder));
        }
        answers.write(&file)?;
        Ok(Self::Written(file))
    }

    /// Says what has become of the answers.
    pub(super) fn tell(&self, console: &Console) {
        match self {
            Self::Known(_) => {}
            Self::Written(file) => console.note(format_args!("wrote `{}`: keep it", file.display())),
            Self::Draft(_) => console.note("wrote nothing down: the next time it is asked again"),
        }
    }

    /// Where it is.
    pub(super) fn origin(&self) -> Origin {
        Origin::File(match self {
            Self::Known(file) | Self::Written(file) => file.clone(),
            Self::Draft(folder) => folder.path().join(FILE_NAME),
        })
    }
}

/// Even one that cannot be read: it is a mistake then, not a reason to ask.
fn is_there(file: &Path) -> bool {
    file.symlink_metadata().is_ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use std::fs;

    use super::*;
    use crate::site::{Domain, Organisation};

    fn answers() -> Result<Answers> {
        Ok(Answers::new(Domain::parse("chat.south.example")?, Organisation::parse("South School")?))
    }

    #[test]
    fn without_a_file_and_a_terminal_nothing_is_guessed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jailbuild.toml");
        let error = require_school(&file, false).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        require_school(&file, true).unwrap();
        fs::write(&file, "mine").unwrap();
        require_school(&file, false).unwrap();
    }

    #[test]
    fn who_is_asked_has_a_file_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/jailbuild.toml");
        let found = FoundSchool::at(file.clone(), false, answers).unwrap();
        assert_eq!(found.origin(), Origin::File(file.clone()));
        assert_eq!(found.origin().load().unwrap().domain.as_str(), "chat.south.example");
        let again = FoundSchool::at(file, false, || panic!("asked twice")).unwrap();
        assert_eq!(again.origin(), found.origin());
    }

    #[test]
    fn a_dry_run_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jailbuild.toml");
        let draft = FoundSchool::at(file, true, answers).unwrap();
        assert_eq!(draft.origin().load().unwrap().organisation.as_str(), "South School");
        let elsewhere = draft.origin().path();
        drop(draft);
        assert!(!elsewhere.exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
