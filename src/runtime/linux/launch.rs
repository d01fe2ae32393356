//! The first process within: locks itself in, then becomes the daemon.

use std::{
    fs::File,
    io,
    os::{fd::AsFd as _, unix::process::CommandExt as _},
    process::{Command, ExitCode},
};

use nix::{
    mount::MsFlags,
    sys::{prctl, signal::Signal},
    unistd::sethostname,
};

use super::keeper::{News, wait_for_the_word};
use crate::{
    error::{Context as _, Error, Result},
    host::{
        links::{Links, disable_ipv6},
        mounts, privileges,
    },
    runtime::{DATA, Deployment, SETTINGS, Sabotage},
};

/// Does all that takes privileges, gives them up, and becomes the daemon. Returns only if something went wrong.
pub(super) fn launch(deployment: &Deployment) -> Result<ExitCode> {
    match lock_in(deployment) {
        Ok(nothing) => Err(become_daemon(deployment, nothing)),
        Err(error) => {
            News::Failed(error.to_string()).tell()?;
            Err(error)
        }
    }
}

/// Returns what the daemon gets as its standard input: there is no `/dev/null` within.
fn lock_in(deployment: &Deployment) -> Result<File> {
    let nothing = File::open("/dev/null").doing("open `/dev/null`")?;
    let links = Links::open()?;
    links.set_up("lo")?;
    disable_ipv6()?;
    see_only_the_image(deployment)?;
    sethostname(&deployment.hostname).doing("set the host name")?;

    News::Unshared.tell()?;
    wait_for_the_word()?;
    connect(deployment, &links)?;
    drop(links);

    lock(deployment)?;
    // After the change of user, which would clear it: prctl(2). The keeper was alive if the word still comes.
    prctl::set_pdeathsig(Signal::SIGKILL).doing("tie the daemon to its keeper")?;
    News::Locked.tell()?;
    wait_for_the_word()?;
    Ok(nothing)
}

fn see_only_the_image(deployment: &Deployment) -> Result<()> {
    mounts::make_private()?;
    let root = deployment.rootfs.canonicalize().doing_to("find", &deployment.rootfs)?;
    let below = |path: &str| root.join(path.trim_start_matches('/'));
    let guarded = MsFlags::MS_NODEV | MsFlags::MS_NOSUID;

    let writable_root = deployment.sabotages(Sabotage::WritableRoot);
    let root_flags = if writable_root { guarded } else { guarded | MsFlags::MS_RDONLY };
    mounts::bind(&root, &root, root_flags)?;
    mounts::bind(&deployment.settings, &below(SETTINGS), guarded | MsFlags::MS_NOEXEC | MsFlags::MS_RDONLY)?;
    let loose_data = deployment.sabotages(Sabotage::LooseData);
    let data_flags = if loose_data { MsFlags::empty() } else { guarded | MsFlags::MS_NOEXEC };
    mounts::bind(&deployment.data, &below(DATA), data_flags)?;
    mounts::pivot(&root)
}

fn connect(deployment: &Deployment, links: &Links) -> Result<()> {
    let policy = &deployment.policy;
    let end = policy.jail_interface();
    links.add_address(&end, policy.jail, policy.link.prefix_len())?;
    links.set_up(&end)?;
    // Answers to the LAN find their way; to all else there is none.
    policy.lan.iter().try_for_each(|network| links.add_route(*network, policy.host))?;
    if deployment.sabotages(Sabotage::DefaultRoute) {
        links.add_route(ipnet::Ipv4Net::default(), policy.host)?;
    }
    Ok(())
}

/// The user and group of the processes within.
pub(super) fn ids(deployment: &Deployment) -> (u32, u32) {
    if deployment.sabotages(Sabotage::RunAsRoot) { (0, 0) } else { (deployment.uid, deployment.gid) }
}

/// Gives up all that no process of the appliance has.
pub(super) fn lock(deployment: &Deployment) -> Result<()> {
    let (uid, gid) = ids(deployment);
    privileges::allow_many_files()?;
    privileges::keep_memory_private()?;
    if deployment.sabotages(Sabotage::KeepCapabilities) {
        privileges::keep_capabilities()?;
        privileges::become_user(uid, gid)?;
        privileges::share_capabilities()?;
    } else {
        privileges::bound_capabilities()?;
        privileges::become_user(uid, gid)?;
        privileges::drop_capabilities()?;
    }
    if deployment.sabotages(Sabotage::GainPrivileges) { Ok(()) } else { privileges::gain_none() }
}

fn become_daemon(deployment: &Deployment, nothing: File) -> Error {
    let log = match io::stderr().as_fd().try_clone_to_owned() {
        Ok(log) => log,
        Err(cause) => return Error::failed(format_args!("cannot share the log: {cause}")),
    };
    let Some((program, arguments)) = deployment.program.split_first() else {
        return Error::failed("no program to run was given");
    };
    let cause = Command::new(program).args(arguments).env_clear().stdin(nothing).stdout(log).exec();
    Error::failed(format_args!("cannot run `{program}` within: {cause}"))
}
