//! A list to be opened by a spreadsheet.

use std::borrow::Cow;

use csv::{QuoteStyle, Terminator, WriterBuilder};

use crate::error::{Context, Result};

/// What a spreadsheet takes for the beginning of a formula, which may do more than calculate.
pub(super) const CALCULATES: [char; 4] = ['=', '+', '-', '@'];

/// A list as CSV: with the mark by which Excel knows UTF-8, and with no field that it would calculate.
pub fn sheet<'a>(columns: &[&str], rows: impl IntoIterator<Item = Vec<&'a str>>) -> Result<Vec<u8>> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .quote_style(QuoteStyle::Necessary)
        .from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(columns).doing("write a list")?;
    for row in rows {
        writer.write_record(row.into_iter().map(|cell| harmless(cell).into_owned())).doing("write a list")?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error).doing("write a list")
}

fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(CALCULATES) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}
