//! What can go wrong, grouped by whose it is to mend, each group with its exit code.

use std::{any::Any, fmt, path::Path};

use miette::{Diagnostic, NamedSource, SourceSpan};

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error as the administrator meets it: what happened and where, and what to do about it.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The site's file, a list, a template or an option's value is not acceptable; nothing was written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Configuration(Box<Misconfiguration>),

    /// This machine lacks something, or does not allow it.
    #[error("{what}")]
    #[diagnostic(code(jailbuild::host))]
    Host {
        /// What is missing, and for what it is needed.
        what: String,
        /// What to type to mend it.
        #[help]
        hint: String,
    },

    /// A digest or a signature does not hold: do not use this file.
    #[error("{what}")]
    #[diagnostic(code(jailbuild::untrusted))]
    Untrusted {
        /// Which file, and both digests or the key.
        what: String,
        /// How to get a good one, or to say that it is trusted.
        #[help]
        hint: String,
    },

    /// A step did not do what it should have done.
    #[error("{what}")]
    #[diagnostic(code(jailbuild::failed))]
    Failed {
        /// What was being done, then what happened: outermost first, joined by `: `.
        what: String,
        /// What to do about it, where something is known.
        #[help]
        hint: Option<String>,
    },
}

/// A mistake in a file or an option that the administrator wrote.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{what}")]
#[diagnostic(code(jailbuild::configuration))]
pub struct Misconfiguration {
    /// What is wrong.
    pub what: String,
    /// The file's name and text, where the mistake is in a file.
    #[source_code]
    pub source_code: Option<NamedSource<String>>,
    /// The place in that text.
    #[label("here")]
    pub at: Option<SourceSpan>,
    /// What to write instead.
    #[help]
    pub hint: Option<String>,
}

impl Error {
    /// A mistake outside any file, such as an option's value.
    pub fn configuration(what: impl fmt::Display, hint: impl fmt::Display) -> Self {
        Self::Configuration(Box::new(Misconfiguration {
            what: what.to_string(),
            source_code: None,
            at: None,
            hint: Some(hint.to_string()),
        }))
    }

    /// Something that this machine lacks.
    pub fn host(what: impl fmt::Display, hint: impl fmt::Display) -> Self {
        Self::Host { what: what.to_string(), hint: hint.to_string() }
    }

    /// A digest or signature that does not hold.
    pub fn untrusted(what: impl fmt::Display, hint: impl fmt::Display) -> Self {
        Self::Untrusted { what: what.to_string(), hint: hint.to_string() }
    }

    /// A step that failed.
    pub fn failed(what: impl fmt::Display) -> Self {
        Self::Failed { what: what.to_string(), hint: None }
    }

    /// A step that failed, with advice.
    pub fn failed_with_hint(what: impl fmt::Display, hint: impl fmt::Display) -> Self {
        Self::Failed { what: what.to_string(), hint: Some(hint.to_string()) }
    }

    /// The same error in other words: whose it is to mend, its place and its hint stay.
    fn saying(self, what: String) -> Self {
        match self {
            Self::Configuration(mistake) => {
                Self::Configuration(Box::new(Misconfiguration { what, ..*mistake }))
            }
            Self::Host { hint, .. } => Self::Host { what, hint },
            Self::Untrusted { hint, .. } => Self::Untrusted { what, hint },
            Self::Failed { hint, .. } => Self::Failed { what, hint },
        }
    }

    /// The exit code of the process, as README.md documents it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Failed { .. } => 1,
            Self::Configuration(_) => 3,
            Self::Untrusted { .. } => 5,
            Self::Host { .. } => 6,
        }
    }
}

/// Adds one phrase to an error on its way up.
pub trait Context<T> {
    /// Says what was being done: `cannot DOING: CAUSE`.
    fn doing(self, doing: impl fmt::Display) -> Result<T>;

    /// Says what was being done to a file: `cannot DOING `PATH`: CAUSE`.
    fn doing_to(self, doing: &str, path: &Path) -> Result<T>
    where
        Self: Sized,
    {
        self.doing(format_args!("{doing} `{}`", path.display()))
    }
}

impl<T, E: Any + fmt::Display> Context<T> for std::result::Result<T, E> {
    fn doing(self, doing: impl fmt::Display) -> Result<T> {
        self.map_err(|cause| {
            let what = format!("cannot {doing}: {cause}");
            match (Box::new(cause) as Box<dyn Any>).downcast::<Error>() {
                Ok(error) => error.saying(what),
                Err(_) => Error::Failed { what, hint: None },
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_changes_neither_the_kind_of_an_error_nor_its_hint() {
        let lacking: Result<()> = Err(Error::host("no `nft`", "install it"));
        let Err(Error::Host { what, hint }) = lacking.doing("load the rules") else { panic!("another kind") };
        assert_eq!((what.as_str(), hint.as_str()), ("cannot load the rules: no `nft`", "install it"));
    }

    #[test]
    fn a_foreign_error_becomes_a_step_that_failed() {
        let missing: std::result::Result<(), _> = Err(std::io::Error::from(std::io::ErrorKind::NotFound));
        let error = missing.doing_to("read", Path::new("/x")).expect_err("it failed");
        assert_eq!(
            (error.exit_code(), error.to_string().as_str()),
            (1, "cannot read `/x`: entity not found")
        );
    }
}
