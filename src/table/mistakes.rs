//! What is wrong with a list, all of it at once, each with its line.

use std::fmt;

use crate::error::{Error, Result};

/// What is wrong with a list.
#[derive(Debug)]
pub struct Mistakes {
    file: String,
    found: Vec<Found>,
}

#[derive(Debug)]
struct Found {
    line: u64,
    column: String,
    what: String,
}

impl Mistakes {
    /// None yet, in this file.
    pub fn of(file: &str) -> Self {
        Self { file: file.to_owned(), found: Vec::new() }
    }

    /// Remembers one: in this line, in this column, or in the whole line where the column is empty.
    pub fn push(&mut self, line: u64, column: impl Into<String>, what: impl fmt::Display) {
        self.found.push(Found { line, column: column.into(), what: what.to_string() });
    }

    /// Whether there is one.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Nothing is wrong.
    ///
    /// # Errors
    /// [`Error::Configuration`] that tells every mistake, in the order of the lines.
    pub fn none(self) -> Result<()> {
        let what = match self.found.as_slice() {
            [] => return Ok(()),
            [_] => self.to_string(),
            several => format!("`{}` has {} mistakes:\n{self}", self.file, several.len()),
        };
        Err(Error::configuration(what, "nothing was done; mend the file, and try again"))
    }
}

/// One a line, in the order of the lines: `pupils.csv:3: signed: …`.
impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut found: Vec<_> = self.found.iter().collect();
        found.sort_by_key(|found| found.line);
        for (place, Found { line, column, what }) in found.into_iter().enumerate() {
            let end = if place == 0 { "" } else { "\n" };
            let colon = if column.is_empty() { "" } else { ": " };
            write!(formatter, "{end}{}:{line}: {column}{colon}{what}", self.file)?;
        }
        Ok(())
    }
}
