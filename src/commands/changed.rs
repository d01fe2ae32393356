//! What `upgrade` and `rollback` have in common: a change of image, carried out and shown.

use std::{env, fs::File};

use super::{show, steps};
use crate::{
    appliance::{
        InService,
        course::{Means, Outcome, Planned},
        hold,
    },
    console::{Console, Verbosity},
    error::{Context as _, Result},
    host::{Host, command::Command, file},
    probe::Style,
    render::KernelParameters,
};

/// From here on what is done is written down, and nobody else changes appliances.
pub(super) fn begin(host: &dyn Host) -> Result<Option<File>> {
    steps::write_down()?;
    hold(host)
}

/// Carries it out, and shows what came of it.
pub(super) fn carry_out(planned: &Planned, host: &dyn Host, console: &Console) -> Result<u8> {
    let outcome = planned.carry_out(&mut Means {
        host,
        prover: &InService { host },
        tell: &mut |event| show(&event, console),
    })?;
    let style = Style::of_stdout(console.verbosity() == Verbosity::Verbose);
    console.result(&outcome, in_style(&outcome, style))?;
    Ok(outcome.exit_code(planned.is_given_up))
}

/// The parameters that this kernel knows of jails.
pub(super) fn kernel(host: &dyn Host) -> Result<KernelParameters> {
    let known = host.ask(&Command::new("sysctl").args(["-N", "security.jail.param"]))?;
    Ok(KernelParameters::parse(&known))
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
