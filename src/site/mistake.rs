//! What is wrong with a value, and where in the file it stands.

use std::{ops::Range, path::Path};

use miette::NamedSource;

use crate::error::{Error, Misconfiguration};

/// What is wrong with a value, before it is known where the value came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mistake {
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub hint: String,
}

impl Mistake {
    /// A mistake, and how to mend it.
    pub fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

/// A mistake in an option's value.
impl From<Mistake> for Error {
    fn from(mistake: Mistake) -> Self {
        Self::configuration(mistake.what, mistake.hint)
    }
}

/// What is wrong with a value that a room below was given.
impl From<Error> for Mistake {
    fn from(error: Error) -> Self {
        match error {
            Error::Configuration(mistake) => Self::new(mistake.what, mistake.hint.unwrap_or_default()),
            other => Self::new(other.to_string(), "see `jailbuild check --help`"),
        }
    }
}

/// A file's name and text, for errors that point into it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) path: &'a Path,
    pub(crate) text: &'a str,
}

impl Source<'_> {
    /// The mistake, pointing at its place in bytes.
    pub(crate) fn mistake(&self, at: Range<usize>, mistake: Mistake) -> Error {
        let name = self.path.display().to_string();
        Error::Configuration(Box::new(Misconfiguration {
            what: mistake.what,
            source_code: Some(NamedSource::new(name, self.text.to_owned()).with_language("TOML")),
            at: Some(at.into()),
            hint: Some(mistake.hint),
        }))
    }
}
