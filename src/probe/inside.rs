//! What the daemon's user can do from within, tried by the daemon's own `inside` command: there is no shell to ask.

use serde::Deserialize;

use super::account::DAEMON;
use crate::{Error, Result, error::Context, runtime::Appliance};

/// What came of each thing tried; the daemon prints it as JSON.
#[derive(Debug, Deserialize)]
pub(super) struct Inside {
    /// Who tried.
    pub(super) uid: u32,
    /// Its group.
    pub(super) gid: u32,
    /// Connections tried.
    #[serde(default)]
    pub(super) connect: Vec<Connect>,
    /// Files written.
    #[serde(default)]
    pub(super) write: Vec<Path>,
    /// Programs run.
    #[serde(default)]
    pub(super) exec: Vec<Path>,
}

/// A connection tried from within.
#[derive(Debug, Deserialize)]
pub(super) struct Connect {
    /// `IP:PORT`.
    pub(super) target: String,
    /// `open`, `refused`, `unreachable`, `timeout`, `denied` or `other: …`.
    pub(super) result: String,
}

/// A path written to, or run, from within.
#[derive(Debug, Deserialize)]
pub(super) struct Path {
    /// As seen from within.
    pub(super) path: String,
    /// `written`, `ran`, `not-found`, `denied`, `read-only` or `other: …`.
    pub(super) result: String,
}

/// Tries these from within: pairs of an option (`--connect`, `--write`, `--exec`) and what to try.
pub(super) fn try_inside(appliance: &dyn Appliance, tries: &[(&str, String)]) -> Result<Inside> {
    let mut arguments = vec![DAEMON, "inside"];
    for (option, value) in tries {
        arguments.extend([*option, value.as_str()]);
    }
    let output = appliance.run_inside(&arguments, b"")?;
    if output.code != 0 {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(Error::failed(format_args!(
            "`xmppd inside` ended with {}: {}",
            output.code,
            complaint.trim()
        )));
    }
    let inside: Inside = serde_json::from_slice(&output.stdout).doing("understand `xmppd inside`")?;
    let answered = inside.connect.len() + inside.write.len() + inside.exec.len();
    if answered != tries.len() {
        return Err(Error::failed(format_args!(
            "`xmppd inside` tried {answered} things instead of {}",
            tries.len()
        )));
    }
    Ok(inside)
}
