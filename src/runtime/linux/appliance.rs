//! The runtime and its appliance, put together from host side, keeper and facts.

use std::{
    fs::OpenOptions,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream},
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{
    facts,
    host_side::HostSide,
    keeper::{Keeper, News, end_of_log},
    visit,
};
use crate::{
    error::{Context as _, Error, Result},
    host::{namespaces, owner},
    policy::Policy,
    runtime::{Appliance, Deployment, Firewall, Listener, Mount, Output, Process, Runtime, Stage},
};

/// How long the daemon may take until it accepts connections.
const READY: Duration = Duration::from_secs(15);

/// The Linux runtime: one appliance at a time on a stage.
pub struct Namespaces(());

impl Namespaces {
    /// The runtime on this stage.
    pub(in crate::runtime) fn on(_: &Stage) -> Self {
        Self(())
    }
}

impl Runtime for Namespaces {
    fn name(&self) -> &'static str {
        "namespaces"
    }

    fn rules(&self, policy: &Policy) -> Result<String> {
        policy.nft()
    }

    fn start(&self, deployment: &Deployment) -> Result<Box<dyn Appliance>> {
        hand_over(deployment)?;
        let log = OpenOptions::new().append(true).create(true).mode(0o600).open(&deployment.log);
        let log = log.doing_to("open the log", &deployment.log)?;
        let host = HostSide::set_up(deployment)?;
        let keeper = Keeper::start(deployment, log)?;
        let mut appliance = Namespaced { keeper, host, deployment: deployment.clone() };
        appliance.bring_up().map_err(|error| with_log(error, deployment))?;
        Ok(Box::new(appliance))
    }
}

/// Where the daemon runs as another user than this process, that user gets its settings and data.
fn hand_over(deployment: &Deployment) -> Result<()> {
    if namespaces::user_exists(deployment.uid)? {
        owner::give(&deployment.data, deployment.uid, deployment.gid)?;
        owner::give(&deployment.settings, deployment.uid, deployment.gid)?;
    }
    Ok(())
}

fn with_log(error: Error, deployment: &Deployment) -> Error {
    match (error, end_of_log(&deployment.log)) {
        (Error::Failed { what, .. }, log) if !log.is_empty() => {
            Error::failed_with_hint(what, format_args!("the end of `{}`:\n{log}", deployment.log.display()))
        }
        (error, _) => error,
    }
}

/// An appliance in namespaces. Let go of in this order: the daemon first, then what the host had for it.
struct Namespaced {
    keeper: Keeper,
    host: HostSide,
    deployment: Deployment,
}

impl Namespaced {
    fn bring_up(&mut self) -> Result<()> {
        self.keeper.wait_for(&News::Unshared)?;
        self.host.connect(&self.deployment.policy, self.keeper.daemon())?;
        self.keeper.go_on()?;
        self.keeper.wait_for(&News::Locked)?;
        self.keeper.go_on()?;
        self.wait_until_ready()
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + READY;
        for port in self.deployment.policy.open.clone() {
            let address = SocketAddr::from((self.deployment.policy.jail, port));
            while let Err(cause) = TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
                if let Some(status) = self.keeper.ended() {
                    return Err(Error::failed(format_args!(
                        "the daemon ended before it was ready: {status}"
                    )));
                }
                if Instant::now() > deadline {
                    let seconds = READY.as_secs();
                    return Err(Error::failed(format_args!(
                        "the daemon does not accept connections at {address} after {seconds} s: {cause}"
                    )));
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        Ok(())
    }
}

impl Appliance for Namespaced {
    fn address(&self) -> Ipv4Addr {
        self.deployment.policy.jail
    }

    fn forbidden_targets(&self) -> Vec<SocketAddrV4> {
        self.host.bait()
    }

    fn run_inside(&self, arguments: &[&str], input: &[u8]) -> Result<Output> {
        visit::run(self.keeper.daemon(), &self.deployment, arguments, input)
    }

    fn processes(&self) -> Result<Vec<Process>> {
        facts::processes(self.keeper.daemon())
    }

    fn listening(&self) -> Result<Vec<Listener>> {
        facts::listening(self.keeper.daemon())
    }

    fn mounts(&self) -> Result<Vec<Mount>> {
        facts::mounts(self.keeper.daemon())
    }

    fn routes(&self) -> Result<Vec<String>> {
        facts::routes(self.keeper.daemon())
    }

    fn firewall(&self) -> Firewall {
        self.host.firewall(&self.deployment.policy.blocked)
    }

    fn written(&self) -> Vec<PathBuf> {
        vec![self.deployment.data.clone(), self.deployment.log.clone()]
    }

    fn stop(mut self: Box<Self>) -> Result<()> {
        let ended = self.keeper.stop();
        let removed = self.host.remove();
        ended.and(removed)
    }
}
