//! What the administrator sees: a progress bar on a terminal, plain lines elsewhere, data alone on standard output.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::error::{Context, Result};

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// How much is said.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Verbosity {
    /// Errors, and the data that was asked for.
    Quiet,
    /// One line a step.
    Normal,
    /// Commands and evidence too.
    Verbose,
}

/// Where progress and results go.
pub struct Console {
    verbosity: Verbosity,
    json: bool,
    bar: Option<ProgressBar>,
}

impl Console {
    /// A console of the given verbosity; with `json`, results are machine-readable and progress stays on standard error.
    pub fn new(verbosity: Verbosity, json: bool) -> Self {
        let interactive = verbosity == Verbosity::Normal && std::io::stderr().is_terminal();
        Self { verbosity, json, bar: interactive.then(ProgressBar::new_spinner) }
    }

    /// Whether results are to be machine-readable.
    pub fn json(&self) -> bool {
        self.json
    }

    /// How much is said.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Whether somebody sits at a terminal, who can be asked.
    pub fn can_ask(&self) -> bool {
        !self.json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Says what is being done now, in the present participle.
    pub fn step(&self, doing: impl fmt::Display) {
        match &self.bar {
            Some(bar) => {
                bar.set_style(uncounted());
                bar.set_message(doing.to_string());
                bar.enable_steady_tick(TICK);
            }
            None if self.verbosity > Verbosity::Quiet => complain(format_args!("{doing} …")),
            None => {}
        }
    }

    /// Says what is being done now, of so many things of a kind.
    pub fn progress(&self, index: usize, total: usize, doing: impl fmt::Display) {
        match &self.bar {
            Some(bar) => {
                bar.set_style(counted());
                bar.set_length(total as u64);
                bar.set_position(index as u64);
                bar.set_message(doing.to_string());
            }
            None => self.step(format_args!("{}/{total} {doing}", index + 1)),
        }
    }

    /// Says something that stays on the screen, apart from the results.
    pub fn note(&self, text: impl fmt::Display) {
        match &self.bar {
            Some(bar) => bar.println(text.to_string()),
            None if self.verbosity > Verbosity::Quiet => complain(text),
            None => {}
        }
    }

    /// Takes the progress bar away, before results are written.
    pub fn rest(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Shows a value that says of itself what it is, for people and for machines, and that all went well.
    pub fn show(&self, value: &(impl fmt::Display + Serialize)) -> Result<u8> {
        self.result(value, value)?;
        Ok(0)
    }

    /// Writes a file to standard output as it is, JSON asked for or not.
    pub fn copy(&self, bytes: &[u8]) -> Result<u8> {
        self.rest();
        unless_unread(std::io::stdout().lock().write_all(bytes))?;
        Ok(0)
    }

    /// Writes a result: `value` as JSON where that was asked for, else `text`.
    pub fn result(&self, value: &impl Serialize, text: impl fmt::Display) -> Result<()> {
        self.rest();
        let mut out = std::io::stdout().lock();
        if self.json {
            let text = serde_json::to_string_pretty(value).doing("write JSON to standard output")?;
            unless_unread(writeln!(out, "{text}"))
        } else {
            unless_unread(writeln!(out, "{text}"))
        }
    }
}

/// Whoever reads it may have read enough, as `head` has.
fn unless_unread(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.doing("write to standard output"),
    }
}

/// Writes a line to standard error; nobody can be told when that fails.
fn complain(text: impl fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn uncounted() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}").expect("the template is fixed")
}

fn counted() -> ProgressStyle {
    ProgressStyle::with_template("{bar:24} {pos}/{len} {wide_msg}").expect("the template is fixed")
}
