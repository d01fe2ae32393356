//! Carries steps out, each with its post-condition checked.

use std::path::Path;

use super::{
    facts,
    plan::{Present, Step},
};
use crate::{
    error::{Error, Result},
    host::{Host, command::Command, file},
};

/// Carries steps out in their order, up to the first that fails.
pub fn carry_out(steps: &[Step], host: &dyn Host) -> Result<()> {
    steps.iter().try_for_each(|step| carry_out_one(step, host))
}

fn carry_out_one(step: &Step, host: &dyn Host) -> Result<()> {
    match step {
        Step::Write(path, text) => host.write(path, text.as_bytes(), file::SECRET),
        Step::Run(command) => host.ask(command).map(drop),
        Step::MakeEpair { outer, inner } => make_epair(host, outer, inner),
        Step::EndSupervisor(file) => end_supervisor(host, file),
        Step::Gone { present, remove } => make_gone(host, present, remove),
    }
}

fn make_epair(host: &dyn Host, outer: &str, inner: &str) -> Result<()> {
    let made = host.ask(&Command::new("ifconfig").args(["epair", "create"]))?;
    let pair = made
        .strip_suffix('a')
        .ok_or_else(|| Error::failed(format_args!("`{made}` is not one end of an epair")))?;
    for (end, name) in [("a", outer), ("b", inner)] {
        host.ask(&Command::new("ifconfig").args([&format!("{pair}{end}"), "name", name]))?;
    }
    Ok(())
}

fn end_supervisor(host: &dyn Host, file: &Path) -> Result<()> {
    // The file goes as the supervisor goes: it is read once.
    if let Some(pid) = supervisor(host, file)? {
        // It may end between the question and the signal: neither failure matters.
        host.output(&Command::new("kill").arg(&pid))?;
        host.output(&Command::new("pwait").args(["-t", "15", &pid]))?;
    }
    host.ask(&Command::new("rm").arg("-f").arg(file)).map(drop)
}

/// The process id in this file, if a supervisor has it: whoever has its number now need not be one.
pub(super) fn supervisor(host: &dyn Host, file: &Path) -> Result<Option<String>> {
    let prints = |command: Command| {
        let output = host.output(&command)?;
        Ok::<_, Error>(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let pid = prints(Command::new("cat").arg(file))?;
    let is_number = !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit());
    let is_one = is_number && prints(Command::new("ps").args(["-o", "ucomm=", "-p", &pid]))? == "daemon";
    Ok(is_one.then_some(pid))
}

fn make_gone(host: &dyn Host, present: &Present, remove: &[Command]) -> Result<()> {
    for (attempt, command) in remove.iter().enumerate() {
        if !is_present(host, present)? {
            return Ok(());
        }
        if attempt > 0 {
            host.pause();
        }
        host.output(command)?;
    }
    match (is_present(host, present)?, remove.last()) {
        (true, Some(last)) => {
            Err(Error::failed(format_args!("`{last}` did not help: what it removes is still there")))
        }
        _ => Ok(()),
    }
}

fn is_present(host: &dyn Host, present: &Present) -> Result<bool> {
    match present {
        Present::Prints(command) => {
            let output = host.output(command)?;
            Ok(output.code == Some(0) && !output.stdout.trim_ascii().is_empty())
        }
        Present::Loopback(address) => {
            let output = host.output(&Command::new("ifconfig").args(["lo0", "inet"]))?;
            Ok(String::from_utf8_lossy(&output.stdout).contains(&format!("inet {address} ")))
        }
        Present::Mounted(path) => {
            let mounts = facts::mounts(&host.ask(&Command::new("mount"))?);
            Ok(mounts.iter().any(|mount| mount.at == *path))
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
