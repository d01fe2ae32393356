//! The keeper: the daemon's parent, just outside its pid namespace.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    os::fd::AsFd as _,
    process::{Child, ExitCode, ExitStatus},
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sched::{CloneFlags, unshare},
    unistd::setsid,
};

use super::{
    backstage,
    keeper::{News, described, wait_for_the_word},
    launch, visit,
};
use crate::{
    error::{Context as _, Result},
    host::{namespaces, privileges},
    runtime::{Deployment, Sabotage},
};

/// Enters the namespaces, starts the process that becomes the daemon, and stays with it.
pub(super) fn keep(deployment: &Deployment) -> Result<ExitCode> {
    match start_daemon(deployment) {
        Ok((mut daemon, _listener)) => {
            let status = stay_with(&mut daemon)?;
            Ok(ExitCode::from(visit::code(status)))
        }
        Err(error) => {
            News::Failed(error.to_string()).tell()?;
            Err(error)
        }
    }
}

fn start_daemon(deployment: &Deployment) -> Result<(Child, Option<TcpListener>)> {
    // Out of the terminal's process group: Ctrl-C is for the stage, whose end is noticed here.
    setsid().doing("leave the terminal")?;
    let (uid, gid) = launch::ids(deployment);
    let users = enter_namespaces(uid, gid)?;
    if users == Users::Unmapped {
        News::Unmapped.tell()?;
        wait_for_the_word()?;
    }
    if users != Users::Shared {
        namespaces::forbid_user_namespaces()?;
    }
    let listener = extra_listener(deployment)?;
    let daemon =
        backstage::part("launch", &[&described(deployment)?]).spawn().doing("start the first process")?;
    News::Keeping(daemon.id()).tell()?;
    Ok((daemon, listener))
}

/// The users that the appliance knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Users {
    /// Those of the stage, in a user namespace of the appliance's own, once someone outside has mapped them.
    Unmapped,
    /// The daemon's alone, in a user namespace of the appliance's own.
    Mapped,
    /// Those of the stage, in its very user namespace.
    Shared,
}

/// Enters the appliance's namespaces, with capabilities over them. Among them is a user namespace, in which further
/// ones can be forbidden: for an ordinary user it makes the daemon's user, as another name for the one at hand; root
/// does without where it cannot be had.
pub(super) fn enter_namespaces(uid: u32, gid: u32) -> Result<Users> {
    let doing = "make the appliance's namespaces";
    let kinds = CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWUTS;
    if namespaces::user_exists(uid)? {
        let with_users = unshare(CloneFlags::CLONE_NEWUSER | kinds).map(|()| Users::Unmapped);
        return with_users.or_else(|_| unshare(kinds).map(|()| Users::Shared)).doing(doing);
    }
    namespaces::enter_as(uid, gid, kinds).doing(doing)?;
    // Whoever is not called 0 loses its capabilities at the next execve(2), unless they are ambient: capabilities(7).
    privileges::share_capabilities()?;
    Ok(Users::Mapped)
}

fn extra_listener(deployment: &Deployment) -> Result<Option<TcpListener>> {
    let port = deployment.sabotage.iter().find_map(|sabotage| match sabotage {
        Sabotage::ExtraListener(port) => Some(*port),
        _ => None,
    });
    port.map(|port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)))
        .transpose()
        .doing("listen where nothing should")
}

/// Waits for the daemon's end, which follows when the stage is gone: then its pipe hangs up.
fn stay_with(daemon: &mut Child) -> Result<ExitStatus> {
    let orders = io::stdin();
    loop {
        if let Some(status) = daemon.try_wait().doing("wait for the daemon")? {
            return Ok(status);
        }
        // No events asked for: a hang-up is always told of, and what is to be read is not for the keeper.
        let mut watched = [PollFd::new(orders.as_fd(), PollFlags::empty())];
        if poll(&mut watched, PollTimeout::from(100_u8)).doing("watch the stage")? > 0 {
            daemon.kill().doing("end the daemon")?;
            return daemon.wait().doing("wait for the daemon");
        }
    }
}
