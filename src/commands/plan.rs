//! `jailbuild plan`: what `make` would do.

use std::path::Path;

use super::{make, school};
use crate::{console::Console, error::Result, plan::Plan};

/// Print what `make` would do, and change nothing.
///
/// For example: `jailbuild plan --target x86_64-unknown-freebsd --base 15.1`
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    make: make::Args,
}

/// Prints the plan.
pub fn run(args: &Args, file: Option<&Path>, console: &Console) -> Result<u8> {
    console.show(&Plan::new(&args.make.wishes(school(file, console)?)?)?)
}
