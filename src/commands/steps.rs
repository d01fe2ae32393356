//! Plans and changes of image on this host: written down, and shown as they are carried out.

use std::{env, fmt, fs::File, path::Path};

use xmppd_control::Verb;

use super::show;
use crate::{
    administration::{Daemon, Place, Target},
    appliance::{
        InService, Plan, Step,
        course::{Means, Outcome, Planned},
        hold,
    },
    console::{Console, Verbosity},
    error::{Context as _, Result},
    host::{Host, command, file},
    probe::Style,
};

/// Where every command is written down that changes this host.
const LOG: &str = "/var/log/jailbuild.log";

/// Writes down what is done from now on.
pub(super) fn write_down() -> Result<()> {
    command::log_to(Path::new(LOG))
}

/// The same, and keeps others from changing appliances until the result is dropped.
pub(super) fn begin(host: &dyn Host) -> Result<Option<File>> {
    write_down()?;
    hold(host)
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

/// Has the daemon of an appliance put into its audit log what was done beside it. That it cannot is told, and undoes
/// nothing.
pub(super) fn remember(name: &str, verb: Verb, host: &dyn Host, console: &Console) {
    remember_at(&Target { appliance: Some(name.to_owned()), socket: None }, None, verb, host, console);
}

/// The same, of a daemon that was named, and the school's file that was.
pub(super) fn remember_at(
    target: &Target,
    file: Option<&Path>,
    verb: Verb,
    host: &dyn Host,
    console: &Console,
) {
    let place = Place::find(target, file, host);
    if let Err(error) = place.and_then(|place| Daemon::of(&place)?.remember(verb)) {
        console.note(format_args!("this is not in the audit log: {error}"));
    }
}

/// Prints a plan that is not carried out.
pub(super) fn show_plan(plan: &Plan, nothing: impl fmt::Display, console: &Console) -> Result<u8> {
    let text = if plan.steps.is_empty() { format!("nothing to do: {nothing}") } else { plan.to_string() };
    console.result(plan, text)?;
    Ok(0)
}

/// Carries a change of image out, and shows what came of it.
pub(super) fn change_image(planned: &Planned, host: &dyn Host, console: &Console) -> Result<u8> {
    let outcome = planned.carry_out(&mut Means {
        host,
        prover: &InService { host },
        tell: &mut |event| show(&event, console),
    })?;
    let style = Style::of_stdout(console.verbosity() == Verbosity::Verbose);
    console.result(&outcome, in_style(&outcome, style))?;
    Ok(outcome.exit_code(planned.is_given_up))
}

/// This very program, which stays with the appliance.
pub(super) fn this_program() -> Result<Vec<u8>> {
    let path = env::current_exe().doing("find this program")?;
    file::read_named("this program", &path)
}

fn in_style(outcome: &Outcome, style: Style) -> String {
    let reports = outcome.proofs().map(|proof| proof.report.display(style).to_string());
    reports.chain([outcome.to_string()]).collect::<Vec<_>>().join("\n\n")
}
