//! Lists as spreadsheets save them: CSV with a line of column names, separated by commas, semicolons or tabs.
//!
//! | file | what it holds |
//! |---|---|
//! | `encoding` | the text of a file, whatever marks a spreadsheet put before it |
//! | `mistakes` | what is wrong with a list, all of it at once, each with its line |
//! | `row` | a line, by the names of its columns |
//! | `sheet` | a list to be opened by a spreadsheet |

mod encoding;
mod mistakes;
mod row;
mod sheet;

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

pub use self::{mistakes::Mistakes, row::Row, sheet::sheet};
use crate::{error::Result, host::file};

/// The columns that a list may have, by their names, in small letters with `-` for a space.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    /// Those that each list has.
    pub required: &'static [&'static str],
    /// Those that may be missing.
    pub optional: &'static [&'static str],
}

/// A list that was read: its lines in the order of the file, without the empty and the mistaken ones.
#[derive(Debug)]
pub struct Table {
    /// The lines below the one of the columns' names.
    pub rows: Vec<Row>,
    /// The columns that are there.
    pub columns: Vec<&'static str>,
    /// What is wrong with the other lines, whatever a value means.
    pub mistakes: Mistakes,
}

impl Table {
    /// Reads a file.
    ///
    /// # Errors
    /// [`crate::Error::Configuration`] for what is no list of these columns.
    pub fn read(path: &Path, columns: Columns) -> Result<Self> {
        let bytes = file::read_named("the list", path)?;
        Self::parse(&path.display().to_string(), &bytes, columns)
    }

    /// Understands what is in a file of this name.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn parse(name: &str, bytes: &[u8], known: Columns) -> Result<Self> {
        let text = encoding::decode(name, bytes)?;
        let encoding::Text { body, separator, lines_before } = encoding::separated(text);
        let mut records = ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .from_reader(body.as_bytes())
            .into_records()
            .map_while(std::result::Result::ok);
        let columns = known.find(records.next().as_ref(), 1 + lines_before, name)?;
        let mut mistakes = Mistakes::of(name);
        let mut rows = Vec::new();
        for record in records.filter(|record| !record.iter().all(|cell| cell.trim().is_empty())) {
            let line = lines_before + line_of(&record, body);
            rows.extend(Row::new(line, &record, &columns, &mut mistakes));
        }
        Ok(Self { rows, columns: columns.into_iter().flatten().collect(), mistakes })
    }

    /// Whether there is no line in it, not even a mistaken one.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.mistakes.is_empty()
    }
}

impl Columns {
    /// Which column stands at which place; columns without a name hold nothing.
    fn find(self, header: Option<&StringRecord>, line: u64, file: &str) -> Result<Vec<Option<&'static str>>> {
        let mut mistakes = Mistakes::of(file);
        let mut found = Vec::new();
        for title in header.into_iter().flatten() {
            let plain = plain(title);
            let column = self.all().find(|column| *column == plain);
            if column.is_some() && found.contains(&column) {
                mistakes.push(line, plain.as_str(), "there are two columns of this name");
            } else if column.is_none() && !plain.is_empty() {
                mistakes.push(line, title.trim(), format_args!("no such column is known: {self}"));
            }
            found.push(column);
        }
        for missing in self.required.iter().filter(|column| !found.contains(&Some(**column))) {
            let what = "there is no column of this name; the first line holds the names of the columns";
            mistakes.push(line, *missing, what);
        }
        mistakes.none()?;
        Ok(found)
    }

    fn all(self) -> impl Iterator<Item = &'static str> {
        self.required.iter().chain(self.optional).copied()
    }
}

impl std::fmt::Display for Columns {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.all().collect::<Vec<_>>().join(", "))
    }
}

/// In which line a record begins: the reader counts from before the line feed of a line that ends as Windows has it.
fn line_of(record: &StringRecord, body: &str) -> u64 {
    let (_, rest) = body.split_at(
        record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or_default()),
    );
    let before = body.len() - rest.trim_start_matches(['\r', '\n']).len();
    1 + memchr::memchr_iter(b'\n', &body.as_bytes()[..before]).count() as u64
}

/// `Display Name`, `display_name` and `display-name` are the same column.
fn plain(title: &str) -> String {
    title.trim().to_lowercase().replace([' ', '_'], "-")
}

#[cfg(test)]
mod tests;
