//! What was decided about the end of the school year: a list, read.

use std::{collections::BTreeMap, path::Path, str::FromStr};

use xmppd_control::{AccountError, Label, Name};

use crate::{
    error::{Error, Result},
    table::{Columns, Mistakes, Row, Table},
};

pub(super) const COLUMNS: Columns =
    Columns { required: &["class", "to"], optional: &["name", "display-name"] };

/// What stands in the column `to` for those who leave the school.
pub(super) const LEAVERS: &str = "leavers";

/// Where a class or somebody goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Destination {
    /// Into this class; it may be the one they are in.
    Class(Label),
    /// Out of the school.
    Leavers,
}

/// Where a single one goes, and where they stand in the file.
#[derive(Clone, Debug)]
pub(super) struct Single {
    pub(super) line: u64,
    /// From which class, where that is said.
    pub(super) class: Option<Label>,
    pub(super) to: Destination,
}

/// What was decided.
#[derive(Debug)]
pub struct Decided {
    /// Where each class goes.
    pub(super) classes: BTreeMap<Label, (u64, Destination)>,
    /// Where single ones go, whatever their class does.
    pub(super) singles: BTreeMap<Name, Single>,
    pub(super) mistakes: Mistakes,
}

impl Decided {
    /// Reads a file: each row is a whole class, or somebody, by name. Whose row says nothing goes with the class.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a file that is no such list.
    pub fn read(path: &Path) -> Result<Self> {
        Self::of(Table::read(path, COLUMNS)?)
    }

    pub(super) fn of(table: Table) -> Result<Self> {
        if table.is_empty() {
            return Err(Error::configuration(
                "nothing is decided in this list",
                "`jailbuild year-end --template FILE` writes one to be filled in",
            ));
        }
        let Table { rows, mistakes, .. } = table;
        let mut decided = Self { classes: BTreeMap::new(), singles: BTreeMap::new(), mistakes };
        for row in &rows {
            decided.take(row);
        }
        Ok(decided)
    }

    fn take(&mut self, row: &Row) {
        let class = row.value::<Label>("class", &mut self.mistakes);
        let to = row.value::<Destination>("to", &mut self.mistakes);
        if row.cell("name").is_some() {
            let name = row.value::<Name>("name", &mut self.mistakes);
            let Some((name, to)) = name.zip(to) else { return };
            let single = Single { line: row.line, class, to };
            self.only_once(row.line, "name", |decided| Some(decided.singles.insert(name, single)?.line));
        } else {
            if row.cell("to").is_none() {
                let what = format_args!("say to which class they move, or `{LEAVERS}`");
                self.mistakes.push(row.line, "to", what);
            }
            if row.cell("class").is_none() {
                self.mistakes.push(row.line, "class", "say which class, or whose row this is by `name`");
            }
            let Some((class, to)) = class.zip(to) else { return };
            let place = (row.line, to);
            self.only_once(row.line, "class", |decided| Some(decided.classes.insert(class, place)?.0));
        }
    }

    fn only_once(&mut self, line: u64, column: &str, put: impl FnOnce(&mut Self) -> Option<u64>) {
        if let Some(before) = put(self) {
            self.mistakes.push(line, column, format_args!("line {before} has decided about this already"));
        }
    }
}

impl FromStr for Destination {
    type Err = AccountError;

    fn from_str(text: &str) -> std::result::Result<Self, AccountError> {
        if text.eq_ignore_ascii_case(LEAVERS) { Ok(Self::Leavers) } else { text.parse().map(Self::Class) }
    }
}
