//! Carries steps out, each with its post-condition checked.

use std::{path::Path, thread, time::Duration};

use super::{
    facts,
    plan::{Present, Step},
};
use crate::{
    error::{Error, Result},
    host::{
        command::{Command, Output},
        file,
    },
};

/// What touches the system. A double in tests records, and answers by heart.
pub trait Shell: Send + Sync {
    /// Runs a command to its end, whatever that end is.
    fn output(&self, command: &Command) -> Result<Output>;

    /// Makes a file of the host appear, for its owner alone.
    fn write(&self, path: &Path, text: &str) -> Result<()>;

    /// Waits until what was asked for may have happened.
    fn pause(&self);
}

/// The system itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Shell for System {
    fn output(&self, command: &Command) -> Result<Output> {
        command.output()
    }

    fn write(&self, path: &Path, text: &str) -> Result<()> {
        file::write(path, text.as_bytes(), 0o600)
    }

    fn pause(&self) {
        thread::sleep(Duration::from_secs(1));
    }
}

/// Carries steps out in their order, up to the first that fails.
pub fn carry_out(steps: &[Step], shell: &dyn Shell) -> Result<()> {
    steps.iter().try_for_each(|step| carry_out_one(step, shell))
}

fn carry_out_one(step: &Step, shell: &dyn Shell) -> Result<()> {
    match step {
        Step::Write(path, text) => shell.write(path, text),
        Step::Run(command) => read(shell, command).map(drop),
        Step::MakeEpair { host, jail } => make_epair(shell, host, jail),
        Step::EndSupervisor(file) => end_supervisor(shell, file),
        Step::Gone { present, remove } => make_gone(shell, present, remove),
    }
}

/// What a command prints; that it fails is an error.
pub(super) fn read(shell: &dyn Shell, command: &Command) -> Result<String> {
    let output = shell.output(command)?;
    if output.code == Some(0) {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(Error::failed(format_args!("`{command}` failed: {}", complaint.trim())))
}

fn make_epair(shell: &dyn Shell, host: &str, jail: &str) -> Result<()> {
    let made = read(shell, &Command::new("ifconfig").args(["epair", "create"]))?;
    let pair = made
        .strip_suffix('a')
        .ok_or_else(|| Error::failed(format_args!("`{made}` is not one end of an epair")))?;
    for (end, name) in [("a", host), ("b", jail)] {
        read(shell, &Command::new("ifconfig").args([&format!("{pair}{end}"), "name", name]))?;
    }
    Ok(())
}

fn end_supervisor(shell: &dyn Shell, file: &Path) -> Result<()> {
    let prints = |command: Command| {
        let output = shell.output(&command)?;
        Ok::<_, Error>(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    // The file goes as the supervisor goes: read it once. Whoever has its number now need not be one.
    let pid = prints(Command::new("cat").arg(file))?;
    let is_number = !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && prints(Command::new("ps").args(["-o", "comm=", "-p", &pid]))? == "daemon" {
        // It may end between the question and the signal: neither failure matters.
        shell.output(&Command::new("kill").arg(&pid))?;
        shell.output(&Command::new("pwait").args(["-t", "15", &pid]))?;
    }
    read(shell, &Command::new("rm").arg("-f").arg(file)).map(drop)
}

fn make_gone(shell: &dyn Shell, present: &Present, remove: &[Command]) -> Result<()> {
    for (attempt, command) in remove.iter().enumerate() {
        if !is_present(shell, present)? {
            return Ok(());
        }
        if attempt > 0 {
            shell.pause();
        }
        shell.output(command)?;
    }
    match (is_present(shell, present)?, remove.last()) {
        (true, Some(last)) => {
            Err(Error::failed(format_args!("`{last}` did not help: what it removes is still there")))
        }
        _ => Ok(()),
    }
}

fn is_present(shell: &dyn Shell, present: &Present) -> Result<bool> {
    match present {
        Present::Prints(command) => {
            let output = shell.output(command)?;
            Ok(output.code == Some(0) && !output.stdout.trim_ascii().is_empty())
        }
        Present::Mounted(path) => {
            let mounts = facts::mounts(&read(shell, &Command::new("mount"))?);
            Ok(mounts.iter().any(|mount| mount.at == *path))
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
