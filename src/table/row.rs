//! A line, by the names of its columns.

use std::{fmt::Display, str::FromStr};

use csv::StringRecord;

use super::{Mistakes, sheet::as_it_was};

/// A line of a list. A field that holds nothing but spaces is empty.
#[derive(Debug)]
pub struct Row {
    /// Where it begins in the file.
    pub line: u64,
    cells: Vec<(&'static str, String)>,
}

impl Row {
    /// A mistaken one is none.
    pub(super) fn new(
        line: u64,
        record: &StringRecord,
        columns: &[Option<&'static str>],
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let before = mistakes.len();
        let mut cells = Vec::new();
        for (place, text) in record.iter().map(str::trim).enumerate().filter(|(_, text)| !text.is_empty()) {
            match columns.get(place).copied().flatten() {
                Some(column) if text.contains(['\n', '\r']) => {
                    let last = line + memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64;
                    let what =
                        format_args!("this field goes on to line {last}: is a quotation mark missing?");
                    mistakes.push(line, column, what);
                }
                Some(column) => cells.push((column, as_it_was(text))),
                None => mistakes.push(
                    line,
                    "",
                    format_args!(
                        "`{}` is in no column: a field that holds separators is to be quoted",
                        text.escape_debug()
                    ),
                ),
            }
        }
        (mistakes.len() == before).then_some(Self { line, cells })
    }

    /// The text of a field, unless it is empty, or there is no such column.
    pub fn cell(&self, column: &str) -> Option<&str> {
        self.cells.iter().find(|(name, _)| *name == column).map(|(_, text)| text.as_str())
    }

    /// The value of a field, unless it is empty or mistaken.
    pub fn value<T: FromStr<Err: Display>>(&self, column: &str, mistakes: &mut Mistakes) -> Option<T> {
        match self.cell(column)?.parse() {
            Ok(value) => Some(value),
            Err(why) => {
                mistakes.push(self.line, column, why);
                None
            }
        }
    }

    /// The value of a field that may not be empty.
    pub fn required<T: FromStr<Err: Display>>(&self, column: &str, mistakes: &mut Mistakes) -> Option<T> {
        if self.cell(column).is_none() {
            mistakes.push(self.line, column, "this field is empty");
        }
        self.value(column, mistakes)
    }
}
