//! The CPU time of another process (proc(5), `stat`).

use std::fs;

use miette::{IntoDiagnostic, Result, miette};

/// Clock ticks a second, as Linux has had them for user space since 2.6.
const TICKS: f64 = 100.0;

/// User and system time that a process has used so far, all threads together, in seconds.
pub(crate) fn seconds(pid: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).into_diagnostic()?;
    let (_, fields) = stat.rsplit_once(')').ok_or_else(|| miette!("`/proc/{pid}/stat` has no command"))?;
    let ticks: u64 =
        fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(f64::from(u32::try_from(ticks).into_diagnostic()?) / TICKS)
}
