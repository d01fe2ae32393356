//! The manual pages say what the program does: every command, every option, every key, every exit code, and no others.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod support;

use std::{collections::BTreeSet, fs, process::Command};

use clap::CommandFactory as _;
use jailbuild::{cli::Cli, site::Site};
use support::{jailbuild, said, skipped};

const PROGRAM: &str = include_str!("../man/jailbuild.8");
const FILE: &str = include_str!("../man/jailbuild.toml.5");

/// Keys that may stand in the school's file, of which the template has no example.
const WITHOUT_EXAMPLE: [&str; 2] = ["base-sha256", "[[room]] owners"];

/// Keys without which there is no school.
const WITHOUT_DEFAULT: [&str; 2] = ["domain", "organisation"];

#[test]
fn the_pages_are_clean_mdoc() {
    for page in ["jailbuild.8", "jailbuild.toml.5", "xmppd.8"] {
        let Ok(lint) = Command::new("mandoc").args(["-Tlint", "-Wwarning", &format!("man/{page}")]).output()
        else {
            return skipped("mandoc is not installed: `apt install mandoc`");
        };
        assert!(lint.status.success(), "{}", String::from_utf8_lossy(&lint.stdout));
    }
}

#[test]
fn every_command_and_option_is_described_and_no_others() {
    let definitions = Cli::command();
    let global = options_of(&definitions);
    assert_eq!(options_in(section(PROGRAM, "OPTIONS")), with_help(&global));
    let mut defined = BTreeSet::from(["help".to_owned()]);
    for (name, definition) in leaves(&definitions, "") {
        defined
            .extend(options_of(&definition).difference(&global).map(|option| format!("{name} --{option}")));
        defined.insert(name);
    }
    assert_eq!(described().collect::<BTreeSet<_>>(), defined);
}

#[test]
fn every_exit_code_is_described() {
    let help = Cli::command().get_after_help().unwrap().to_string();
    let code = |line: &str| line.trim_start().split_once("  ").map(|(code, _)| code.to_owned());
    let defined: Vec<_> = help.lines().skip(1).filter_map(code).collect();
    let items = section(PROGRAM, "EXIT STATUS").lines().filter_map(|line| line.strip_prefix(".It "));
    assert_eq!(items.collect::<Vec<_>>(), defined);
}

#[test]
fn every_key_of_the_schools_file_is_described_with_its_default() {
    let described: BTreeSet<_> = keys_in_page().collect();
    let known: BTreeSet<_> =
        keys_in_template().into_iter().chain(WITHOUT_EXAMPLE.map(str::to_owned)).collect();
    assert_eq!(described, known);
}

#[test]
fn the_pages_are_written_into_their_sections() {
    let folder = tempfile::tempdir().unwrap();
    let output = jailbuild(folder.path()).args(["man", "share/man"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let written = |page: &str| fs::read_to_string(folder.path().join("share/man").join(page)).unwrap();
    assert_eq!(written("man8/jailbuild.8"), PROGRAM);
    assert_eq!(written("man5/jailbuild.toml.5"), FILE);
    assert!(written("man8/xmppd.8").contains(".Dt XMPPD 8"));
}

/// The commands that do something, each with the words that name it.
fn leaves(definition: &clap::Command, above: &str) -> Vec<(String, clap::Command)> {
    let below = definition.get_subcommands().filter(|command| command.get_name() != "help");
    let leaves = below.flat_map(|command| {
        let name = format!("{above}{}", command.get_name());
        if command.has_subcommands() {
            leaves(command, &format!("{name} "))
        } else {
            vec![(name, command.clone())]
        }
    });
    leaves.collect()
}

fn options_of(definition: &clap::Command) -> BTreeSet<String> {
    definition.get_arguments().filter_map(clap::Arg::get_long).map(str::to_owned).collect()
}

/// Those that clap adds.
fn with_help(options: &BTreeSet<String>) -> BTreeSet<String> {
    options.iter().cloned().chain(["help".to_owned(), "version".to_owned()]).collect()
}

fn options_in(text: &str) -> BTreeSet<String> {
    let options = text.split("Fl -").skip(1);
    options.map(|rest| rest.split([' ', '\n']).next().unwrap().to_owned()).collect()
}

/// Each command in the page, and each with each of its options.
fn described() -> impl Iterator<Item = String> {
    items().into_iter().flat_map(|item| {
        let name = command_of(item).unwrap();
        let options = options_in(item).into_iter().map(|option| format!("{name} --{option}"));
        options.chain([name.clone()]).collect::<Vec<_>>()
    })
}

/// Each item of the section COMMANDS that names a command, with what stands below it.
fn items() -> Vec<&'static str> {
    let commands = section(PROGRAM, "COMMANDS");
    let starts = commands.match_indices("\n.It ").map(|(start, _)| start + 1);
    let starts: Vec<_> = starts.filter(|start| command_of(&commands[*start..]).is_some()).collect();
    let ends = starts.iter().skip(1).copied().chain([commands.len()]);
    starts.iter().zip(ends).map(|(start, end)| &commands[*start..end]).collect()
}

/// The words behind `.It Cm`, up to an option or an argument.
fn command_of(item: &str) -> Option<String> {
    let line = item.lines().next()?;
    let words = line.strip_prefix(".It Xo Cm ").or_else(|| line.strip_prefix(".It Cm "))?;
    let is_word = |word: &&str| word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
    Some(words.split(' ').take_while(is_word).collect::<Vec<_>>().join(" "))
}

fn section<'a>(page: &'a str, title: &str) -> &'a str {
    let start = page.find(&format!("\n.Sh {title}\n")).unwrap();
    let rest = &page[start + 1..];
    &rest[..rest.find("\n.Sh ").unwrap()]
}

/// `[TABLE] KEY = DEFAULT` of each item in the page; of a table that may stand there several times, the key alone.
fn keys_in_page() -> impl Iterator<Item = String> {
    let mut table = String::new();
    section(FILE, "DESCRIPTION").lines().filter_map(move |line| {
        if let Some(title) = line.strip_prefix(".Ss ") {
            table = if title.starts_with('[') { format!("{title} ") } else { String::new() };
        }
        let item = line.strip_prefix(".It Va ")?;
        Some(format!("{table}{}", item.replace(" No = ", " = ").replace("\\(dq", "\"")))
    })
}

/// The same of the template, whose `[[room]]` is a comment, as every example is, and whose fields have no default.
fn keys_in_template() -> Vec<String> {
    let template = Site::example_text().unwrap();
    let mut table = String::new();
    let keys = template.lines().filter_map(move |line| {
        let line = line.strip_prefix("# ").unwrap_or(line);
        if line.starts_with('[') {
            table = format!("{} ", line.trim_end());
        }
        let (key, default) = line.split_once(" = ").filter(|(key, _)| !key.contains([' ', '`']))?;
        let has_default = !WITHOUT_DEFAULT.contains(&key) && !table.starts_with("[[");
        Some(if has_default { format!("{table}{key} = {default}") } else { format!("{table}{key}") })
    });
    keys.collect()
}
