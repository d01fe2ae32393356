//! The file of login cards: there before the daemon knows a password, gone if it refuses.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use xmppd_control::Password;
use zeroize::Zeroizing;

use crate::{
    administration::Place,
    console::Console,
    error::{Error, Result},
    host::file,
    paper::{Card, Printed, Size},
    runtime::interrupts,
    site::{Language, certificates},
    texts::{self, Texts},
};

/// How login cards are printed.
#[derive(clap::Args, Clone, Debug)]
pub struct Print {
    /// The size of the paper of login cards.
    #[arg(long, value_enum, default_value_t)]
    pub paper: Size,

    /// The language of login cards [default: the first of the school's]
    #[arg(long, value_name = "LANG")]
    pub language: Option<String>,
}

/// Login cards that are not written yet.
pub struct CardFile<'a> {
    path: PathBuf,
    place: &'a Place,
    print: &'a Print,
    cards: Vec<Card>,
}

impl<'a> CardFile<'a> {
    /// An empty one, to be written there.
    ///
    /// # Errors
    /// [`Error::Configuration`] if something is there: it may hold passwords that nobody has otherwise; or if nothing
    /// can be there.
    pub fn new(path: PathBuf, place: &'a Place, print: &'a Print) -> Result<Self> {
        if path.symlink_metadata().is_ok() {
            return Err(taken(&path));
        }
        file::require_folder(&path)?;
        Ok(Self { path, place, print, cards: Vec::new() })
    }

    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a password for somebody, and a card with it.
    pub fn password(&mut self, name: &str, display_name: &str) -> Password {
        let password = Password::generate();
        self.cards.push(Card {
            display_name: display_name.to_owned(),
            address: format!("{name}@{}", self.place.site.domain),
            password: password.clone(),
        });
        password
    }

    /// Prints the cards; says whose name could not be written as it is.
    ///
    /// # Errors
    /// [`Error::Configuration`] for texts that will not do, or where the school's authority is not at hand.
    pub fn pdf(&self, console: &Console) -> Result<Zeroizing<Vec<u8>>> {
        let site = &self.place.site;
        let language = match &self.print.language {
            Some(language) => Language::parse(language)?,
            None => site.languages[0].clone(),
        };
        let fingerprint = certificates::fingerprint_in(&self.place.authority())?;
        let texts = Texts::of(&self.place.folder());
        let deck = texts::deck(&texts, site, &language, self.print.paper, &fingerprint, self.cards.clone())?;
        let Printed { pdf, sheets: _, replaced } = deck.pdf()?;
        for replaced in replaced {
            console.note(format_args!(
                "the card of {} shows □ for letters that the font lacks: {}",
                replaced.address, replaced.name
            ));
        }
        Ok(pdf)
    }

    /// Writes the cards for the owner's eyes alone, then has the passwords set. Where that is refused, the cards are taken away again;
    /// where nobody knows what came of it, they stay.
    ///
    /// # Errors
    /// Those of `set`, which answers why it was refused.
    pub fn write(self, pdf: &[u8], set: impl FnOnce() -> Result<Option<Error>>) -> Result<PathBuf> {
        if !file::write_new(&self.path, pdf, file::SECRET)? {
            return Err(taken(&self.path));
        }
        match self.set(set) {
            Ok(None) => Ok(self.path),
            Ok(Some(refused)) => {
                file::remove(&self.path)?;
                Err(refused)
            }
            Err(unanswered) => Err(Error::failed_with_hint(
                format_args!(
                    "nobody knows whether the passwords on the cards `{}` were set: {unanswered}",
                    self.path.display()
                ),
                KEEP,
            )),
        }
    }

    /// Who interrupts this is told that the daemon goes on.
    fn set(&self, set: impl FnOnce() -> Result<Option<Error>>) -> Result<Option<Error>> {
        let path = self.path.clone();
        let _interrupted = interrupts::undo_when_interrupted(move || {
            let _ = writeln!(
                io::stderr(),
                "the daemon may still set the passwords on `{}`: {KEEP}",
                path.display()
            );
        })?;
        set()
    }
}

/// What to do where nobody knows what came of it.
const KEEP: &str =
    "keep the cards, until `jailbuild user list` and `jailbuild audit` show whether it was done";

fn taken(path: &Path) -> Error {
    file::taken(path, "its passwords may be on no other paper: move it away, or name another file")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::site::{Origin, Site};

    #[test]
    fn cards_go_where_the_daemon_refused_and_stay_where_it_did_not_answer() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place {
            socket: folder.path().join("control.sock"),
            appliance: None,
            origin: Origin::Example,
            site: Site::example(),
        };
        let print = Print { paper: Size::default(), language: None };
        let path = folder.path().join("cards.pdf");
        let written = |set: Result<Option<Error>>| {
            CardFile::new(path.clone(), &place, &print).unwrap().write(b"pdf", || set)
        };
        let refused = written(Ok(Some(Error::failed("the disk is full")))).unwrap_err();
        assert_eq!((refused.to_string().as_str(), path.exists()), ("the disk is full", false));
        let unanswered = written(Err(Error::failed("no answer"))).unwrap_err().to_string();
        assert!(unanswered.ends_with("were set: no answer") && path.exists(), "{unanswered}");
    }
}
