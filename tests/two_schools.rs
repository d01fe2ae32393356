//! One image, two schools: the first hands it to the second, which trusts nobody; and then neither can log in at the other,
//! decrypt what is the other's, or be mistaken for it.

#[cfg(target_os = "linux")]
#[path = "two_schools/cases.rs"]
mod cases;
#[cfg(target_os = "linux")]
#[path = "two_schools/school.rs"]
mod school;
#[cfg(target_os = "linux")]
mod support;
#[cfg(target_os = "linux")]
#[path = "two_schools/token.rs"]
mod token;
#[cfg(target_os = "linux")]
#[path = "two_schools/visit.rs"]
mod visit;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    jailbuild::runtime::stage::enter(&[&visit::VISIT]).unwrap_or_else(cases::main)
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    ExitCode::SUCCESS
}
