//! What was typed and what is to be said, as it stands in a file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use snapbox::{
    Data, Redactions,
    filter::NormalizeToExpected,
    report::{Palette, write_diff},
};

/// What a command said, all of it, and how it ended.
#[derive(Deserialize, Serialize)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) text: String,
}

/// A file of commands, with what they are to say.
pub(crate) struct Transcript {
    path: PathBuf,
    text: String,
    parts: Vec<Part>,
}

/// What such a file consists of.
enum Part {
    /// A line that is for readers.
    Prose(String),
    /// A command as it was typed, its exit code, and what it is to say.
    Command { typed: Vec<String>, code: i32, says: Vec<String> },
}

impl Transcript {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("a transcript");
        let parts = parts(&text);
        Self { path: path.to_owned(), text, parts }
    }

    /// The commands in their order.
    pub(crate) fn commands(&self) -> Vec<String> {
        let commands = self.parts.iter().filter_map(|part| match part {
            Part::Command { typed, .. } => Some(typed.join(" ")),
            Part::Prose(_) => None,
        });
        commands.collect()
    }

    /// The programs of others that the commands need.
    pub(crate) fn programs(&self) -> Vec<&'static str> {
        let commands = self.commands();
        let uses = |verb: &str| commands.iter().any(|command| command.split(' ').any(|word| word == verb));
        let reads_pdf = commands.iter().any(|command| command.contains("pdf"));
        let needs = [("pdftotext", reads_pdf), ("pdftoppm", uses("qr")), ("zbarimg", uses("qr"))];
        needs.into_iter().filter(|(_, needed)| *needed).map(|(program, _)| program).collect()
    }

    /// Compares with what was said; where transcripts are to be overwritten, writes that instead.
    pub(crate) fn compare(&self, said: &[Said], folder: &Path) -> Result<(), String> {
        let actual = self.with(said, folder);
        if actual == self.text {
            return Ok(());
        }
        if std::env::var_os("TRYCMD").is_some_and(|wish| wish == "overwrite") {
            return fs::write(&self.path, actual).map_err(|error| error.to_string());
        }
        let mut difference = String::new();
        let (expected, actual) = (Data::text(self.text.clone()), Data::text(actual));
        write_diff(
            &mut difference,
            &expected,
            &actual,
            Some(&self.path.display()),
            Some(&"as it is now"),
            Palette::plain(),
        )
        .map_err(|error| error.to_string())?;
        Err(difference)
    }

    /// The same file with this said instead; where an elision still fits, it stays.
    fn with(&self, said: &[Said], folder: &Path) -> String {
        let mut said = said.iter();
        let lines = self.parts.iter().flat_map(|part| match part {
            Part::Prose(line) => vec![line.clone()],
            Part::Command { typed, says, .. } => {
                let said = said.next().expect("as many as there are commands");
                rewritten(typed, says, said, folder)
            }
        });
        lines.map(|line| line + "\n").collect()
    }
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        let is_fence = line.starts_with("```");
        in_code ^= is_fence;
        match (parts.last_mut(), line.strip_prefix("$ ")) {
            (_, Some(command)) if in_code => {
                let typed = vec![command.to_owned()];
                parts.push(Part::Command { typed, code: 0, says: Vec::new() });
            }
            (Some(Part::Command { typed, code, says }), _) if in_code => {
                let begins = *code == 0 && says.is_empty();
                match (line.strip_prefix("> "), line.strip_prefix("? ")) {
                    (Some(more), _) if begins => typed.push(more.to_owned()),
                    (_, Some(number)) if begins => *code = number.parse().expect("an exit code"),
                    _ => says.push(line.to_owned()),
                }
            }
            _ => parts.push(Part::Prose(line.to_owned())),
        }
    }
    parts
}

/// A command with what it said now.
fn rewritten(typed: &[String], says: &[String], said: &Said, folder: &Path) -> Vec<String> {
    let mut lines = vec![format!("$ {}", typed[0])];
    lines.extend(typed[1..].iter().map(|more| format!("> {more}")));
    if said.code != 0 {
        lines.push(format!("? {}", said.code));
    }
    let gap = says.iter().rev().take_while(|line| line.is_empty()).count();
    let expected = says[..says.len() - gap].join("\n");
    lines.extend(normalized(&said.text, &expected, folder).lines().map(str::to_owned));
    lines.extend(vec![String::new(); gap]);
    lines
}

/// What was said, with elisions where those expected fit.
fn normalized(text: &str, expected: &str, folder: &Path) -> String {
    let mut redactions = Redactions::new();
    redactions.insert("[FOLDER]", folder.display().to_string()).expect("a placeholder");
    let said = Data::text(text.trim_end().to_owned());
    let filter = NormalizeToExpected::new().redact_with(&redactions);
    filter.normalize(said, &Data::text(expected.to_owned())).to_string()
}
