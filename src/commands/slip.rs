//! `jailbuild slip`: what parents sign.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::school;
use crate::{
    console::Console,
    error::{Error, Result},
    host::file,
    paper::Size,
    site::{Folder, Language, Site},
    texts::{Slip, Texts, Version},
};

/// Make the permission slip for parents, as a PDF to print: one for each of the school's `languages`.
///
/// It says what the chat is and is not, who can be reached, what is stored, and how to have an account removed, and has places
/// for names, date and signatures. `jailbuild texts` writes its text into the site, to be changed or translated. Each slip bears the version
/// of its text, which the record of a consent names.
///
/// For example: `jailbuild slip --paper letter --out slip.pdf`
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// The size of the paper.
    #[arg(long, value_enum, default_value_t)]
    pub paper: Size,

    /// The language, where the school has several.
    #[arg(long, value_name = "LANG")]
    pub language: Option<String>,

    /// Where to write it, for one language [default: slip-LANG.pdf]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Make it, say what would be written, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// What was made.
#[derive(Clone, Debug, Serialize)]
struct Slips {
    slips: Vec<Made>,
    #[serde(rename = "dry-run")]
    dry_run: bool,
}

/// One language's.
#[derive(Clone, Debug, Serialize)]
struct Made {
    language: Language,
    version: Version,
    paper: Size,
    path: PathBuf,
}

/// Makes the slips, all of them before the first is written.
///
/// # Errors
/// [`Error::Configuration`] for a text that will not do.
pub fn run(arguments: &Arguments, named: Option<&Path>, console: &Console) -> Result<u8> {
    let (origin, site) = school(named, console)?;
    let languages = languages(arguments, &site)?;
    if let Some(path) = &arguments.out {
        require_new(path)?;
    }
    let slips = languages.iter().map(|language| slip(arguments, &site, &origin.folder(), language, console));
    let slips = slips.collect::<Result<Vec<_>>>()?;
    if !arguments.dry_run {
        slips.iter().try_for_each(|(made, pdf)| write(&made.path, pdf, arguments.out.is_some()))?;
    }
    let slips = slips.into_iter().map(|(made, _)| made).collect();
    console.show(&Slips { slips, dry_run: arguments.dry_run })
}

fn require_new(path: &Path) -> Result<()> {
    if path.symlink_metadata().is_ok() { Err(taken(path)) } else { file::require_folder(path) }
}

/// What is at a path that somebody named may be anything: cards, for instance.
fn write(path: &Path, pdf: &[u8], is_named: bool) -> Result<()> {
    if !is_named {
        return file::write(path, pdf, file::PUBLIC);
    }
    if file::write_new(path, pdf, file::PUBLIC)? {
        return Ok(());
    }
    Err(taken(path))
}

fn taken(path: &Path) -> Error {
    file::taken(path, "move it away, or name another file")
}

fn languages(arguments: &Arguments, site: &Site) -> Result<Vec<Language>> {
    if let Some(language) = &arguments.language {
        return Ok(vec![Language::parse(language)?]);
    }
    if arguments.out.is_some() && site.languages.len() > 1 {
        return Err(Error::configuration(
            "`--out` names one file, and the school has several languages",
            "add `--language LANG`, or leave `--out` away",
        ));
    }
    Ok(site.languages.clone())
}

fn slip(
    arguments: &Arguments,
    site: &Site,
    folder: &Folder,
    language: &Language,
    console: &Console,
) -> Result<(Made, Vec<u8>)> {
    let slip = Slip::read(&Texts::of(folder), site, language)?;
    if slip.claims_to_be_shipped(site, language)? {
        console.note(format_args!(
            "the text of the slip in `{language}` is the school's own, but its version is still `{}`, which is that of the shipped one: \
             give it another in `slip.toml`",
            slip.version
        ));
    }
    let version = slip.version.clone();
    let path = arguments.out.clone().unwrap_or_else(|| format!("slip-{language}.pdf").into());
    let pdf = slip.document(language, arguments.paper).pdf()?;
    Ok((Made { language: language.clone(), version, paper: arguments.paper, path }, pdf))
}

impl fmt::Display for Slips {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wrote = if self.dry_run { "would write" } else { "wrote" };
        for (index, Made { language, version, path, .. }) in self.slips.iter().enumerate() {
            let end = if index > 0 { "\n" } else { "" };
            write!(
                formatter,
                "{end}{wrote} `{}`: the permission slip, version {version}, in `{language}`",
                path.display()
            )?;
        }
        Ok(())
    }
}
