//! The command line of the instant messaging server of one school.

mod cli;
mod commands;
mod failure;
mod inside;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    match commands::run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(format_args!("error: {}", failure.what));
            if let Some(hint) = &failure.hint {
                tell(format_args!("\nhint: {hint}"));
            }
            ExitCode::from(failure.code)
        }
    }
}

/// To the human at the terminal; standard output is for data alone.
#[expect(clippy::print_stderr, reason = "the one place that talks to the human")]
fn tell(text: impl std::fmt::Display) {
    eprintln!("{text}");
}
