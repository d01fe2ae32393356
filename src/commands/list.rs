//! `jailbuild list`: the appliances of this host.

use crate::{
    appliance::{listing::Listing, requirements},
    console::Console,
    error::Result,
    host::ThisHost,
};

/// List the appliances of this host, and whether they run.
///
/// For example: `jailbuild list --json`
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Looks at each.
pub fn run(_: &Args, console: &Console) -> Result<u8> {
    requirements::freebsd()?;
    requirements::root(&ThisHost)?;
    console.show(&Listing::of(&ThisHost)?)
}
