//! What the pages tell people to type is understood, and what they say that the program says, it says.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod support;

use std::{fs, path::Path};

use clap::Parser as _;
use jailbuild::cli::Cli;
use support::{jailbuild, said};

const PAGES: [&str; 8] = [
    "README.md",
    "docs/administration.md",
    "docs/district.md",
    "docs/freebsd.md",
    "docs/manual.md",
    "jail-templates/HANDOVER.md",
    "man/jailbuild.8",
    "tests/vagrant/provision.sh",
];

#[test]
fn every_command_in_the_pages_is_understood() {
    let mut count = 0;
    for page in PAGES {
        for line in fs::read_to_string(page).unwrap().lines() {
            let Some(typed) = command_in(line) else { continue };
            if let Err(refused) = Cli::try_parse_from(words(typed)) {
                panic!("{page}: `{typed}`: {refused}");
            }
            count += 1;
        }
    }
    assert!(count > 10, "only {count} commands were found");
}

#[test]
fn every_message_in_the_table_of_trouble_is_one_that_is_said() {
    let sources = sources();
    let page = fs::read_to_string("docs/freebsd.md").unwrap();
    let (_, trouble) = page.split_once("\n## Trouble\n").unwrap();
    let messages: Vec<_> =
        trouble.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert!(messages.len() > 5, "{messages:?}");
    for message in messages {
        for part in message.split('…').map(str::trim).filter(|part| !part.is_empty()) {
            assert!(sources.contains(part), "nobody says `{part}`");
        }
    }
}

#[test]
fn the_school_of_the_vagrant_box_is_understood() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vagrant/jailbuild.toml");
    let checked = jailbuild(Path::new("/")).args(["--file", file, "check"]).output().unwrap();
    assert!(checked.status.success(), "{}", said(&checked));
}

/// What is typed after a prompt, or in a script, up to a comment.
fn command_in(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let typed = line.strip_prefix("# ").or_else(|| line.strip_prefix("$ ")).unwrap_or(line);
    typed.starts_with("jailbuild ").then(|| typed.split("  ").next().unwrap())
}

/// As a shell takes it apart: what stands between quotes is one word.
fn words(typed: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in typed.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_ascii_whitespace().map(str::to_owned));
        }
    }
    words
}

/// Everything that can say something, with texts that go on in the next line joined.
fn sources() -> String {
    let mut sources = String::new();
    let mut folders = vec![Path::new("src").to_owned(), Path::new("rc.d").to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                sources.push_str(&fs::read_to_string(path).unwrap_or_default());
            }
        }
    }
    let lines: Vec<_> = sources.split("\\\n").map(str::trim_start).collect();
    lines.concat()
}
