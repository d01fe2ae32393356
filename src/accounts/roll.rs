//! A list of new accounts, read from a spreadsheet's file.

use std::{collections::HashMap, path::Path, str::FromStr};

use xmppd_control::{AccountError, Act, BETWEEN_GROUPS, Consent, Kind, Label, Name, Password};

use super::Signed;
use crate::{
    error::{Error, Result},
    table::{Columns, Mistakes, Row, Table},
};

const COLUMNS: Columns =
    Columns { required: &["name"], optional: &["display-name", "kind", "groups", "signed", "slip"] };

/// What is taken where a field is empty.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Defaults {
    /// The kind of accounts whose row says none: child, parent, teacher or administrator.
    #[arg(long, default_value_t)]
    pub kind: Kind,

    /// The version of the slips that were signed, where a row says none.
    #[arg(long, value_name = "VERSION")]
    pub slip: Option<Label>,
}

/// Who is to get an account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Where it stands in the file.
    pub line: u64,
    /// The first part of the address.
    pub name: Name,
    /// What others see, if not the name.
    pub display_name: Option<Label>,
    /// Whose it is.
    pub kind: Kind,
    /// Its roster groups.
    pub groups: Vec<Label>,
    /// What was signed for it.
    pub consent: Option<Consent>,
}

/// A list of new accounts, as far as it could be understood.
#[derive(Debug)]
pub struct Roll {
    /// Who is to get an account.
    pub entries: Vec<Entry>,
    /// What is wrong with the other rows.
    pub mistakes: Mistakes,
}

impl Roll {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a file that is no list of accounts.
    pub fn read(path: &Path, defaults: &Defaults) -> Result<Self> {
        Self::of(Table::read(path, COLUMNS)?, defaults)
    }

    fn of(table: Table, defaults: &Defaults) -> Result<Self> {
        if table.is_empty() {
            return Err(Error::configuration(
                "there is no account in this list",
                "below the names of the columns, each row is an account",
            ));
        }
        let Table { rows, mut mistakes, .. } = table;
        let read = |row: &Row| Entry::read(row, defaults, &mut mistakes);
        let mut entries: Vec<_> = rows.iter().filter_map(read).collect();
        let mut lines = HashMap::new();
        entries.retain(|entry| match lines.insert(entry.name.clone(), entry.line) {
            None => true,
            Some(line) => {
                mistakes.push(
                    entry.line,
                    "name",
                    format_args!("`{}` stands in line {line}, too", entry.name),
                );
                false
            }
        });
        Ok(Self { entries, mistakes })
    }
}

impl Entry {
    /// `None` for a row that is mistaken.
    fn read(row: &Row, defaults: &Defaults, mistakes: &mut Mistakes) -> Option<Self> {
        let before = mistakes.len();
        let name = row.required::<Name>("name", mistakes);
        let display_name = row.value::<Label>("display-name", mistakes);
        let kind = row.value::<AnyCase>("kind", mistakes).map_or(defaults.kind, |AnyCase(kind)| kind);
        let groups = row.value::<Groups>("groups", mistakes).unwrap_or_default().0;
        let consent = consent(row, defaults, mistakes);
        let name = name.filter(|_| mistakes.len() == before)?;
        Some(Self { line: row.line, display_name, name, kind, groups, consent })
    }

    /// What others will see.
    pub fn shown(&self) -> &str {
        self.display_name.as_ref().map_or(self.name.as_str(), Label::as_str)
    }

    /// What the daemon is asked to do.
    pub fn act(&self, password: Password) -> Act {
        let Self { line: _, name, display_name, kind, groups, consent } = self.clone();
        Act::AddUser { name, display_name, kind, groups, password, consent }
    }
}

fn consent(row: &Row, defaults: &Defaults, mistakes: &mut Mistakes) -> Option<Consent> {
    let slip = row.value::<Label>("slip", mistakes);
    let day = row.value::<Signed>("signed", mistakes);
    if row.cell("slip").is_some() && row.cell("signed").is_none() {
        mistakes.push(row.line, "signed", "the day is missing on which the slip was signed");
    }
    let Signed(signed) = day?;
    let slip = slip.or_else(|| defaults.slip.clone());
    if slip.is_none() {
        let what = "which slip was signed? fill in the column `slip`, or add `--slip VERSION` for all";
        mistakes.push(row.line, "slip", what);
    }
    Some(Consent { signed, slip: slip? })
}

/// `Child` and `child`, since spreadsheets put a capital at the beginning.
struct AnyCase(Kind);

/// `4b, Choir`, `4b; Choir`, or `4b|Choir`.
#[derive(Default)]
struct Groups(Vec<Label>);

impl FromStr for AnyCase {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        text.to_lowercase().parse().map(Self)
    }
}

impl FromStr for Groups {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let names = text.split(BETWEEN_GROUPS).map(str::trim).filter(|name| !name.is_empty());
        names.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    fn roll(text: &str, defaults: &Defaults) -> Result<Roll> {
        Roll::of(Table::parse("pupils.csv", text.as_bytes(), COLUMNS)?, defaults)
    }

    #[test]
    fn a_list_from_a_european_spreadsheet() {
        let text = "\u{feff}Name;Display Name;Groups;Signed;Kind\r\n\
                    Juliet;Juliet Capulet;\"4b; Choir\";1.9.2026;\r\n\
                    escalus;;Teachers|4b;;Teacher\r\n";
        let defaults = Defaults { slip: Some("1".parse().unwrap()), ..Defaults::default() };
        let roll = roll(text, &defaults).unwrap();
        insta::assert_debug_snapshot!(roll.entries);
        assert!(roll.mistakes.is_empty());
    }

    #[test]
    fn groups_are_taken_apart_at_whatever_stands_between() {
        for cell in ["4b, Choir", "4b; Choir", "4b|Choir", "4b,Choir,", " 4b ;, Choir"] {
            let text = format!("name,kind,groups\nnurse,teacher,\"{cell}\"\n");
            let roll = roll(&text, &Defaults::default()).unwrap();
            assert_eq!(roll.entries[0].groups, ["4b", "Choir"].map(|name| name.parse().unwrap()), "{cell}");
        }
    }

    #[test]
    fn every_mistake_is_told_with_row_and_column() {
        let text = "name,display-name,kind,groups,signed,slip\n\
                    juliet@school.test,,pupil,,9/1/2026,1\n\
                    ,Romeo,,,2026-09-01,\n\
                    tybalt,,,,,1\n\
                    rosaline,,,,2026-09-01,1\n\
                    ROSALINE,,,,2026-09-01,1\n";
        let roll = roll(text, &Defaults::default()).unwrap();
        assert_eq!(roll.entries.len(), 1);
        insta::assert_snapshot!(roll.mistakes);
    }

    #[test]
    fn a_row_that_is_none_is_a_mistake_of_its_own() {
        let text = "name,kind\njuliet,parent,x\nnurse,parent\n";
        let roll = roll(text, &Defaults::default()).unwrap();
        assert_eq!(roll.entries.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["nurse"]);
        assert_eq!(
            roll.mistakes.to_string(),
            "pupils.csv:2: `x` is in no column: a field that holds separators is to be quoted"
        );
    }

    #[test]
    fn a_list_of_nobody_is_a_mistake() {
        let error = roll("name,kind\n", &Defaults::default()).unwrap_err();
        assert_eq!((error.exit_code(), error.to_string().as_str()), (3, "there is no account in this list"));
    }
}
