//! The runtime and its appliance, put together from plan and facts.

use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use super::{
    execute::{carry_out, supervisor},
    facts, firewall, plan,
};
use crate::{
    error::{Error, Result},
    host::{Host, ThisHost, command::Command},
    policy::{Policy, SERVER_TO_SERVER},
    render::KernelParameters,
    runtime::{
        Appliance, BEYOND, DAEMON_USER, Deployment, Firewall, Listener, Mount, Output, Process, Runtime,
        interrupts::{self, Asked},
        log,
    },
};

/// How long the daemon may take until it accepts connections.
const READY: Duration = Duration::from_secs(15);

/// How long a program run beside it may take.
const VISIT: Duration = Duration::from_secs(60);

/// The FreeBSD runtime.
#[derive(Clone, Copy, Debug, Default)]
pub struct Jails;

impl Runtime for Jails {
    fn name(&self) -> &'static str {
        "jail"
    }

    fn rules(&self, policy: &Policy) -> Result<String> {
        policy.pf_for_host_alone()
    }

    fn start(&self, deployment: &Deployment) -> Result<Box<dyn Appliance>> {
        require_host(&ThisHost)?;
        let stop = plan::stop(deployment);
        // What is left over after that, the next start takes away.
        let undo = interrupts::undo_when_interrupted(move || drop(carry_out(&stop, &ThisHost)))?;
        let started = {
            let _whole = interrupts::postpone();
            Jailed::start(deployment.clone(), Box::new(ThisHost))
        };
        let ready = started.and_then(|mut appliance| {
            appliance.undo = Some(undo);
            appliance.wait_until_ready().map(|()| appliance)
        });
        Ok(Box::new(ready.map_err(|error| log::quoted(error, &deployment.log))?))
    }
}

/// Finds out whether a host has something; the error says what to type where it has not.
pub type Require = fn(&dyn Host) -> Result<()>;

/// What a host must have, each by its name.
pub const REQUIREMENTS: [(&str, Require); 3] =
    [("rights", require_root), ("user `xmppd`", require_user), ("pf", firewall::require)];

fn require_host(host: &dyn Host) -> Result<()> {
    REQUIREMENTS.iter().try_for_each(|(_, require)| require(host))
}

fn require_root(host: &dyn Host) -> Result<()> {
    if host.ask(&Command::new("id").arg("-u"))? == "0" {
        return Ok(());
    }
    Err(Error::host("only root starts a jail", "type `su -` or `sudo` first"))
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

/// An appliance in a jail.
struct Jailed {
    deployment: Deployment,
    host: Box<dyn Host>,
    rules: Vec<String>,
    bait: Vec<TcpListener>,
    stopped: bool,
    /// Asks for the same take-down when a signal ends this process.
    undo: Option<Asked>,
}

impl Jailed {
    fn start(deployment: Deployment, host: Box<dyn Host>) -> Result<Self> {
        let parameters = host.ask(&Command::new("sysctl").args(["-N", "security.jail.param"]))?;
        let steps = plan::start(&deployment, &KernelParameters::parse(&parameters))?;
        // A start over what was left fails: so nothing is left over first. What fails half-way is taken down by `Drop`.
        carry_out(&plan::stop(&deployment), host.as_ref())?;
        let mut appliance =
            Self { deployment, host, rules: Vec::new(), bait: Vec::new(), stopped: false, undo: None };
        carry_out(&steps, appliance.host.as_ref())?;
        appliance.rules = firewall::loaded(appliance.host.as_ref(), &appliance.deployment.policy)?;
        for target in [(appliance.deployment.policy.host, 0), (BEYOND, 443), (BEYOND, SERVER_TO_SERVER)] {
            appliance.bait.extend(TcpListener::bind(target).ok());
        }
        match facts::open_locks(&appliance.jail("jls", &["--libxo", "json", "all"])?)?.as_slice() {
            [] => Ok(appliance),
            open => Err(Error::failed(format_args!("the jail is not locked: {}", open.join(", ")))),
        }
    }

    /// What a tool of the host prints that takes `-j NAME`.
    fn jail(&self, tool: &str, arguments: &[&str]) -> Result<String> {
        let command = Command::new(tool).args(["-j", &self.deployment.policy.name]).args(arguments);
        self.host.ask(&command)
    }

    fn wait_until_ready(&self) -> Result<()> {
        let deadline = Instant::now() + READY;
        for port in &self.deployment.policy.open {
            let address = SocketAddr::from((self.deployment.policy.jail, *port));
            while let Err(cause) = TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
                if Instant::now() > deadline {
                    let seconds = READY.as_secs();
                    return Err(Error::failed(format_args!(
                        "the daemon does not accept connections at {address} after {seconds} s: {cause}"
                    )));
                }
                thread::sleep(Duration::from_millis(50));
                if !self.is_supervised()? {
                    return Err(Error::failed("the daemon ended before it was ready"));
                }
            }
        }
        Ok(())
    }

    /// Whether the daemon still runs: its supervisor goes as it goes.
    fn is_supervised(&self) -> Result<bool> {
        Ok(supervisor(self.host.as_ref(), &plan::pid_file(&self.deployment))?.is_some())
    }

    fn take_down(&mut self) -> Result<()> {
        if self.stopped {
            return Ok(());
        }
        self.stopped = true;
        carry_out(&plan::stop(&self.deployment), self.host.as_ref())
    }
}

impl Drop for Jailed {
    fn drop(&mut self) {
        // Who wants to hear of a failure calls `stop`.
        let _ = self.take_down();
    }
}

impl Appliance for Jailed {
    fn address(&self) -> Ipv4Addr {
        self.deployment.policy.jail
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
        let words = plan::inside(&self.deployment);
        let (first, rest) = words.split_first().ok_or_else(|| Error::failed("nothing to run"))?;
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
        let mut listeners = Vec::new();
        for family in ["inet", "inet6"] {
            listeners
                .extend(facts::listening(&self.jail("netstat", &["-an", "-f", family, "--libxo", "json"])?)?);
        }
        listeners.sort();
        listeners.dedup();
        Ok(listeners)
    }

    fn mounts(&self) -> Result<Vec<Mount>> {
        let listing = self.host.ask(&Command::new("mount"))?;
        Ok(facts::mounts_within(facts::mounts(&listing), &plan::live(&self.deployment)))
    }

    fn routes(&self) -> Result<Vec<String>> {
        Ok(facts::routes(&self.jail("netstat", &["-rn"])?))
    }

    fn firewall(&self) -> Firewall {
        firewall::check(self.host.as_ref(), &self.deployment.policy, &self.rules)
    }

    fn written(&self) -> Vec<PathBuf> {
        vec![self.deployment.data.clone(), self.deployment.log.clone()]
    }

    fn stop(mut self: Box<Self>) -> Result<()> {
        let supervised = self.is_supervised();
        self.take_down()?;
        if supervised? {
            return Ok(());
        }
        let ended = Error::failed("the daemon ended before it was told to");
        Err(log::quoted(ended, &self.deployment.log))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{host::double::Double, runtime::freebsd::plan::tests::deployment, test_support::transcript};

    /// A host on which nothing is left over, and on which all works.
    fn sound() -> [(&'static str, i32, &'static str); 11] {
        [
            ("sysctl -N", 0, transcript::jail_parameters().leak()),
            ("ifconfig epair create", 0, "epair0a\n"),
            ("ifconfig schoolchat_h inet", 0, ""),
            ("ifconfig schoolchat_", 1, ""),
            ("jls -j schoolchat jid", 1, ""),
            ("jls -j schoolchat --libxo", 0, transcript::locked_jail()),
            ("pfctl -q -P", 0, ""),
            ("netstat -j schoolchat -rn", 0, transcript::routes()),
            ("procstat", 0, transcript::credentials()),
            ("cat /var/run/jailbuild/schoolchat.pid", 0, "906\n"),
            ("ps -o comm= -p 906", 0, "daemon\n"),
        ]
    }

    fn start(answers: &[(&'static str, i32, &'static str)]) -> (Result<Jailed>, Arc<Double>) {
        let host = Arc::new(Double::answering(answers));
        (Jailed::start(deployment(), Box::new(Arc::clone(&host))), host)
    }

    #[test]
    fn a_jail_is_started_over_nothing_and_stopped_once() {
        let (jailed, host) = start(&sound());
        let jailed = jailed.unwrap();
        let started = host.ran();
        let place = |what: &str| started.find(what).unwrap_or_else(|| panic!("no `{what}` in\n{started}"));
        assert!(place("jls -j schoolchat jid") < place("ifconfig epair create"), "leftovers go first");
        assert!(
            place("pfctl -q -a jailbuild/schoolchat -f -") < place("jail -q -f"),
            "the rules come before the jail"
        );
        assert!(place("mount -t nullfs") < place("jail -q -f"));
        assert!(place("jail -q -f") < place("daemon -f"));
        assert_eq!(jailed.routes().unwrap(), ["10.0.2.0/24", "10.66.0.0/30"]);
        assert_eq!(jailed.processes().unwrap()[0].uids, [5222, 5222, 5222]);
        Box::new(jailed).stop().unwrap();
        assert_eq!(host.ran().matches("rm -f /var/run/jailbuild/schoolchat.pid").count(), 2);
    }

    #[test]
    fn a_jail_with_an_open_lock_is_taken_down_again() {
        let mut answers = sound();
        answers[5].2 = r#"{"jail-information": {"jail": [{"name": "schoolchat", "securelevel": "-1"}]}}"#;
        let (jailed, host) = start(&answers);
        assert_eq!(jailed.err().unwrap().to_string(), "the jail is not locked: securelevel = \"-1\"");
        assert_eq!(host.ran().matches("rm -f /var/run/jailbuild/schoolchat.pid").count(), 2);
    }

    #[test]
    fn a_daemon_that_ended_by_itself_is_told_of() {
        let mut answers = sound();
        answers[10].2 = "";
        let (jailed, host) = start(&answers);
        let error = Box::new(jailed.unwrap()).stop().unwrap_err();
        assert_eq!(error.to_string(), "the daemon ended before it was told to");
        assert_eq!(host.ran().matches("rm -f /var/run/jailbuild/schoolchat.pid").count(), 2);
    }

    #[test]
    fn a_host_that_lacks_something_is_told_what() {
        for (answers, what) in [
            (vec![("id -u", 0, "1001\n")], "only root starts a jail"),
            (vec![("id -u xmppd", 1, ""), ("id -u", 0, "0\n")], "this host has no user `xmppd`"),
            (
                vec![("id -u xmppd", 0, "1005\n"), ("id -g xmppd", 0, "5222\n"), ("id -u", 0, "0\n")],
                "this host's user `xmppd` has the ids 1005:5222, not 5222:5222",
            ),
            (
                vec![("id -u xmppd", 0, "5222\n"), ("id -g xmppd", 0, "5222\n"), ("id -u", 0, "0\n")],
                "pf is not enabled",
            ),
        ] {
            let error = require_host(&Double::answering(&answers)).unwrap_err();
            assert_eq!((error.to_string().as_str(), error.exit_code()), (what, 6));
        }
    }
}
