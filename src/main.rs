//! The command line tool: arguments in, an exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    jailbuild::cli::main()
}
