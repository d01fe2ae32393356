//! The probes on the real daemon under the Linux runtime: all pass, and each sabotage of the runtime makes those fail
//! that are there for it.

#[cfg(target_os = "linux")]
#[path = "probes_linux/appliance.rs"]
mod appliance;
#[cfg(target_os = "linux")]
#[path = "probes_linux/cases.rs"]
mod cases;
#[cfg(target_os = "linux")]
mod support;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    jailbuild::runtime::stage::enter(&[&appliance::PROBE]).unwrap_or_else(cases::main)
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    ExitCode::SUCCESS
}
