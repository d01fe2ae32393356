//! Which base files a flavour of the image gets besides what the daemon needs, and why: `pkg-lists/`.

use std::{
    fmt,
    path::{Component, Path, PathBuf},
    str::FromStr,
};

use miette::{NamedSource, SourceSpan};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Misconfiguration, Result},
    target::Target,
};

/// How much goes into an image.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flavour {
    /// A shell and a few tools as well, for looking around.
    Debug,
    /// The daemon, and what it cannot start without.
    #[default]
    Minimal,
}

/// The entries of one list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PkgList {
    /// In the list's order.
    pub entries: Vec<Entry>,
}

/// A file of the base that goes into the image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Where it is, in the base and in the image: absolute and without `..`.
    pub path: PathBuf,
    /// Why it goes in.
    pub why: String,
    /// The system whose images it goes into; `None` for all.
    pub system: Option<Condition>,
}

/// The systems that entries can be limited to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Condition {
    /// `[freebsd]`
    FreeBsd,
    /// `[linux]`
    Linux,
}

impl Flavour {
    /// The list that ships with the project.
    pub fn list(self) -> Result<PkgList> {
        match self {
            Self::Debug => PkgList::parse("pkg-lists/debug.list", include_str!("../pkg-lists/debug.list")),
            Self::Minimal => {
                PkgList::parse("pkg-lists/minimal.list", include_str!("../pkg-lists/minimal.list"))
            }
        }
    }

    /// What the image is called: a flavour that is not to be handed on says so in its name.
    pub fn image_name(self) -> &'static str {
        match self {
            Self::Debug => "schoolchat-debug",
            Self::Minimal => "schoolchat",
        }
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Debug => "debug",
            Self::Minimal => "minimal",
        })
    }
}

impl FromStr for Flavour {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "debug" => Ok(Self::Debug),
            "minimal" => Ok(Self::Minimal),
            _ => Err(Error::configuration(
                format_args!("there is no flavour `{text}`"),
                "write `minimal`, or `debug` for an image with a shell that is not to be handed on",
            )),
        }
    }
}

impl PkgList {
    /// Parses a list; an error points at the line of `name`.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut system = None;
        let mut offset = 0;
        for (index, line) in text.split_inclusive('\n').enumerate() {
            let place = Place { name, text, number: index + 1, span: (offset, line.trim_end().len()).into() };
            offset += line.len();
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.starts_with('[') {
                system = Some(condition(line, &place)?);
                continue;
            }
            let entry = entry(line, system, &place)?;
            if entries.iter().any(|other| other.path == entry.path && overlap(other.system, system)) {
                return Err(
                    place.mistake(&format!("`{}` stands here twice", entry.path.display()), "leave out one")
                );
            }
            entries.push(entry);
        }
        Ok(Self { entries })
    }

    /// The entries that go into an image for this target.
    pub fn for_target(&self, target: Target) -> impl Iterator<Item = &Entry> {
        let own = if target.is_freebsd() { Condition::FreeBsd } else { Condition::Linux };
        self.entries.iter().filter(move |entry| entry.system.is_none_or(|system| system == own))
    }
}

fn condition(line: &str, place: &Place<'_>) -> Result<Condition> {
    match line {
        "[freebsd]" => Ok(Condition::FreeBsd),
        "[linux]" => Ok(Condition::Linux),
        _ => Err(place.mistake(&format!("there is no section `{line}`"), "write `[freebsd]` or `[linux]`")),
    }
}

fn entry(line: &str, system: Option<Condition>, place: &Place<'_>) -> Result<Entry> {
    let (path, why) = line.split_once('#').map_or((line, ""), |(path, why)| (path.trim(), why.trim()));
    if why.is_empty() {
        return Err(
            place.mistake("no reason is given", "write `PATH # WHY`: nothing goes in without a reason")
        );
    }
    if !is_plain(Path::new(path)) {
        return Err(place.mistake(
            &format!("`{path}` is not an absolute path of one file"),
            "write it from the top of the base, without `.`, `..` or a slash at its end",
        ));
    }
    Ok(Entry { path: path.into(), why: why.to_owned(), system })
}

fn is_plain(path: &Path) -> bool {
    let mut components = path.components();
    let rooted = components.next() == Some(Component::RootDir);
    // Path::components leaves out what changes nothing, such as `//`, `/./` and a slash at the end.
    let rebuilt: PathBuf = path.components().collect();
    let names: Vec<_> = components.collect();
    rooted
        && !names.is_empty()
        && names.iter().all(|name| matches!(name, Component::Normal(_)))
        && rebuilt.as_os_str() == path.as_os_str()
}

fn overlap(one: Option<Condition>, other: Option<Condition>) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// A line of a list, for the error that may have to point at it.
struct Place<'a> {
    name: &'a str,
    text: &'a str,
    number: usize,
    span: SourceSpan,
}

impl Place<'_> {
    fn mistake(&self, what: &str, hint: &str) -> Error {
        Error::Configuration(Box::new(Misconfiguration {
            what: format!("{}:{}: {what}", self.name, self.number),
            source_code: Some(NamedSource::new(self.name, self.text.to_owned())),
            at: Some(self.span),
            hint: Some(hint.to_owned()),
        }))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    const LIST: &str =
        "# ours\n\n/etc/motd # say hello\n[linux]\n/bin/sh # a shell\n[freebsd]\n/bin/sh # the same\n";

    fn mistake(text: &str) -> String {
        PkgList::parse("x.list", text).unwrap_err().to_string()
    }

    #[test]
    fn the_lists_that_ship_parse() {
        assert!(Flavour::Minimal.list().unwrap().entries.is_empty());
        let debug = Flavour::Debug.list().unwrap();
        for target in Target::ALL {
            assert!(debug.for_target(target).any(|entry| entry.path == Path::new("/bin/sh")), "{target}");
        }
    }

    #[test]
    fn sections_choose_by_system() {
        let list = PkgList::parse("x.list", LIST).unwrap();
        let reasons = |target: &str| {
            list.for_target(target.parse().unwrap()).map(|entry| entry.why.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(reasons("x86_64-unknown-linux-gnu"), ["say hello", "a shell"]);
        assert_eq!(reasons("aarch64-unknown-freebsd"), ["say hello", "the same"]);
    }

    #[test]
    fn mistakes_are_shown_with_their_line() {
        assert_eq!(mistake("\n/bin/sh\n"), "x.list:2: no reason is given");
        assert_eq!(mistake("/bin/sh #\n"), "x.list:1: no reason is given");
        assert_eq!(mistake("[macos]\n"), "x.list:1: there is no section `[macos]`");
        assert_eq!(mistake("/a # one\n/a # two\n"), "x.list:2: `/a` stands here twice");
        for path in ["bin/sh", "/", "/bin/", "/bin//sh", "/bin/./sh", "/bin/../etc"] {
            assert_eq!(
                mistake(&format!("{path} # why")),
                format!("x.list:1: `{path}` is not an absolute path of one file"),
            );
        }
    }

    #[test]
    fn the_span_covers_the_line() {
        let Error::Configuration(mistake) = PkgList::parse("x.list", "# one\n/bin/sh\n").unwrap_err() else {
            panic!("not a mistake in a file")
        };
        assert_eq!(mistake.at, Some((6, 7).into()));
    }
}
