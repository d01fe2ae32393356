//! `jailbuild status`: how an appliance fares.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use crate::{
    administration::{Place, Target},
    appliance::{Record, requirements},
    condition::Condition,
    console::Console,
    error::Result,
    host::ThisHost,
};

/// Say how an appliance fares, what needs you first: exit code 0 if it runs, 1 if not.
///
/// Since when it runs, its image, until when its certificate is good, how many accounts of each kind there are, how many
/// are online, how many messages wait, when the last backup was made, how many addresses have guessed too many passwords,
/// and what is left of the disk. Nobody is named, and nothing is told of what anybody wrote.
///
/// For example: `jailbuild status schoolchat`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The name of an appliance of this host; that of the only one if left out.
    name: Option<String>,

    /// The daemon's control socket, of an appliance that was not installed by `jailbuild install` [env: `JAILBUILD_SOCKET`]
    #[arg(long, value_name = "PATH", conflicts_with = "name")]
    socket: Option<PathBuf>,
}

/// Looks, and says what was seen.
pub fn run(args: Args, file: Option<&Path>, console: &Console) -> Result<u8> {
    let now = OffsetDateTime::now_utc();
    let target = Target { appliance: args.name, socket: args.socket };
    let condition = if target.socket().is_some() {
        Condition::at(&Place::find(&target, file, &ThisHost)?, now)
    } else {
        requirements::freebsd()?;
        requirements::root(&ThisHost)?;
        Condition::of(&Record::name(&ThisHost, target.appliance.as_deref())?, &ThisHost, now)?
    };
    console.show(&condition)?;
    Ok(u8::from(!condition.runs()))
}
