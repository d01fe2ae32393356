//! `jailbuild texts`: the words of what is printed, to be changed.

use std::{fmt, path::Path};

use serde::Serialize;

use super::school;
use crate::{
    console::Console,
    error::Result,
    site::Language,
    texts::{Offered, Texts},
};

/// Write the texts of slip and cards into the site, to be changed or translated.
///
/// They go to `site/texts/LANG/`, for each of the school's `languages`. Those that are there stay as they are. What you do not want to
/// change, remove: the shipped text is taken then, and comes new with each version of this program.
///
/// For example: `jailbuild texts --language fr`
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// The language, instead of the school's.
    #[arg(long, value_name = "LANG")]
    pub language: Option<String>,

    /// Say what would be written, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// What was written, and what was there.
#[derive(Clone, Debug, Serialize)]
struct Written {
    texts: Vec<Offered>,
    #[serde(rename = "dry-run")]
    dry_run: bool,
}

/// Writes the texts.
///
/// # Errors
/// [`crate::Error::Configuration`] for what is not a language, [`crate::Error::Failed`] if the site cannot be written.
pub fn run(arguments: &Arguments, named: Option<&Path>, console: &Console) -> Result<u8> {
    let (origin, site) = school(named, console)?;
    let languages = match &arguments.language {
        Some(language) => vec![Language::parse(language)?],
        None => site.languages,
    };
    let texts = Texts::of(&origin.folder());
    let offered = languages.iter().map(|language| texts.offer(language, arguments.dry_run));
    let offered = offered.collect::<Result<Vec<_>>>()?;
    console.show(&Written { texts: offered.concat(), dry_run: arguments.dry_run })
}

impl fmt::Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, text) in self.texts.iter().enumerate() {
            let end = if index > 0 { "\n" } else { "" };
            let path = text.path.display();
            match (text.new, self.dry_run) {
                (false, _) => write!(formatter, "{end}left `{path}` as it is")?,
                (true, true) => write!(formatter, "{end}would write `{path}`")?,
                (true, false) if text.to_translate => {
                    write!(formatter, "{end}wrote `{path}`, in English: translate it")?;
                }
                (true, false) => write!(formatter, "{end}wrote `{path}`")?,
            }
        }
        Ok(())
    }
}
