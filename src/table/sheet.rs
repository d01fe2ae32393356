//! A list to be opened by a spreadsheet.

use std::iter::repeat_n;

use csv::{QuoteStyle, Terminator, WriterBuilder};

use crate::error::{Context, Result};

/// What a spreadsheet takes for the beginning of a formula, which may do more than calculate; wide ones are as good to it.
const CALCULATES: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Where a spreadsheet may begin another field, whatever stands between the fields of a list: in much of Europe, Excel takes
/// `;` alone, and a quotation mark counts for it only at a beginning.
const SEPARATES: [char; 6] = [',', ';', '|', '\t', '\r', '\n'];

/// What is a text if it begins with this.
const MARK: char = '\'';

/// A list as CSV (RFC 4180): with the mark by which Excel knows UTF-8, and with nothing that any spreadsheet would calculate.
///
/// Commas stand between the fields. No separator is that of every Excel, and the line `sep=,` would have it forget UTF-8.
pub fn sheet<'a>(columns: &[&str], rows: impl IntoIterator<Item = Vec<&'a str>>) -> Result<Vec<u8>> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .quote_style(QuoteStyle::Necessary)
        .from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(columns).doing("write a list")?;
    for row in rows {
        writer.write_record(row.into_iter().map(harmless)).doing("write a list")?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error).doing("write a list")
}

/// With a mark, or one more, before each beginning of a formula.
fn harmless(cell: &str) -> String {
    with_marks(cell, |marks| marks + 1)
}

/// What was made harmless as it was before.
pub(super) fn as_it_was(cell: &str) -> String {
    with_marks(cell, |marks| marks.saturating_sub(1))
}

/// The same with so many marks before each beginning of a formula, for those that are there.
fn with_marks(cell: &str, change: impl Fn(usize) -> usize) -> String {
    let mut text = String::with_capacity(cell.len() + 1);
    let mut begins = true;
    let mut rest = cell;
    while let Some(next) = rest.chars().next() {
        let unmarked = rest.trim_start_matches(MARK);
        if begins && unmarked.starts_with(CALCULATES) {
            text.extend(repeat_n(MARK, change(rest.len() - unmarked.len())));
            (rest, begins) = (unmarked, false);
            continue;
        }
        text.push(next);
        rest = &rest[next.len_utf8()..];
        begins = SEPARATES.contains(&next) || begins && [' ', '"'].contains(&next);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_the_beginning_of_a_formula_and_comes_back_as_it_was() {
        for (cell, written) in [
            ("Zoë Ek-Å; O'Hara, 4b", "Zoë Ek-Å; O'Hara, 4b"),
            ("=1", "'=1"),
            ("'=1", "''=1"),
            ("\t=1", "'\t'=1"),
            ("＝1", "'＝1"),
            ("Zoë;=1", "Zoë;'=1"),
            ("Zoë; \"@1\t+1\n-1", "Zoë; \"'@1\t'+1\n'-1"),
            ("Zoë,'-1|''+1", "Zoë,''-1|'''+1"),
        ] {
            assert_eq!(harmless(cell), written);
            assert_eq!(as_it_was(written), cell);
        }
    }
}
