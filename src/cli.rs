//! What was typed: the arguments of every verb, whose doc comments are the help, and the exit code at the end.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, CommandFactory, Parser, Subcommand};
use miette::Diagnostic as _;
use serde_json::json;

use crate::{
    appliance::Service,
    commands::{
        audit, backup, base, cards, cert, check, completions, consent, doctor, export, group, handover, init,
        inspect, install, list, lock, make, man, metrics, plan, restore, rollback, room, service, settings,
        slip, status, texts, trust_kit, uninstall, upgrade, user, verify, year_end,
    },
    console::{Console, Verbosity},
    error::{Error, Result},
    host::{ThisHost, command},
    proof::PROVE,
    runtime::stage,
    site::{self, Origin},
};

/// Make the private chat of a school: an appliance that is closed, and proved to be.
///
/// Without a `jailbuild.toml` in this folder, the built-in example school `school.test` is taken.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done, and nothing failed (single probes may be *not checked*: the report says which)
  1  a step or a probe failed; with --strict, or something was not checked
  2  the command line could not be understood
  3  a file or an option is wrong; nothing was written
  4  made, but not started here, so most claims were not checked
  5  a digest or a signature does not hold, a base is not the one that was locked, or nobody here
     trusts who signed
  6  this host lacks something";

/// Options of every verb.
#[derive(Args, Debug)]
pub struct Global {
    /// The school's file, with its folder `site/` of keys and certificates beside it [default: jailbuild.toml]
    #[arg(long, short, global = true, value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Print results as JSON on standard output.
    #[arg(long, global = true)]
    pub json: bool,

    /// Say nothing but results and errors.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more: the commands that are run, the evidence of each probe.
    #[arg(long, short, global = true)]
    pub verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Arguments),
    Check(check::Arguments),
    Plan(plan::Args),
    Make(make::Args),
    Verify(verify::Args),
    Inspect(inspect::Arguments),
    Export(export::Arguments),
    Handover(handover::Arguments),
    Settings(settings::Arguments),
    Lock(lock::Args),
    Install(install::Args),
    /// Start the service of an appliance, and wait until its daemon answers.
    ///
    /// For example: `jailbuild start schoolchat`
    Start(service::Args),
    /// Stop the service of an appliance; nothing of it stays in memory, in the network or mounted.
    ///
    /// For example: `jailbuild stop schoolchat`
    Stop(service::Args),
    /// Stop and start the service of an appliance.
    ///
    /// For example: `jailbuild restart schoolchat`
    Restart(service::Args),
    /// Let the daemon of an appliance take in its settings and its certificate; connections stay.
    ///
    /// For example: `jailbuild reload schoolchat`
    Reload(service::Args),
    Status(status::Args),
    Metrics(metrics::Args),
    List(list::Args),
    Upgrade(upgrade::Args),
    Rollback(rollback::Args),
    Uninstall(uninstall::Args),
    User(user::Arguments),
    Group(group::Arguments),
    Room(room::Arguments),
    YearEnd(year_end::Args),
    Consent(consent::Arguments),
    Cards(cards::Args),
    Audit(audit::Args),
    Cert(cert::Arguments),
    Slip(slip::Arguments),
    Texts(texts::Arguments),
    TrustKit(trust_kit::Arguments),
    Backup(backup::Args),
    Restore(restore::Args),
    Base(base::Arguments),
    Doctor(doctor::Arguments),
    Completions(completions::Args),
    Man(man::Args),
}

/// The whole program: parses the arguments, runs the verb, prints its error.
pub fn main() -> ExitCode {
    if let Some(code) = stage::enter(&[&PROVE]) {
        return code;
    }
    let cli = Cli::parse();
    let console = cli.global.console();
    command::echo(cli.global.verbose);
    let ended = cli.run(&console);
    console.rest();
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let code = error.exit_code();
            complain(error, console.json());
            ExitCode::from(code)
        }
    }
}

impl Cli {
    fn run(self, console: &Console) -> Result<u8> {
        let named = self.global.file.as_deref();
        let file = named.unwrap_or(Path::new(site::FILE_NAME));
        match self.command {
            Command::Init(arguments) => console.show(&init::run(&arguments, file, console)?),
            Command::Check(arguments) => console.show(&check::run(&arguments, file)?),
            Command::Plan(arguments) => plan::run(&arguments, named, console),
            Command::Make(arguments) => make::run(&arguments, named, console),
            Command::Verify(arguments) => verify::run(&arguments, named, console),
            Command::Inspect(arguments) => inspect::run(&arguments, &Origin::find(named), console),
            Command::Export(arguments) => export::run(&arguments, named, console),
            Command::Handover(arguments) => handover::run(&arguments, named, console),
            Command::Settings(arguments) => settings::run(&arguments, named, console),
            Command::Upgrade(arguments) => upgrade::run(&arguments, &Origin::find(named), console),
            Command::Backup(arguments) => backup::run(&arguments, named, console),
            Command::Restore(arguments) => restore::run(&arguments, console),
            Command::Rollback(arguments) => rollback::run(&arguments, console),
            Command::Lock(arguments) => lock::run(&arguments, named, console),
            Command::Cert(arguments) => {
                console.show(&cert::run(&arguments, &Origin::find(named), &ThisHost, console)?)
            }
            Command::Slip(arguments) => slip::run(&arguments, named, console),
            Command::Texts(arguments) => texts::run(&arguments, named, console),
            Command::TrustKit(arguments) => trust_kit::run(&arguments, named, console),
            Command::Base(arguments) => console.show(&base::run(&arguments)?),
            Command::Doctor(arguments) => {
                let diagnosis = doctor::run(&arguments, named)?;
                console.show(&diagnosis)?;
                Ok(diagnosis.exit_code())
            }
            Command::Install(arguments) => install::run(&arguments, named, console),
            Command::Start(arguments) => service::change(&arguments, Service::Started, console),
            Command::Stop(arguments) => service::change(&arguments, Service::Stopped, console),
            Command::Restart(arguments) => service::change(&arguments, Service::Restarted, console),
            Command::Reload(arguments) => service::change(&arguments, Service::Reloaded, console),
            Command::Status(arguments) => status::run(arguments, named, console),
            Command::Metrics(arguments) => metrics::run(&arguments, named, console),
            Command::List(arguments) => list::run(&arguments, console),
            Command::Uninstall(arguments) => uninstall::run(&arguments, console),
            Command::User(arguments) => user::run(&arguments, named, console),
            Command::Group(arguments) => group::run(&arguments, named, console),
            Command::Room(arguments) => room::run(&arguments, named, console),
            Command::YearEnd(arguments) => year_end::run(&arguments, named, console),
            Command::Consent(arguments) => consent::run(&arguments, named, console),
            Command::Cards(arguments) => cards::run(&arguments, named, console),
            Command::Audit(arguments) => audit::run(&arguments, named, console),
            Command::Completions(arguments) => completions::run(&arguments, Self::command()),
            Command::Man(arguments) => man::run(&arguments),
        }
    }
}

impl Global {
    fn console(&self) -> Console {
        let verbosity = match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        };
        Console::new(verbosity, self.json)
    }
}

/// Prints an error: for people as miette draws it, with the place in the file and the hint; for machines as JSON.
#[expect(clippy::print_stderr, reason = "this is where errors end")]
fn complain(error: Error, json: bool) {
    if json {
        let hint = error.help().map(|hint| hint.to_string());
        let error = json!({ "what": error.to_string(), "hint": hint, "code": error.exit_code() });
        eprintln!("{}", json!({ "error": error }));
    } else {
        eprintln!("{:?}", miette::Report::new(error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }
}
