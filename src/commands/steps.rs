//! Steps on this host: shown as they are done, and written down.

use std::{fmt, path::Path};

use crate::{
    appliance::{Plan, Step},
    console::Console,
    error::Result,
    host::{Host, command},
};

/// Where every command is written down that changes this host.
const LOG: &str = "/var/log/jailbuild.log";

/// Writes down what is done from now on.
pub(super) fn write_down() -> Result<()> {
    command::log_to(Path::new(LOG))
}

/// Prints a plan that is not carried out.
pub(super) fn show(plan: &Plan, nothing: impl fmt::Display, console: &Console) -> Result<u8> {
    let text = if plan.steps.is_empty() { format!("nothing to do: {nothing}") } else { plan.to_string() };
    console.result(plan, text)?;
    Ok(0)
}

/// Carries a plan out, and tells how far it is. Notes stay on the screen.
pub(super) fn carry_out(plan: &Plan, host: &dyn Host, console: &Console) -> Result<()> {
    let total = plan.steps.len();
    let mut index = 0;
    let mut tell = |step: &Step| {
        match step {
            Step::Note(text) => console.note(text),
            step => console.progress(index, total, format_args!("ensuring {step}")),
        }
        index += 1;
    };
    plan.carry_out(host, &mut tell)
}
