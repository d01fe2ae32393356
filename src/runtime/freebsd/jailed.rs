//! A jail with an appliance in it, as the probes see it: whoever has started it.

use std::{
    any::Any,
    fs::File,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    execute::{self, supervisor},
    facts, firewall,
    plan::{self, Step},
};
use crate::{
    error::{Error, Result},
    host::{Host, command::Command},
    policy::{SERVER_TO_SERVER, Stack},
    runtime::{Appliance, BEYOND, Firewall, Listener, Mount, Output, Place, Process, log},
};

/// How long a program run beside the daemon may take.
const VISIT: Duration = Duration::from_secs(120);

/// An appliance in a jail.
pub(super) struct Jailed {
    place: Place,
    /// What runs a program within, as the daemon's user.
    inside: Vec<String>,
    host: Box<dyn Host>,
    bait: Vec<TcpListener>,
    /// What takes away all that was made for it here.
    leave: Vec<Step>,
    left: bool,
    /// Lives as long as this does.
    kept: Vec<Box<dyn Any + Send + Sync>>,
}

/// Waits until nobody else looks at an appliance of this host: there is one link for those that are thrown away, and one
/// address that stands for the world beyond.
pub(super) fn alone(host: &dyn Host) -> Result<File> {
    let folder = Path::new(plan::RUNNING);
    host.create_folder(folder, 0o755)?;
    host.hold(folder)
}

/// What runs a program of the image in the jail of that name, as the daemon's user.
pub fn inside(name: &str, arguments: &[&str]) -> Command {
    Command::new("env").args(plan::inside_of(name).split_off(1)).args(arguments).limit(VISIT)
}

impl Jailed {
    pub(super) fn new(place: Place, inside: Vec<String>, host: Box<dyn Host>, leave: Vec<Step>) -> Self {
        Self { place, inside, host, bait: Vec::new(), leave, left: false, kept: Vec::new() }
    }

    /// Has something live as long as this does.
    pub(super) fn keep(&mut self, thing: impl Any + Send + Sync) {
        self.kept.push(Box::new(thing));
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    pub(super) fn host(&self) -> &dyn Host {
        self.host.as_ref()
    }

    pub(super) fn carry_out(&self, steps: &[Step]) -> Result<()> {
        execute::carry_out(steps, self.host.as_ref())
    }

    /// Opens what the jail must not reach: on its host, and on an address beyond.
    pub(super) fn lay_bait(&mut self) -> Result<()> {
        self.carry_out(&[plan::bait()])?;
        for target in [(self.place.policy.host, 0), (BEYOND, 443), (BEYOND, SERVER_TO_SERVER)] {
            self.bait.extend(TcpListener::bind(target).ok());
        }
        Ok(())
    }

    pub(super) fn require_locked(&self) -> Result<()> {
        match facts::open_locks(&self.jail("jls", &["--libxo", "json", "all"])?, self.place.policy.stack)?
            .as_slice()
        {
            [] => Ok(()),
            open => Err(Error::failed(format_args!("the jail is not locked: {}", open.join(", ")))),
        }
    }

    /// What a tool of the host prints that takes `-j NAME`.
    fn jail(&self, tool: &str, arguments: &[&str]) -> Result<String> {
        let command = Command::new(tool).args(["-j", &self.place.policy.name]).args(arguments);
        self.host.ask(&command)
    }

    /// Whether the daemon still runs: its supervisor goes as it goes, or starts it again.
    pub(super) fn is_supervised(&self) -> Result<bool> {
        Ok(supervisor(self.host.as_ref(), &self.place.pid_file)?.is_some())
    }

    fn listening_within(&self) -> Result<Vec<Listener>> {
        let mut listeners = Vec::new();
        for family in ["inet", "inet6"] {
            let listing = self.jail("netstat", &["-an", "-f", family, "--libxo", "json"])?;
            listeners.extend(facts::listening(&listing)?);
        }
        Ok(listeners)
    }

    /// With the host's stack, whatever listens within does so on the one address that it may use.
    fn listening_on_its_address(&self) -> Result<Vec<Listener>> {
        let sockets = facts::sockets(&self.host.ask(&Command::new("sockstat").arg("-4l"))?);
        let own = sockets.into_iter().filter(|socket| socket.address == Some(self.place.policy.jail));
        Ok(own.map(|it| Listener { protocol: it.protocol.to_owned(), port: it.port }).collect())
    }

    fn leave(&mut self) -> Result<()> {
        if self.left {
            return Ok(());
        }
        self.left = true;
        self.carry_out(&self.leave)
    }
}

impl Drop for Jailed {
    fn drop(&mut self) {
        // Who wants to hear of a failure calls `stop`.
        let _ = self.leave();
    }
}

impl Appliance for Jailed {
    fn address(&self) -> Ipv4Addr {
        self.place.policy.jail
    }

    fn forbidden_targets(&self) -> Vec<SocketAddrV4> {
        let addresses = self.bait.iter().filter_map(|listener| listener.local_addr().ok());
        addresses
            .filter_map(|address| match address {
                SocketAddr::V4(address) => Some(address),
                SocketAddr::V6(_) => None,
            })
            .collect()
    }

    fn run_inside(&self, arguments: &[&str], input: &[u8]) -> Result<Output> {
        let (first, rest) = self.inside.split_first().ok_or_else(|| Error::failed("nothing to run"))?;
        let command = Command::new(first).args(rest).args(arguments).input(input).limit(VISIT);
        let ended = self.host.output(&command)?;
        // Which signal it was, a supervisor knows; here it is enough that there was one.
        Ok(Output { code: ended.code.unwrap_or(128), stdout: ended.stdout, stderr: ended.stderr })
    }

    fn processes(&self) -> Result<Vec<Process>> {
        let pids = self.jail("pgrep", &["."])?;
        let listing = Command::new("procstat").arg("-s").args(pids.split_ascii_whitespace());
        let mut processes = facts::credentials(&self.host.ask(&listing)?);
        for process in &mut processes {
            let command = Command::new("ps").args(["-ww", "-o", "command=", "-p", &process.pid.to_string()]);
            process.command = self.host.ask(&command)?;
        }
        Ok(processes)
    }

    fn listening(&self) -> Result<Vec<Listener>> {
        let mut listeners = match self.place.policy.stack {
            Stack::Own => self.listening_within()?,
            Stack::Shared => self.listening_on_its_address()?,
        };
        listeners.sort();
        listeners.dedup();
        Ok(listeners)
    }

    fn mounts(&self) -> Result<Vec<Mount>> {
        let listing = self.host.ask(&Command::new("mount"))?;
        Ok(facts::mounts_within(facts::mounts(&listing), &self.place.root))
    }

    fn routes(&self) -> Result<Vec<String>> {
        let listing = match self.place.policy.stack {
            Stack::Own => self.jail("netstat", &["-rn"])?,
            Stack::Shared => self.host.ask(&Command::new("netstat").args(["-rn", "-f", "inet"]))?,
        };
        Ok(facts::routes(&listing))
    }

    fn firewall(&self) -> Firewall {
        firewall::check(self.host.as_ref(), &self.place)
    }

    fn written(&self) -> Vec<PathBuf> {
        vec![self.place.data.clone(), self.place.log.clone()]
    }

    fn stop(mut self: Box<Self>) -> Result<()> {
        let supervised = self.is_supervised();
        self.leave()?;
        if supervised? {
            return Ok(());
        }
        let ended = Error::failed("the daemon ended before it was told to");
        Err(log::quoted(ended, &self.place.log))
    }
}
