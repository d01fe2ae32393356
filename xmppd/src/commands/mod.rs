//! One thin file a verb.

mod administrator;
mod check;
mod metrics;
mod migrate;
mod reload;
mod serve;
mod status;
mod user;

use std::{io, io::Write, process};

use serde::Serialize;
use tracing_subscriber::EnvFilter;

use crate::{cli::Command, failure::Failure, inside};

/// Does what was typed.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Check(check) => check::run(&check),
        Command::Inside(attempts) => print_json(&inside::attempt(attempts)),
        Command::Metrics(metrics) => wait(metrics::run(metrics)),
        Command::Migrate(migrate) => migrate::run(&migrate),
        Command::Reload(reload) => wait(reload::run(reload)),
        Command::Serve(serve) => {
            log("info");
            tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .map_err(|error| no_runtime(&error))?
                .block_on(serve::run(serve))
        }
        Command::Status(status) => wait(status::run(status)),
        Command::User(user) => {
            // Without a daemon, the audit lines go to the terminal of whoever makes the change.
            log("warn,audit=info");
            wait(user::run(user))
        }
    }
}

/// Log lines on standard error; `XMPPD_LOG` chooses others, as `EnvFilter` has it. Where nobody reads them any more, since the
/// supervisor was killed, they are lost: to say so, in the same place, would end the daemon.
fn log(default: &str) {
    let filter = EnvFilter::try_from_env("XMPPD_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .log_internal_errors(false)
        .with_writer(io::stderr)
        .init();
}

fn wait(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| no_runtime(&error))?
        .block_on(command)
}

fn no_runtime(error: &io::Error) -> Failure {
    Failure::new(format!("cannot start: {error}"), "the system may have run out of files or threads")
}

fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    print(&serde_json::to_string(value).expect("an answer is plain data"))
}

/// A line on standard output. Whoever reads it may go away early, as `head` does: that is no failure.
fn print(line: &str) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => process::exit(0),
        Err(error) => Err(Failure::new(format!("cannot print: {error}"), "look where standard output goes")),
        Ok(()) => Ok(()),
    }
}
