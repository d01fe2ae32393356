//! The Linux runtime with a real daemon, as the user at hand and, where that is root, as an ordinary one too.
//!
//! The daemon is this very program: with its shared objects it makes up the whole root file system.

#[cfg(target_os = "linux")]
#[path = "runtime_linux/cases.rs"]
mod cases;
#[cfg(target_os = "linux")]
#[path = "runtime_linux/daemon.rs"]
mod daemon;
#[cfg(target_os = "linux")]
#[path = "runtime_linux/world.rs"]
mod world;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    if let Some(code) = jailbuild::runtime::stage::enter(&[&world::OBSERVE, &world::LINGER]) {
        return code;
    }
    if let Some(code) = daemon::enter() {
        return code;
    }
    cases::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    ExitCode::SUCCESS
}
