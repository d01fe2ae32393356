//! Lists as they come from spreadsheets.

use super::*;
use crate::error::Error;

const COLUMNS: Columns = Columns { required: &["name"], optional: &["display-name", "born"] };

/// The line of a row, and what stands in its columns.
type Cells = (u64, Option<String>, Option<String>);

fn cells(bytes: &[u8]) -> Result<Vec<Cells>> {
    let Table { rows, mistakes, .. } = Table::parse("pupils.csv", bytes, COLUMNS)?;
    mistakes.none()?;
    let cell = |row: &Row, column| row.cell(column).map(str::to_owned);
    Ok(rows.iter().map(|row| (row.line, cell(row, "name"), cell(row, "display-name"))).collect())
}

fn one(line: u64, name: &str, display_name: &str) -> Vec<Cells> {
    vec![(line, Some(name.to_owned()), Some(display_name.to_owned()))]
}

#[test]
fn lists_of_all_spreadsheets_are_the_same_list() {
    for text in [
        "name,display-name\nzoe,Zoë Ek\n",
        "name,display-name\r\nzoe,Zoë Ek",
        "\u{feff}Name;Display Name\r\nzoe;\"Zoë Ek\"\r\n;\r\n",
        "DISPLAY_NAME\tname\nZoë Ek\t zoe \n\t\n",
        "name,display-name,\nzoe,Zoë Ek,\n,,\n",
    ] {
        assert_eq!(cells(text.as_bytes()).expect("it is a list"), one(2, "zoe", "Zoë Ek"), "{text:?}");
    }
    let told = cells("sep=;\r\nname;display-name\r\n\r\nzoe;Zoë Ek\r\n".as_bytes());
    assert_eq!(told.expect("it is a list"), one(4, "zoe", "Zoë Ek"));
}

#[test]
fn quoted_fields_hold_separators_and_quotation_marks() {
    let text = "name,display-name\nzoe,\"Ek, \"\"Zoë\"\"\"\n";
    assert_eq!(cells(text.as_bytes()).expect("it is a list"), one(2, "zoe", "Ek, \"Zoë\""));
}

#[test]
fn a_short_line_has_empty_fields() {
    let found = cells(b"name,display-name\nzoe\n").expect("it is a list");
    assert_eq!(found, [(2, Some("zoe".to_owned()), None)]);
}

fn refusal(text: &str) -> String {
    let error = cells(text.as_bytes()).expect_err("it is mistaken");
    assert!(matches!(error, Error::Configuration(_)));
    error.to_string()
}

#[test]
fn wrong_columns_are_told_before_all_else() {
    assert_eq!(
        refusal("nam,display-name,display name\nzoe,Zoë,,x\n").lines().collect::<Vec<_>>(),
        [
            "`pupils.csv` has 3 mistakes:",
            "pupils.csv:1: nam: no such column is known: name, display-name, born",
            "pupils.csv:1: display-name: there are two columns of this name",
            "pupils.csv:1: name: there is no column of this name; the first line holds the names of the columns",
        ]
    );
    assert!(refusal("").starts_with("pupils.csv:1: name: there is no column of this name"));
}

#[test]
fn all_mistakes_are_told_at_once() {
    assert_eq!(
        refusal("name,display-name\nzoe,Zoë,,x\n\"tom,T\nmax,M\n").lines().collect::<Vec<_>>(),
        [
            "`pupils.csv` has 2 mistakes:",
            "pupils.csv:2: `x` is in no column: a field that holds separators is to be quoted",
            "pupils.csv:3: name: this field goes on to line 4: is a quotation mark missing?",
        ]
    );
}

#[test]
fn mistaken_values_are_told_with_their_places() {
    let table = Table::parse("p.csv", b"name,born\nx,1999\n,soon\ny,\n", COLUMNS).expect("it is a list");
    let Table { rows, mut mistakes, .. } = table;
    let mut born = |row: &Row| {
        row.required::<String>("name", &mut mistakes)?;
        row.value::<u32>("born", &mut mistakes)
    };
    let years: Vec<_> = rows.iter().map(&mut born).collect();
    assert_eq!(years, [Some(1999), None, None]);
    assert_eq!(mistakes.none().expect_err("one is empty").to_string(), "p.csv:3: name: this field is empty");
}

#[test]
fn what_is_written_is_read_back_and_calculates_nothing() {
    let calculates = "=HYPERLINK(\"x\");\"=HYPERLINK(\"x\")";
    let written = sheet(&["name", "display-name"], [vec!["zoe", calculates]]).expect("it is plain");
    assert_eq!(
        str::from_utf8(&written).expect("it is UTF-8"),
        "\u{feff}name,display-name\r\nzoe,\"'=HYPERLINK(\"\"x\"\");\"\"'=HYPERLINK(\"\"x\"\")\"\r\n"
    );
    assert_eq!(cells(&written).expect("it is a list"), one(2, "zoe", calculates));
}
