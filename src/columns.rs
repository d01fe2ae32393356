//! Texts in columns, as they are shown on a terminal.

use unicode_width::UnicodeWidthStr as _;

/// Between two columns.
const GAP: usize = 2;

/// Titles and rows below each other, each column as wide as it has to be.
pub fn columns<const N: usize>(titles: [&str; N], rows: &[[String; N]]) -> String {
    let titles = titles.map(str::to_owned);
    let lines: Vec<_> = std::iter::once(&titles).chain(rows).collect();
    let widths: [usize; N] = std::array::from_fn(|column| {
        lines.iter().map(|line| line[column].width()).max().unwrap_or_default() + GAP
    });
    let lines: Vec<_> = lines.into_iter().map(|line| set(line, widths)).collect();
    lines.join("\n")
}

fn set<const N: usize>(cells: &[String; N], widths: [usize; N]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(cell);
        line.push_str(&" ".repeat(width - cell.width()));
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn columns_stand_below_each_other() {
        let row = |one: &str, other: &str| [one.to_owned(), other.to_owned()];
        let shown = columns(["name", "groups"], &[row("李雷", "4b"), row("juliet", "")]);
        assert_eq!(shown, "name    groups\n李雷    4b\njuliet");
    }
}
