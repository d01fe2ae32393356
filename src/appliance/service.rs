//! The service of an appliance, through service(8): brought into a state, and looked at afterwards.

use super::{Layout, step::Service};
use crate::{
    error::{Error, Result},
    host::{
        Host,
        command::{Command, Output},
    },
    runtime::freebsd::mounts,
};

/// How often is looked whether the daemon answers, a second apart: an emulated machine takes its time.
const TRIES: usize = 60;

/// How much of the log an error quotes: its end, where a daemon says why it goes.
const LOG_LINES: usize = 10;

/// Whether the service's script says that it runs.
pub fn runs(host: &dyn Host, name: &str) -> Result<bool> {
    Ok(State::of(host, name)? == State::Running)
}

/// Whether something of it runs, if only badly: a change that stops it starts it again. Who wants it stopped has stopped all
/// of it.
pub fn is_meant_to_run(host: &dyn Host, name: &str) -> Result<bool> {
    Ok(State::of(host, name)? != State::Stopped)
}

/// What the service's script says of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum State {
    /// All of it runs, behind its rules.
    Running,
    /// Nothing of it runs.
    Stopped,
    /// Something of it runs, or runs unguarded: the script says what, and what to type.
    Impaired(String),
}

impl State {
    /// Asks the script.
    pub fn of(host: &dyn Host, name: &str) -> Result<Self> {
        if !has_script(host, name)? {
            return Ok(Self::Stopped);
        }
        Ok(Self::said(name, &host.output(&service(name, "onestatus"))?))
    }

    /// By what it takes in what has changed; nothing where it does not run. What does not run as it should may not be able
    /// to read anything anew.
    pub(super) fn taking_in(&self, by_starting_anew: bool) -> Option<Service> {
        match self {
            Self::Running if !by_starting_anew => Some(Service::Reloaded),
            Self::Running | Self::Impaired(_) => Some(Service::Restarted),
            Self::Stopped => None,
        }
    }

    fn said(name: &str, output: &Output) -> Self {
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        match output.code {
            Some(0) => Self::Running,
            _ if said.is_empty() || said == format!("{name} is not running.") => Self::Stopped,
            _ => Self::Impaired(said),
        }
    }
}

/// Whether the daemon answers.
pub fn is_ready(host: &dyn Host, name: &str) -> Result<bool> {
    let ask = ["-i", "jexec", "-u", "xmppd", name, "/usr/local/sbin/xmppd", "status"];
    Ok(host.output(&Command::new("env").args(ask))?.code == Some(0))
}

/// Whether it is in this state; that it was restarted or reloaded does not show.
pub(super) fn is(host: &dyn Host, name: &str, state: Service) -> Result<bool> {
    match state {
        Service::Started => Ok(runs(host, name)? && is_ready(host, name)?),
        Service::Stopped => Ok(!runs(host, name)? && !has_jail(host, name)? && !has_mounts(host, name)?),
        Service::Reloaded | Service::Restarted => Ok(false),
    }
}

/// Brings it into this state; what should run is waited for until it answers.
pub(super) fn bring(host: &dyn Host, name: &str, state: Service) -> Result<()> {
    let verb = match state {
        Service::Started => "onestart",
        Service::Stopped => "onestop",
        Service::Restarted => "onerestart",
        Service::Reloaded => "onereload",
    };
    // What was running but did not answer is given a moment first.
    if state != Service::Started || !runs(host, name)? {
        host.ask(&service(name, verb)).map_err(|error| with_log(host, name, error))?;
    }
    if state == Service::Stopped { Ok(()) } else { wait_until_ready(host, name) }
}

fn wait_until_ready(host: &dyn Host, name: &str) -> Result<()> {
    for _ in 0..TRIES {
        if is_ready(host, name)? {
            return Ok(());
        }
        host.pause();
    }
    let error = Error::failed(format_args!("`{name}` was started, but its daemon does not answer"));
    Err(with_log(host, name, error))
}

fn has_script(host: &dyn Host, name: &str) -> Result<bool> {
    Ok(host.look(&Layout::of(name).service())?.is_some())
}

fn has_jail(host: &dyn Host, name: &str) -> Result<bool> {
    Ok(host.output(&Command::new("jls").args(["-j", name, "jid"]))?.code == Some(0))
}

/// Whether anything is mounted for its jail: what is removed there could be the data, seen from another side.
fn has_mounts(host: &dyn Host, name: &str) -> Result<bool> {
    let root = Layout::of(name).root();
    let mounts = mounts(&host.ask(&Command::new("mount"))?);
    Ok(mounts.iter().any(|mount| mount.at.starts_with(&root)))
}

fn service(name: &str, verb: &str) -> Command {
    Command::new("service").args([name, verb])
}

/// The same error, with the last lines of the log as its hint.
fn with_log(host: &dyn Host, name: &str, error: Error) -> Error {
    let log = Layout::of(name).log();
    let text = host.text(&log).ok().flatten().unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let end = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
    if end.is_empty() {
        return error;
    }
    Error::failed_with_hint(error, format_args!("the end of `{}`:\n{end}", log.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_in_part_neither_runs_nor_is_stopped() {
        let said = |code, stdout: &str| {
            State::said("a", &Output { code: Some(code), stdout: stdout.into(), stderr: Vec::new() })
        };
        assert_eq!(said(0, "a is running as jail 7.\n"), State::Running);
        assert_eq!(said(1, "a is not running.\n"), State::Stopped);
        let alone = "a is running without its supervisor: service a restart";
        assert_eq!(said(1, &format!("{alone}\n")), State::Impaired(alone.to_owned()));
    }
}
