//! The user and the group that daemons run as.

use crate::{
    error::{Error, Result},
    host::{Host, command::Command},
    runtime::DAEMON_USER,
};

pub(super) fn are_there(host: &dyn Host) -> Result<bool> {
    Ok(has(host, "groupshow")? && has(host, "usershow")? && require_ids(host).is_ok())
}

pub(super) fn are_gone(host: &dyn Host) -> Result<bool> {
    Ok(!has(host, "groupshow")? && !has(host, "usershow")?)
}

pub(super) fn add(host: &dyn Host) -> Result<()> {
    let id = DAEMON_USER.to_string();
    if !has(host, "groupshow")? {
        host.ask(&Command::new("pw").args(["groupadd", "xmppd", "-g", &id]))?;
    }
    if !has(host, "usershow")? {
        let add =
            Command::new("pw").args(["useradd", "xmppd", "-u", &id, "-g", "xmppd", "-d", "/nonexistent"]);
        host.ask(&add.args(["-s", "/usr/sbin/nologin", "-c", "XMPP daemon"]))?;
    }
    require_ids(host)
}

pub(super) fn remove(host: &dyn Host) -> Result<()> {
    // The group often goes with its last user.
    for (shows, removes) in [("usershow", "userdel"), ("groupshow", "groupdel")] {
        if has(host, shows)? {
            host.ask(&Command::new("pw").args([removes, "xmppd"]))?;
        }
    }
    Ok(())
}

fn has(host: &dyn Host, database: &str) -> Result<bool> {
    Ok(host.output(&Command::new("pw").args([database, "xmppd"]))?.code == Some(0))
}

/// Images say whose their data is by number.
fn require_ids(host: &dyn Host) -> Result<()> {
    let id = DAEMON_USER.to_string();
    let ids = |which: &str| host.ask(&Command::new("id").args([which, "xmppd"]));
    let (user, group) = (ids("-u")?, ids("-g")?);
    if user == id && group == id {
        return Ok(());
    }
    Err(Error::host(
        format_args!("this host's user `xmppd` has the ids {user}:{group}, not {id}:{id}"),
        format_args!("type `pw groupmod xmppd -g {id}; pw usermod xmppd -u {id} -g {id}`"),
    ))
}
