//! What is wrong with `xmppd.toml`, and where.

use std::{fmt, io, path::PathBuf};

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The text is not acceptable.
    #[error("`{}`, {mistake}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What and where.
        mistake: Box<Mistake>,
    },
    /// The file cannot be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word.
        error: io::Error,
    },
}

/// One mistake in a text, with its place.
#[derive(Debug)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What to write instead, where something is known.
    pub hint: Option<String>,
    /// The line's text.
    excerpt: String,
}

impl ConfigError {
    /// What to do about it, where something is known.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Invalid { mistake, .. } => mistake.hint.as_deref(),
            Self::Unreadable { .. } => Some("`--config` names the file"),
        }
    }
}

impl Mistake {
    /// Takes the place from the parser.
    pub(super) fn new(text: &str, error: &toml::de::Error) -> Self {
        Self::at(text, error.span().map_or(0, |span| span.start), error.message())
    }

    /// At that byte of the text; the message's second line is the hint.
    pub(super) fn at(text: &str, offset: usize, message: &str) -> Self {
        let before = text.get(..offset).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let (what, hint) = match message.split_once('\n') {
            Some((what, hint)) => (what, Some(hint.to_owned())),
            None => (message, None),
        };
        Self {
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            what: what.to_owned(),
            hint,
            excerpt: text[start..].lines().next().unwrap_or_default().to_owned(),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, what, excerpt, .. } = self;
        let number = line.to_string();
        writeln!(formatter, "line {line}, column {column}: {what}")?;
        writeln!(formatter, "  {number} | {excerpt}")?;
        write!(formatter, "  {:1$} | {2:3$}^", "", number.len(), "", column - 1)
    }
}
