//! The hidden parts that this program takes when it starts itself again.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    process::{Command, ExitCode},
};

use super::{available, keep, launch, stage, visit};
use crate::{
    error::{Context as _, Error, Result},
    host::descriptors,
    runtime::stage::Perform,
};

/// The first argument of a program that is to take a hidden part.
const WORD: &str = "__backstage";

/// This program once more, in a hidden part. By `/proc`, so that it is the same even when its file was replaced.
pub(super) fn part(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args([WORD, name]).args(arguments);
    command
}

/// Takes the part that the arguments name, if they do.
pub(in crate::runtime) fn enter(acts: &[&dyn Perform]) -> Option<ExitCode> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let (word, rest) = arguments.split_first()?;
    if word != WORD {
        return None;
    }
    Some(play(rest, acts).unwrap_or_else(|error| {
        // Standard error is the appliance's log, or the terminal: the last resort either way.
        let _ = writeln!(io::stderr(), "{error}");
        ExitCode::from(error.exit_code())
    }))
}

fn play(arguments: &[OsString], acts: &[&dyn Perform]) -> Result<ExitCode> {
    descriptors::close_inherited()?;
    let words: Option<Vec<&str>> = arguments.iter().map(|word| word.to_str()).collect();
    match words.as_deref() {
        Some(["stage", act, parent]) => Ok(stage::play(act, parent, acts)),
        Some(["keep", deployment]) => keep::keep(&understood(deployment)?),
        Some(["launch", deployment]) => launch::launch(&understood(deployment)?),
        Some(["visit", pid, deployment, program @ ..]) => {
            Ok(visit::visit(understood(pid)?, &understood(deployment)?, program))
        }
        Some(["rehearse"]) => available::rehearse(),
        _ => Err(Error::failed("this part is only for `jailbuild` itself")),
    }
}

fn understood<T: serde::de::DeserializeOwned>(argument: &str) -> Result<T> {
    serde_json::from_str(argument).doing("understand a hidden argument")
}
