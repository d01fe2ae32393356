//! What a host must have, asked before anything of it is touched.

use super::{Layout, execute::kernel};
use crate::{
    error::{Error, Result},
    host::{Host, command::Command},
    image::Manifest,
    policy::Stack,
    runtime::DAEMON_USER,
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

/// Refuses an image that this host cannot run.
pub fn image(manifest: &Manifest, target: Target, host: &dyn Host) -> Result<()> {
    if manifest.target != target {
        return Err(Error::host(
            format_args!("the image is for {}, and this host is {target}", manifest.target),
            "get the image for this host, or make one here: `jailbuild make`",
        ));
    }
    let release = kernel(host, "kern.osreldate")?.and_then(|text| text.parse::<u32>().ok());
    // sys/param.h: 1501501 is 15.1.
    let major = release.map(|release| release / 100_000);
    match (manifest.base.major(), major) {
        (Some(needed), Some(found)) if needed > found => Err(Error::host(
            format_args!(
                "the image's libraries are those of FreeBSD {needed}, and this host's kernel is {found}"
            ),
            "an older kernel does not run them: upgrade the host, or make the image from an older base",
        )),
        _ => Ok(()),
    }
}

/// Refuses a network stack that the kernel cannot give.
pub fn stack(stack: Stack, host: &dyn Host) -> Result<()> {
    let vnet = kernel(host, "kern.features.vimage")?.as_deref() == Some("1");
    if vnet || stack == Stack::Shared {
        return Ok(());
    }
    Err(Error::host(
        "this host's kernel has no VNET (`options VIMAGE`), which gives a jail a network of its own",
        "boot the GENERIC kernel, or add `--shared-address`: the jail then reaches what listens on this host",
    ))
}

/// Refuses a host whose user of this name is somebody else.
pub fn user(host: &dyn Host) -> Result<()> {
    let wanted = DAEMON_USER.to_string();
    for which in ["-u", "-g"] {
        let output = host.output(&Command::new("id").args([which, "xmppd"]))?;
        let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.code == Some(0) && found != wanted {
            return Err(Error::host(
                format_args!(
                    "this host's user `xmppd` has the id {found} (`id {which} xmppd`), not {wanted}"
                ),
                format_args!(
                    "type `pw groupmod xmppd -g {wanted}; pw usermod xmppd -u {wanted} -g {wanted}`"
                ),
            ));
        }
    }
    Ok(())
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
    if host.text(&layout.service())?.is_some_and(|script| !script.contains(OURS)) {
        return Err(taken("a service"));
    }
    if host.output(&Command::new("jls").args(["-j", layout.name(), "jid"]))?.code == Some(0) {
        return Err(taken("a jail"));
    }
    Ok(())
}
