//! Appliances that are started to be looked at, and thrown away.

use std::{
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use super::{
    execute::carry_out,
    jailed::{Jailed, alone},
    plan,
    requirements::{require_host, require_programs_run},
};
use crate::{
    error::{Error, Result},
    host::{Host, ThisHost},
    policy::Policy,
    render::KernelParameters,
    runtime::{Appliance, Deployment, Place, Runtime, interrupts, log},
};

/// How long the daemon may take until it accepts connections: on an emulated machine, a minute is not much.
const READY: Duration = Duration::from_secs(120);

/// Within this time its supervisor has written down its process id.
const SUPERVISED: Duration = Duration::from_secs(10);

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
        require_programs_run(&ThisHost, &deployment.rootfs)?;
        let alone = alone(&ThisHost)?;
        let stop = plan::stop(deployment);
        // What is left over after that, the next start takes away.
        let undo = interrupts::undo_when_interrupted(move || drop(carry_out(&stop, &ThisHost)))?;
        let started = {
            let _whole = interrupts::postpone();
            start(deployment, Box::new(ThisHost))
        };
        let ready = started.and_then(|mut appliance| {
            appliance.keep((alone, undo));
            wait_until_ready(&appliance).map(|()| appliance)
        });
        Ok(Box::new(ready.map_err(|error| log::quoted(error, &deployment.log))?))
    }
}

/// Where an appliance that is thrown away is found.
fn place(deployment: &Deployment) -> Place {
    Place {
        policy: deployment.policy.clone(),
        root: plan::live(deployment),
        pid_file: plan::pid_file(deployment),
        firewall: deployment.firewall.clone(),
        data: deployment.data.clone(),
        log: deployment.log.clone(),
    }
}

fn start(deployment: &Deployment, host: Box<dyn Host>) -> Result<Jailed> {
    let steps = plan::start(deployment, &KernelParameters::of(host.as_ref())?)?;
    // A start over what was left fails: so nothing is left over first. What fails half-way is taken down by `Drop`.
    carry_out(&plan::stop(deployment), host.as_ref())?;
    let mut appliance =
        Jailed::new(place(deployment), plan::inside(deployment), host, plan::stop(deployment));
    appliance.carry_out(&steps)?;
    appliance.lay_bait()?;
    appliance.require_locked()?;
    Ok(appliance)
}

fn wait_until_ready(appliance: &Jailed) -> Result<()> {
    let begin = Instant::now();
    let policy = &appliance.place().policy;
    for port in &policy.open {
        let address = SocketAddr::from((policy.jail, *port));
        while let Err(cause) = TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
            if begin.elapsed() > READY {
                let seconds = READY.as_secs();
                return Err(Error::failed(format_args!(
                    "the daemon does not accept connections at {address} after {seconds} s: {cause}"
                )));
            }
            thread::sleep(Duration::from_millis(250));
            // The file is there before there is anything in it.
            if begin.elapsed() > SUPERVISED && !appliance.is_supervised()? {
                return Err(Error::failed("the daemon ended before it was ready"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        appliance::machine::is_known, host::double::Double, runtime::freebsd::plan::tests::deployment,
        test_support::transcript,
    };

    /// A host on which nothing is left over, and on which all works.
    fn sound() -> [(&'static str, i32, &'static str); 11] {
        [
            ("sysctl -N", 0, transcript::jail_parameters().leak()),
            ("ifconfig epair create", 0, "epair0a\n"),
            ("ifconfig schoolchat_h inet", 0, ""),
            ("ifconfig schoolchat_", 1, ""),
            ("jls -j schoolchat jid", 1, ""),
            ("jls -j schoolchat --libxo", 0, transcript::locked_jail()),
            ("pfctl -P", 0, ""),
            ("netstat -j schoolchat -rn", 0, transcript::routes()),
            ("procstat", 0, transcript::credentials()),
            ("cat /var/run/jailbuild/schoolchat.pid", 0, "906\n"),
            ("ps -o ucomm= -p 906", 0, "daemon\n"),
        ]
    }

    fn started(answers: &[(&'static str, i32, &'static str)]) -> (Result<Jailed>, Arc<Double>) {
        let host = Arc::new(Double::answering(answers));
        (start(&deployment(), Box::new(Arc::clone(&host))), host)
    }

    #[test]
    fn a_jail_is_started_over_nothing_and_stopped_once() {
        let (jailed, host) = started(&sound());
        let jailed = jailed.unwrap();
        let started = host.ran();
        let place = |what: &str| started.find(what).unwrap_or_else(|| panic!("no `{what}` in\n{started}"));
        assert!(place("jls -j schoolchat jid") < place("ifconfig epair create"), "leftovers go first");
        assert!(
            place("pfctl -a jailbuild/schoolchat -f -") < place("jail -f"),
            "the rules come before the jail"
        );
        assert!(place("mount -t nullfs") < place("jail -f"));
        assert!(place("jail -f") < place("daemon -f"));
        assert_eq!(jailed.routes().unwrap(), ["10.0.2.0/24", "10.66.0.0/30"]);
        assert_eq!(jailed.processes().unwrap()[0].uids, [5222, 5222, 5222]);
        Box::new(jailed).stop().unwrap();
        assert_eq!(host.ran().matches("rm -f /var/run/jailbuild/schoolchat.pid").count(), 2);
    }

    #[test]
    fn every_command_is_of_a_form_that_is_known_to_work() {
        let (jailed, host) = started(&sound());
        let jailed = jailed.unwrap();
        jailed.processes().unwrap();
        jailed.routes().unwrap();
        assert_eq!(jailed.listening().unwrap(), [], "nothing is listed");
        jailed.firewall();
        Box::new(jailed).stop().unwrap();
        let ran = host.ran();
        let commands = ran.lines().filter(|line| !line.starts_with("write ") && *line != "pause");
        for command in commands {
            let words: Vec<&str> = command.split(' ').collect();
            assert!(is_known(&words), "`{command}` is of no form in tests/freebsd/forms.tsv");
        }
    }

    #[test]
    fn a_jail_with_an_open_lock_is_taken_down_again() {
        let mut answers = sound();
        answers[5].2 = r#"{"jail-information": {"jail": [{"name": "schoolchat", "securelevel": "-1"}]}}"#;
        let (jailed, host) = started(&answers);
        assert_eq!(jailed.err().unwrap().to_string(), "the jail is not locked: securelevel = \"-1\"");
        assert_eq!(host.ran().matches("rm -f /var/run/jailbuild/schoolchat.pid").count(), 2);
    }

    #[test]
    fn a_daemon_that_ended_by_itself_is_told_of() {
        let mut answers = sound();
        answers[10].2 = "";
        let (jailed, host) = started(&answers);
        let error = Box::new(jailed.unwrap()).stop().unwrap_err();
        assert_eq!(error.to_string(), "the daemon ended before it was told to");
        assert_eq!(host.ran().matches("rm -f /var/run/jailbuild/schoolchat.pid").count(), 2);
    }
}
