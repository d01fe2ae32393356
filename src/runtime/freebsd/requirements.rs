//! What a host must have before a jail is started or looked at, each with what to type where it has not.

use std::path::Path;

use super::{facts, firewall};
use crate::{
    error::{Error, Result},
    host::{Host, command::Command},
    runtime::DAEMON_USER,
};

/// What a start needs.
pub(super) fn require_host(host: &dyn Host) -> Result<()> {
    require_root(host)?;
    require_vnet(host)?;
    require_user(host)?;
    firewall::require(host)
}

pub(super) fn require_root(host: &dyn Host) -> Result<()> {
    if host.ask(&Command::new("id").arg("-u"))? == "0" {
        return Ok(());
    }
    Err(Error::host("only root starts a jail, and looks into one", "type `su -` or `sudo` first"))
}

/// What clients of an appliance with a network stack of its own need: they come in through this host.
pub(super) fn require_forwarding(host: &dyn Host) -> Result<()> {
    if host.ask(&Command::new("sysctl").args(["-n", "net.inet.ip.forwarding"]))? == "1" {
        return Ok(());
    }
    Err(Error::host(
        "this host forwards nothing: no client reaches the appliance",
        "type `sysctl net.inet.ip.forwarding=1 && sysrc gateway_enable=YES`",
    ))
}

fn require_vnet(host: &dyn Host) -> Result<()> {
    match host.ask(&Command::new("sysctl").args(["-n", "kern.features.vimage"])) {
        Ok(value) if value == "1" => Ok(()),
        _ => Err(Error::host(
            "this kernel has no `VIMAGE`, hence no jail with a network stack of its own",
            "boot the GENERIC kernel; without it, type `jailbuild install --shared-address`, which isolates less",
        )),
    }
}

fn require_user(host: &dyn Host) -> Result<()> {
    let id = |which: &str| host.ask(&Command::new("id").args([which, "xmppd"]));
    let wanted = DAEMON_USER.to_string();
    let Ok(user) = id("-u") else {
        return Err(Error::host(
            "this host has no user `xmppd`",
            format_args!(
                "type `pw groupadd xmppd -g {wanted}; \
                 pw useradd xmppd -u {wanted} -g xmppd -d /nonexistent -s /usr/sbin/nologin`"
            ),
        ));
    };
    let group = id("-g")?;
    if user == wanted && group == wanted {
        return Ok(());
    }
    Err(Error::host(
        format_args!("this host's user `xmppd` has the ids {user}:{group}, not {wanted}:{wanted}"),
        format_args!("type `pw groupmod xmppd -g {wanted}; pw usermod xmppd -u {wanted} -g {wanted}`"),
    ))
}

/// Programs must run from where the image is unpacked.
pub(super) fn require_programs_run(host: &dyn Host, folder: &Path) -> Result<()> {
    let mounts = facts::mounts(&host.ask(&Command::new("mount"))?);
    let above = mounts.iter().filter(|mount| folder.starts_with(&mount.at));
    let Some(mount) = above.max_by_key(|mount| mount.at.components().count()) else { return Ok(()) };
    if !mount.options.iter().any(|option| option == "noexec") {
        return Ok(());
    }
    Err(Error::host(
        format_args!("`{}` is mounted `noexec`, so nothing can be started from there", mount.at.display()),
        "name a folder that is not, such as `TMPDIR=/var/tmp jailbuild …`",
    ))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::host::double::Double;

    #[test]
    fn a_host_that_lacks_something_is_told_what() {
        const ROOT: (&str, i32, &str) = ("id -u", 0, "0\n");
        const VNET: (&str, i32, &str) = ("sysctl -n kern.features.vimage", 0, "1\n");
        let ids = |user| [("id -u xmppd", 0, user), ("id -g xmppd", 0, "5222\n"), ROOT, VNET];
        for (answers, what) in [
            (vec![("id -u", 0, "1001\n")], "only root starts a jail, and looks into one"),
            (
                vec![ROOT, ("sysctl", 1, "")],
                "this kernel has no `VIMAGE`, hence no jail with a network stack of its own",
            ),
            (vec![("id -u xmppd", 1, ""), ROOT, VNET], "this host has no user `xmppd`"),
            (ids("1005\n").to_vec(), "this host's user `xmppd` has the ids 1005:5222, not 5222:5222"),
            (ids("5222\n").to_vec(), "pf is not enabled"),
        ] {
            let error = require_host(&Double::answering(&answers)).unwrap_err();
            assert_eq!((error.to_string().as_str(), error.exit_code()), (what, 6));
        }
    }

    #[test]
    fn nothing_is_unpacked_where_programs_do_not_run() {
        const MOUNTS: &str =
            "/dev/vtbd0 on / (ufs, local, soft-updates)\ntmpfs on /tmp (tmpfs, local, noexec)\n";
        let host = Double::answering(&[("mount", 0, MOUNTS)]);
        require_programs_run(&host, Path::new("/var/tmp/x")).unwrap();
        require_programs_run(&host, Path::new("/tmpfiles")).unwrap();
        let error = require_programs_run(&host, Path::new("/tmp/x/rootfs")).unwrap_err();
        assert_eq!((error.exit_code(), error.to_string().contains("`/tmp` is mounted `noexec`")), (6, true));
    }
}
