//! `jailbuild completions`: shell completions from the definitions of the arguments.

use std::io::Write;

use clap::Command;
use clap_complete::Shell;

use crate::error::{Context, Result};

/// Print the completions for a shell.
///
/// For example, for bash: `jailbuild completions bash > /usr/local/share/bash-completion/completions/jailbuild`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The shell.
    shell: Shell,
}

/// Prints the completions of these definitions.
pub fn run(args: &Args, mut definitions: Command) -> Result<u8> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut definitions, "jailbuild", &mut text);
    std::io::stdout().write_all(&text).doing("write to standard output")?;
    Ok(0)
}
