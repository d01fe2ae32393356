//! What a server has used, as the kernel has counted it.

use std::{fs, time::Duration};

use miette::{Context, IntoDiagnostic, Result, miette};
use nix::{time::ClockId, unistd::Pid};

/// The processes that are charged, with all that they have started.
#[derive(Clone, Debug)]
pub(crate) struct Processes(Vec<u32>);

/// Counts from the moment when it was made.
pub(crate) struct Meter<'a> {
    processes: &'a Processes,
    start: Duration,
}

impl Meter<'_> {
    /// User and system time used since, all threads together, to the nanosecond.
    pub(crate) fn used(&self) -> Result<Duration> {
        Ok(self.processes.cpu()?.saturating_sub(self.start))
    }
}

impl Processes {
    /// These, and their children as they are at each look.
    pub(crate) fn new(roots: Vec<u32>) -> Self {
        Self(roots)
    }

    /// Starts to count CPU time.
    pub(crate) fn meter(&self) -> Result<Meter<'_>> {
        Ok(Meter { processes: self, start: self.cpu()? })
    }

    fn cpu(&self) -> Result<Duration> {
        self.family().into_iter().map(cpu_of).sum()
    }

    /// Memory in bytes: what is theirs alone, and their share of what they have in common with others.
    pub(crate) fn memory(&self) -> Result<f64> {
        self.family().into_iter().map(memory_of).sum()
    }

    /// Every thread, for pinning it.
    pub(crate) fn threads(&self) -> Vec<u32> {
        self.family().into_iter().flat_map(threads_of).collect()
    }

    fn family(&self) -> Vec<u32> {
        let mut family = self.0.clone();
        let mut next = 0;
        while let Some(&process) = family.get(next) {
            family.extend(threads_of(process).into_iter().flat_map(|thread| children_of(process, thread)));
            next += 1;
        }
        family
    }
}

/// The process's CPU clock: it counts threads that have ended too.
fn cpu_of(process: u32) -> Result<Duration> {
    let number = i32::try_from(process).into_diagnostic()?;
    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(number)).and_then(ClockId::now);
    clock.map(Duration::from).into_diagnostic().wrap_err_with(|| format!("cannot charge process {process}"))
}

fn memory_of(process: u32) -> Result<f64> {
    let path = format!("/proc/{process}/smaps_rollup");
    let text =
        fs::read_to_string(&path).into_diagnostic().wrap_err_with(|| format!("cannot read `{path}`"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kibibytes.map(|size| size * 1024.0).ok_or_else(|| miette!("`{path}` has no `Pss`"))
}

fn threads_of(process: u32) -> Vec<u32> {
    let entries = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn children_of(process: u32, thread: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{process}/task/{thread}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests {
    use std::{process::Command, thread::sleep};

    use super::*;

    #[test]
    fn a_child_is_charged_to_its_parent() {
        let mut shell =
            Command::new("sh").args(["-c", "sh -c 'while :; do :; done' & wait"]).spawn().unwrap();
        let processes = Processes::new(vec![shell.id()]);
        let meter = processes.meter().unwrap();
        let end = std::time::Instant::now() + Duration::from_secs(20);
        while meter.used().unwrap() < Duration::from_millis(50) && std::time::Instant::now() < end {
            sleep(Duration::from_millis(10));
        }
        let (used, family) = (meter.used().unwrap(), processes.family());
        for process in &family {
            let _ = nix::sys::signal::kill(
                Pid::from_raw((*process).cast_signed()),
                nix::sys::signal::Signal::SIGKILL,
            );
        }
        shell.wait().unwrap();
        assert!(used >= Duration::from_millis(50) && family.len() == 2, "{used:?}, {family:?}");
    }

    #[test]
    fn memory_that_is_used_is_charged() {
        let processes = Processes::new(vec![std::process::id()]);
        let before = processes.memory().unwrap();
        let used = vec![1_u8; 32 << 20];
        assert!(processes.memory().unwrap() - before > 30e6, "{} bytes", used.len());
    }
}
