//! The stage's process, from both sides.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    process::{Child, ExitCode, Stdio},
};

use nix::{
    sched::CloneFlags,
    sys::{prctl, signal::Signal},
    unistd::getppid,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    available::{Unavailable, available},
    backstage,
};
use crate::{
    error::{Context as _, Error, Result},
    host::{
        links::{Links, disable_ipv6},
        namespaces,
    },
    runtime::stage::{Perform, Stage},
};

/// A line from the stage to its parent.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Line<E, O> {
    Event(E),
    Done(O),
    Failed(Failure),
}

/// An [`Error`] that travels; a place in a file does not.
#[derive(Deserialize, Serialize)]
struct Failure {
    exit_code: u8,
    what: String,
    hint: Option<String>,
}

/// Starts a stage for the act of this name, and follows it to its end. It does not outlive this process.
pub(in crate::runtime) fn run<E: DeserializeOwned, O: DeserializeOwned>(
    act: &str,
    input: &impl Serialize,
    mut on_event: impl FnMut(E),
) -> Result<O> {
    available()?;
    let mut stage = backstage::part("stage", &[act, &std::process::id().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map(Ended)
        .doing("start the stage")?;
    let input = serde_json::to_vec(input).doing(format_args!("describe the input of `{act}`"))?;
    stage.0.stdin.take().expect("it is piped").write_all(&input).doing("speak to the stage")?;

    let lines = BufReader::new(stage.0.stdout.take().expect("it is piped")).lines();
    for line in lines {
        let line = line.doing("listen to the stage")?;
        match serde_json::from_str(&line).doing(format_args!("understand the stage's `{line}`"))? {
            Line::Event(event) => on_event(event),
            Line::Done(outcome) => return Ok(outcome),
            Line::Failed(failure) => return Err(failure.into()),
        }
    }
    let status = stage.0.wait().doing("wait for the stage")?;
    Err(Error::failed(format_args!("the stage of `{act}` ended without a word: {status}")))
}

/// A child that ends at the latest when its owner lets go of it.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // A stage that has said its last word is about to end by itself: the signal only makes sure.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The stage's own side: turns this process into one, and performs.
pub(super) fn play(act: &str, parent: &str, acts: &[&dyn Perform]) -> ExitCode {
    let outcome = set_up(parent).and_then(|stage| {
        let act = acts.iter().find(|known| known.name() == act);
        let act = act.ok_or_else(|| Error::failed("this act is unknown here"))?;
        let input = serde_json::from_reader(io::stdin().lock()).doing("understand the act's input")?;
        act.perform(&stage, input, &mut |event| say(&Line::Event(event)))
    });
    match outcome {
        Ok(outcome) => say(&Line::Done(outcome)),
        Err(error) => say(&Line::Failed(error.into())),
    }
    ExitCode::SUCCESS
}

fn set_up(parent: &str) -> Result<Stage> {
    namespaces::enter_as_root(CloneFlags::CLONE_NEWNET).map_err(Unavailable::because)?;
    prctl::set_pdeathsig(Signal::SIGKILL).doing("tie the stage to its parent")?;
    if getppid().to_string() != parent {
        return Err(Error::failed("the parent of the stage is gone"));
    }
    disable_ipv6()?;
    Links::open()?.set_up("lo")?;
    Ok(Stage::set())
}

fn say(line: &Line<Value, Value>) {
    let line = serde_json::to_string(line).expect("a line is plain data");
    // When nobody listens any more, the signal that ends this process is on its way.
    let _ = writeln!(io::stdout(), "{line}");
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit_code = error.exit_code();
        let what = error.to_string();
        let hint = match error {
            Error::Configuration(mistake) => mistake.hint,
            Error::Host { hint, .. } | Error::Untrusted { hint, .. } => Some(hint),
            Error::Failed { hint, .. } => hint,
        };
        Self { exit_code, what, hint }
    }
}

impl From<Failure> for Error {
    fn from(Failure { exit_code, what, hint }: Failure) -> Self {
        let hint_or_none = hint.clone().unwrap_or_default();
        match exit_code {
            3 => Self::configuration(what, hint_or_none),
            5 => Self::untrusted(what, hint_or_none),
            6 => Self::host(what, hint_or_none),
            _ => Self::Failed { what, hint },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_travel_with_their_kind_and_hint() {
        for error in [
            Error::configuration("a", "b"),
            Error::untrusted("a", "b"),
            Error::host("a", "b"),
            Error::failed_with_hint("a", "b"),
            Error::failed("a"),
        ] {
            let (code, text) = (error.exit_code(), format!("{error:?}"));
            let travelled = Error::from(Failure::from(error));
            assert_eq!(travelled.exit_code(), code);
            assert_eq!(format!("{travelled:?}"), text);
        }
    }
}
