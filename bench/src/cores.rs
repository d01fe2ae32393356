//! The server has one core for itself, and the clients have the others.

use std::io;

use miette::{IntoDiagnostic, Result};
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};

use crate::charge::Processes;

/// Who runs where; on a machine with one core, all run there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    server: CpuSet,
    clients: CpuSet,
}

impl Cores {
    /// Gives this core to the server and the rest of those that there are to this program: to this thread, and so to
    /// those that it will start.
    pub(crate) fn divide(core: usize) -> Result<Self> {
        let all = sched_getaffinity(this_thread()).into_diagnostic()?;
        let (mut server, mut clients) = (CpuSet::new(), all);
        server.set(core).into_diagnostic()?;
        clients.unset(core).into_diagnostic()?;
        let is_alone = (0..CpuSet::count()).all(|core| !clients.is_set(core).unwrap_or(false));
        let cores = Self { server, clients: if is_alone { all } else { clients } };
        sched_setaffinity(this_thread(), &cores.clients).into_diagnostic()?;
        Ok(cores)
    }

    /// Starts a process on the server's core: it inherits the place of the thread that starts it.
    pub(crate) fn start<T>(&self, spawn: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        sched_setaffinity(this_thread(), &self.server)?;
        let spawned = spawn();
        sched_setaffinity(this_thread(), &self.clients)?;
        spawned
    }

    /// Moves processes that run already.
    pub(crate) fn claim(&self, processes: &Processes) -> Result<()> {
        processes.threads().into_iter().try_for_each(|thread| {
            let number = i32::try_from(thread).into_diagnostic()?;
            sched_setaffinity(Pid::from_raw(number), &self.server).into_diagnostic()
        })
    }
}

fn this_thread() -> Pid {
    Pid::from_raw(0)
}
