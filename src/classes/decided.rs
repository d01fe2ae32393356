//! What was decided about the end of the school year: a list, read.

use std::{collections::BTreeMap, path::Path, str::FromStr};

use xmppd_control::{AccountError, BETWEEN_GROUPS, LEAVERS, Label, Name};

use crate::{
    digest::Sha256,
    error::{Error, Result},
    host::file,
    table::{Columns, Mistakes, Row, Table},
};

const COLUMNS: Columns = Columns { required: &["class", "to"], optional: &["name", "display-name"] };

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
    /// By what the same list is known again.
    pub digest: Sha256,
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
        let bytes = file::read_named("the list", path)?;
        Self::parse(&path.display().to_string(), &bytes)
    }

    /// Understands what is in a file of this name.
    pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        let table = Table::parse(name, bytes, COLUMNS)?;
        if table.is_empty() {
            return Err(Error::configuration(
                "nothing is decided in this list",
                "`jailbuild year-end --template FILE` writes one to be filled in",
            ));
        }
        let Table { rows, mistakes, .. } = table;
        let digest = Sha256::of(bytes);
        let mut decided = Self { digest, classes: BTreeMap::new(), singles: BTreeMap::new(), mistakes };
        for row in &rows {
            decided.take(row);
        }
        Ok(decided)
    }

    fn take(&mut self, row: &Row) {
        let class = row.value::<Label>("class", &mut self.mistakes);
        if class.as_ref().is_some_and(|class| means_leavers(class.as_str())) {
            let what = "this stands for those who leave, and is no class: `jailbuild group rename` gives it another name";
            self.mistakes.push(row.line, "class", what);
            return;
        }
        let to = row.value::<Destination>("to", &mut self.mistakes);
        if to.as_ref().is_some_and(|to| to.is_several() && !to.is(class.as_ref())) {
            let what = "this is several classes, and one row leads into one";
            self.mistakes.push(row.line, "to", what);
            return;
        }
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

/// Whether this is no class, but those who leave the school.
pub(super) fn means_leavers(text: &str) -> bool {
    text.eq_ignore_ascii_case(LEAVERS)
}

impl Destination {
    /// Whether it is shown as if it were several.
    fn is_several(&self) -> bool {
        matches!(self, Self::Class(class) if class.as_str().contains(BETWEEN_GROUPS))
    }

    fn is(&self, class: Option<&Label>) -> bool {
        matches!(self, Self::Class(to) if Some(to) == class)
    }
}

impl FromStr for Destination {
    type Err = AccountError;

    fn from_str(text: &str) -> std::result::Result<Self, AccountError> {
        if means_leavers(text) { Ok(Self::Leavers) } else { text.parse().map(Self::Class) }
    }
}
