//! One program run beside the daemon, in the same namespaces and under the same locks.

use std::{
    io::Write as _,
    os::unix::process::ExitStatusExt as _,
    process::{Command, ExitCode, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{backstage, launch};
use crate::{
    error::{Context as _, Error, Result},
    host::namespaces,
    runtime::{Deployment, Output},
};

/// How long a visit may take.
const LIMIT: Duration = Duration::from_secs(60);

/// The exit code of a program that could not be run, as in a shell.
const NOT_RUN: u8 = 127;

/// The exit code of a visitor that did not get in, as env(1) has it for failures of its own.
const NOT_ENTERED: u8 = 125;

/// Runs a program beside the process `daemon`, and waits for its end.
pub(super) fn run(daemon: u32, deployment: &Deployment, program: &[&str], input: &[u8]) -> Result<Output> {
    let deployment = serde_json::to_string(deployment).doing("describe the deployment")?;
    let mut visitor = backstage::part("visit", &[&daemon.to_string(), &deployment])
        .args(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .doing("start a visitor")?;
    let mut stdin = visitor.stdin.take().expect("it is piped");
    let ended = thread::scope(|scope| {
        // Beside the reading of its output, or both could wait for each other. It need not take all of its input.
        scope.spawn(move || stdin.write_all(input));
        visitor.wait_with_output()
    });
    let ended = ended.doing("wait for a visitor")?;
    if ended.status.code() == Some(NOT_ENTERED.into()) {
        let complaint = String::from_utf8_lossy(&ended.stderr);
        return Err(Error::failed(format_args!("cannot enter the appliance: {}", complaint.trim())));
    }
    Ok(Output { code: code(ended.status).into(), stdout: ended.stdout, stderr: ended.stderr })
}

/// The visitor's own side: enters, locks itself in, and runs the program in the daemon's pid namespace.
pub(super) fn visit(daemon: u32, deployment: &Deployment, program: &[&str]) -> ExitCode {
    let entered = namespaces::join(daemon).and_then(|()| launch::lock(deployment));
    let (error, code) = match entered.map(|()| run_here(program)) {
        Ok(Ok(code)) => return ExitCode::from(code),
        Ok(Err(error)) => (error, NOT_RUN),
        Err(error) => (error, NOT_ENTERED),
    };
    let _ = writeln!(std::io::stderr(), "{error}");
    ExitCode::from(code)
}

fn run_here(program: &[&str]) -> Result<u8> {
    let (name, arguments) = program.split_first().unwrap_or((&"", &[]));
    let child = Command::new(name).args(arguments).env_clear().spawn();
    let mut child = child.doing(format_args!("run `{name}` within"))?;
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait().doing("wait for the program")? {
            return Ok(code(status));
        }
        if Instant::now() > deadline {
            child.kill().doing("end a program that takes too long")?;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// A status as a shell has it: the exit code, or 128 and the signal's number.
pub(super) fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
