//! What is asked before anything of a host is touched: by every verb, and of an appliance's name. The host itself is
//! judged in [`crate::checkup`].

use super::Layout;
use crate::{
    error::{Error, Result},
    host::{Host, command::Command},
    target::Target,
};

/// What every file that is made from a template says of itself.
const OURS: &str = "Made by jailbuild";

/// Refuses a system without jails.
pub fn freebsd() -> Result<()> {
    if Target::host()?.is_freebsd() {
        return Ok(());
    }
    Err(Error::host(
        format_args!("appliances live on FreeBSD, and this is {}", std::env::consts::OS),
        "run this on the FreeBSD host; `jailbuild verify IMAGE` tries an image here, and leaves nothing",
    ))
}

/// Refuses who is not root.
pub fn root(host: &dyn Host) -> Result<()> {
    if host.ask(&Command::new("id").arg("-u"))? == "0" {
        return Ok(());
    }
    Err(Error::host("only root changes the appliances of a host", "type `su -` or `sudo` first"))
}

/// Refuses a name that something else on this host has.
pub fn name(layout: &Layout, is_installed: bool, host: &dyn Host) -> Result<()> {
    let taken = |by: &str| {
        Error::configuration(
            format_args!("this host has {by} called `{}` already, which is no appliance", layout.name()),
            "give the school's appliance another name: `name` in its `jailbuild.toml`",
        )
    };
    if host.look(&layout.service_of_base())?.is_some() {
        return Err(taken("a service"));
    }
    if is_installed {
        return Ok(());
    }
    let script = host.text(&layout.service())?;
    if script.as_ref().is_some_and(|script| !script.contains(OURS)) {
        return Err(taken("a service"));
    }
    // It would write into that, have it rotated, and take it away in the end. A script is what an interrupted installation left.
    if script.is_none() && host.look(&layout.log())?.is_some() {
        return Err(Error::configuration(
            format_args!("`{}` is there already: the log of something else", layout.log().display()),
            "give the school's appliance another name: `name` in its `jailbuild.toml`; or move that file away, if nothing writes to it",
        ));
    }
    if host.output(&Command::new("jls").args(["-j", layout.name(), "jid"]))?.code == Some(0) {
        return Err(taken("a jail"));
    }
    Ok(())
}
