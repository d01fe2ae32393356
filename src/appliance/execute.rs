//! Steps carried out, each ensured rather than done, and each looked at afterwards.

use std::path::Path;

use super::{
    step::{Content, Owner, Step},
    zfs,
};
use crate::{
    error::{Error, Result},
    host::{Found, Host, command::Command, file},
    runtime::DAEMON_USER,
};

/// What came of a step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Done {
    /// It was so already.
    Already,
    /// It was done now.
    Now,
}

/// Ensures one step.
pub fn carry_out(step: &Step, host: &dyn Host) -> Result<Done> {
    match step {
        Step::User => user(host),
        Step::Folder { path, mode, owner } => folder(host, path, *mode, *owner),
        Step::File { path, mode, owner, content } => file(host, path, *mode, *owner, content),
        Step::Link { path, target } => link(host, path, target),
        Step::Renamed { from, to } => renamed(host, from, to),
        Step::Absent { path } => absent(host, path),
        Step::Dataset { name, at } => zfs::ensure(host, name, at),
        Step::NoDataset { name } => zfs::ensure_gone(host, name),
        Step::Snapshot { name } => {
            unless(host, &zfs::named(name), &Command::new("zfs").args(["snapshot", name]))
        }
        Step::RolledBack { snapshot } => zfs::roll_back(host, snapshot),
        Step::Run(command) => host.ask(command).map(|_| Done::Now),
        Step::Unless { holds, run } => unless(host, holds, run),
        Step::Note(_) => Ok(Done::Already),
    }
}

fn user(host: &dyn Host) -> Result<Done> {
    let id = DAEMON_USER.to_string();
    let has = |database: &str| {
        Ok::<_, Error>(host.output(&Command::new("pw").args([database, "xmppd"]))?.code == Some(0))
    };
    let mut done = Done::Already;
    if !has("groupshow")? {
        host.ask(&Command::new("pw").args(["groupadd", "xmppd", "-g", &id]))?;
        done = Done::Now;
    }
    if !has("usershow")? {
        let add =
            Command::new("pw").args(["useradd", "xmppd", "-u", &id, "-g", "xmppd", "-d", "/nonexistent"]);
        host.ask(&add.args(["-s", "/usr/sbin/nologin", "-c", "XMPP daemon"]))?;
        done = Done::Now;
    }
    let ids = |which: &str| host.ask(&Command::new("id").args([which, "xmppd"]));
    let found = (ids("-u")?, ids("-g")?);
    if found == (id.clone(), id.clone()) {
        return Ok(done);
    }
    Err(Error::host(
        format_args!("this host's user `xmppd` has the ids {}:{}, not {id}:{id}", found.0, found.1),
        format_args!("type `pw groupmod xmppd -g {id}; pw usermod xmppd -u {id} -g {id}`"),
    ))
}

fn folder(host: &dyn Host, path: &Path, mode: u32, owner: Owner) -> Result<Done> {
    let wanted = Some(Found::Folder { mode });
    let done = if host.look(path)? == wanted {
        Done::Already
    } else {
        host.create_folder(path, mode)?;
        Done::Now
    };
    expect(host, path, wanted.as_ref())?;
    Ok(done.and(own(host, path, owner)?))
}

fn file(host: &dyn Host, path: &Path, mode: u32, owner: Owner, content: &Content) -> Result<Done> {
    let wanted = Some(Found::File { mode });
    let same = host.look(path)? == wanted && host.read(path)?.as_deref() == Some(content.bytes());
    if same {
        return own(host, path, owner);
    }
    // Who may read it in the end does not own it yet: until then nobody but root may.
    host.write(path, content.bytes(), mode & file::SECRET)?;
    own(host, path, owner)?;
    if mode != mode & file::SECRET {
        host.ask(&Command::new("chmod").arg(format!("{mode:04o}")).arg(path))?;
    }
    expect(host, path, wanted.as_ref())?;
    Ok(Done::Now)
}

fn link(host: &dyn Host, path: &Path, target: &Path) -> Result<Done> {
    let wanted = Some(Found::Link { target: target.to_owned() });
    if host.look(path)? == wanted {
        return Ok(Done::Already);
    }
    host.link(path, target)?;
    expect(host, path, wanted.as_ref())?;
    Ok(Done::Now)
}

fn renamed(host: &dyn Host, from: &Path, to: &Path) -> Result<Done> {
    match (host.look(from)?, host.look(to)?) {
        (None, Some(_)) => Ok(Done::Already),
        (None, None) => {
            Err(Error::failed(format_args!("there is neither `{}` nor `{}`", from.display(), to.display())))
        }
        _ => host.rename(from, to).map(|()| Done::Now),
    }
}

fn absent(host: &dyn Host, path: &Path) -> Result<Done> {
    if host.look(path)?.is_none() {
        return Ok(Done::Already);
    }
    host.remove(path)?;
    expect(host, path, None)?;
    Ok(Done::Now)
}

fn unless(host: &dyn Host, holds: &Command, run: &Command) -> Result<Done> {
    if host.output(holds)?.code == Some(0) {
        return Ok(Done::Already);
    }
    host.ask(run)?;
    match host.output(holds)?.code {
        Some(0) => Ok(Done::Now),
        _ => Err(Error::failed(format_args!("`{run}` succeeded, but `{holds}` still does not"))),
    }
}

/// Gives a file or folder to its owner, if it is not theirs.
fn own(host: &dyn Host, path: &Path, owner: Owner) -> Result<Done> {
    let shown = |host: &dyn Host| host.ask(&Command::new("stat").args(["-f", "%u:%g"]).arg(path));
    if shown(host)? == owner.ids() {
        return Ok(Done::Already);
    }
    host.ask(&Command::new("chown").arg(owner.ids()).arg(path))?;
    match shown(host)? {
        ids if ids == owner.ids() => Ok(Done::Now),
        ids => Err(Error::failed(format_args!(
            "`{}` is {ids}'s after it was given to {}",
            path.display(),
            owner.ids()
        ))),
    }
}

fn expect(host: &dyn Host, path: &Path, wanted: Option<&Found>) -> Result<()> {
    let found = host.look(path)?;
    if found.as_ref() == wanted {
        return Ok(());
    }
    Err(Error::failed(format_args!("`{}` is {found:?}, not {wanted:?}", path.display())))
}

impl Done {
    fn and(self, other: Self) -> Self {
        if self == Self::Now { self } else { other }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests;
