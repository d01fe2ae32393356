//! The stage's hold on the keeper, and what is said between them.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Lines, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde::{Deserialize, Serialize};

use super::backstage;
use crate::{
    error::{Context as _, Error, Result},
    host::namespaces,
    runtime::Deployment,
};

/// How long the daemon may take to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the processes within tell the stage, a line each.
#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum News {
    /// The keeper has a child of this id.
    Keeping(u32),
    /// The keeper waits for the ids of its user namespace.
    Unmapped,
    /// The child waits for its link.
    Unshared,
    /// The child has given up all that it shall not have, and waits for the word.
    Locked,
    /// Something went wrong.
    Failed(String),
}

impl News {
    /// Tells the stage.
    pub(super) fn tell(&self) -> Result<()> {
        let line = serde_json::to_string(self).doing("describe the news")?;
        writeln!(io::stdout(), "{line}").doing("speak to the stage")
    }
}

/// The stage's hold on a keeper; to let go of it ends the appliance.
pub(super) struct Keeper {
    child: Child,
    orders: ChildStdin,
    news: Lines<BufReader<ChildStdout>>,
    daemon: Option<u32>,
}

impl Keeper {
    /// Starts a keeper whose complaints, and the daemon's, go to `log`.
    pub(super) fn start(deployment: &Deployment, log: File) -> Result<Self> {
        let mut child = backstage::part("keep", &[&described(deployment)?])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .doing("start the keeper")?;
        let orders = child.stdin.take().expect("it is piped");
        let news = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Ok(Self { child, orders, news, daemon: None })
    }

    /// Waits until the process that becomes the daemon has said `awaited`.
    pub(super) fn wait_for(&mut self, awaited: &News) -> Result<()> {
        let mut heard = false;
        // Keeper and child speak through one pipe: which of them comes first is open.
        while !heard || self.daemon.is_none() {
            let line = self.news.next().ok_or_else(|| Error::failed("the keeper ended early"))?;
            match serde_json::from_str(&line.doing("listen to the keeper")?).doing("understand the keeper")? {
                News::Failed(what) => return Err(Error::failed(what)),
                News::Keeping(pid) => self.daemon = Some(pid),
                News::Unmapped => {
                    namespaces::map_all(self.child.id())?;
                    self.go_on()?;
                }
                news => heard |= news == *awaited,
            }
        }
        Ok(())
    }

    /// Lets the process that becomes the daemon go on.
    pub(super) fn go_on(&mut self) -> Result<()> {
        writeln!(self.orders, "go on").doing("speak to the keeper")
    }

    /// The daemon's process id, once it is known.
    pub(super) fn daemon(&self) -> u32 {
        self.daemon.unwrap_or_default()
    }

    /// How the daemon ended, if it did.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks the daemon to end, and makes it end if it does not.
    pub(super) fn stop(&mut self) -> Result<()> {
        if self.ended().is_some() {
            return Ok(());
        }
        self.signal(Signal::SIGTERM);
        if self.wait(PATIENCE) {
            return Ok(());
        }
        self.signal(Signal::SIGKILL);
        if !self.wait(PATIENCE) {
            return Err(Error::failed("cannot end the daemon: it outlived SIGKILL"));
        }
        Err(Error::failed(format_args!(
            "the daemon had to be killed: it did not end within {} s",
            PATIENCE.as_secs()
        )))
    }

    fn signal(&mut self, signal: Signal) {
        match self.daemon.and_then(|pid| i32::try_from(pid).ok()) {
            // It may be gone already, which is what is wanted.
            Some(pid) => drop(kill(Pid::from_raw(pid), signal)),
            None => drop(self.child.kill()),
        }
    }

    fn wait(&mut self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.ended().is_none() {
            if Instant::now() > deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        true
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.signal(Signal::SIGKILL);
            let _ = self.child.wait();
        }
    }
}

/// Waits until the stage says to go on.
pub(super) fn wait_for_the_word() -> Result<()> {
    match io::stdin().read_line(&mut String::new()).doing("listen to the stage")? {
        0 => Err(Error::failed("the stage is gone")),
        _ => Ok(()),
    }
}

/// A deployment as an argument.
pub(super) fn described(deployment: &Deployment) -> Result<String> {
    serde_json::to_string(deployment).doing("describe the deployment")
}

/// The last lines of the log, to be shown with an error.
pub(super) fn end_of_log(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
