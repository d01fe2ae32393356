//! `jailbuild man`: man pages from the definitions of the arguments.

use std::path::PathBuf;

use clap::CommandFactory;

use crate::{
    cli::Cli,
    error::{Context, Result},
};

/// Write the man pages, one for each command, into a folder.
///
/// For example: `jailbuild man /usr/local/share/man/man1`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The folder, which must exist.
    folder: PathBuf,
}

/// Writes the pages.
pub fn run(args: &Args) -> Result<u8> {
    clap_mangen::generate_to(Cli::command(), &args.folder).doing_to("write man pages to", &args.folder)?;
    Ok(0)
}
