//! Looking at an appliance that runs as an installed service, without starting, stopping or changing it.

use super::{
    execute::carry_out,
    firewall,
    jailed::{Jailed, alone},
    plan,
    requirements::{require_forwarding, require_root},
};
use crate::{
    error::{Error, Result},
    host::{Host, ThisHost, command::Command},
    policy::Stack,
    runtime::{Appliance, Place, interrupts},
};

/// The appliance at that place of this host. When it is dropped it runs on, and what was made to look at it, an
/// address of the loopback interface, is gone; by a signal as well.
///
/// # Errors
/// [`Error::Host`] where nothing can be looked at, and [`Error::Failed`] if it does not run, or not locked up.
pub fn attach(place: Place) -> Result<Box<dyn Appliance>> {
    require_root(&ThisHost)?;
    firewall::require(&ThisHost)?;
    let alone = alone(&ThisHost)?;
    let undo = interrupts::undo_when_interrupted(|| drop(carry_out(&[plan::bait_gone()], &ThisHost)))?;
    let mut appliance = {
        let _whole = interrupts::postpone();
        look_at(place, Box::new(ThisHost))?
    };
    appliance.keep((alone, undo));
    Ok(Box::new(appliance))
}

fn look_at(place: Place, host: Box<dyn Host>) -> Result<Jailed> {
    let name = place.policy.name.clone();
    let inside = plan::inside_of(&name);
    let mut appliance = Jailed::new(place, inside, host, vec![plan::bait_gone()]);
    if !appliance.is_running()? {
        return Err(Error::failed_with_hint(
            format_args!("`{name}` does not run"),
            format_args!("type `service {name} start`"),
        ));
    }
    appliance.require_locked()?;
    if appliance.place().policy.stack == Stack::Own {
        // From this host all can be reached without: the probes would see nothing of it.
        require_forwarding(appliance.host())?;
    }
    appliance.lay_bait()?;
    Ok(appliance)
}

impl Jailed {
    /// Whether there are jail and supervisor.
    fn is_running(&self) -> Result<bool> {
        let jail = Command::new("jls").args(["-j", &self.place().policy.name, "jid"]);
        Ok(self.host().output(&jail)?.code == Some(0) && self.is_supervised()?)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{host::double::Double, runtime::freebsd::plan::tests::place, test_support::transcript};

    fn running() -> [(&'static str, i32, &'static str); 6] {
        [
            ("jls -j schoolchat jid", 0, "7\n"),
            ("jls -j schoolchat --libxo", 0, transcript::locked_jail()),
            ("cat /var/run/schoolchat.pid", 0, "906\n"),
            ("ps -o ucomm= -p 906", 0, "daemon\n"),
            ("sysctl -n net.inet.ip.forwarding", 0, "1\n"),
            ("ifconfig lo0 inet", 0, "\tinet 198.51.100.1 netmask 0xffffffff\n"),
        ]
    }

    fn attached(answers: &[(&'static str, i32, &'static str)]) -> (Result<Jailed>, Arc<Double>) {
        let host = Arc::new(Double::answering(answers));
        (look_at(place(), Box::new(Arc::clone(&host))), host)
    }

    #[test]
    fn what_is_looked_at_is_neither_started_nor_stopped_nor_changed() {
        let (jailed, host) = attached(&running());
        drop(jailed.unwrap());
        let ran = host.ran();
        for changing in
            ["daemon", "jail ", "kill", "mount", "pfctl -a jailbuild/schoolchat -f", "rm", "route"]
        {
            assert!(!ran.lines().any(|line| line.starts_with(changing)), "`{changing}` in\n{ran}");
        }
        assert!(ran.contains("ifconfig lo0 inet 198.51.100.1/32 alias"));
        assert!(ran.contains("ifconfig lo0 inet 198.51.100.1 -alias"), "the bait is taken back:\n{ran}");
    }

    #[test]
    fn what_does_not_run_is_said_so() {
        for (index, answer) in [(0, ("jls -j schoolchat jid", 1, "")), (3, ("ps", 0, "sshd\n"))] {
            let mut answers = running();
            answers[index] = answer;
            let (jailed, host) = attached(&answers);
            let Err(Error::Failed { what, hint }) = jailed else { panic!("it was found") };
            assert_eq!(
                (what.as_str(), hint.unwrap().as_str()),
                ("`schoolchat` does not run", "type `service schoolchat start`")
            );
            assert!(!host.ran().contains(" alias"));
        }
    }

    #[test]
    fn a_host_that_forwards_nothing_is_told_so() {
        let mut answers = running();
        answers[4].2 = "0\n";
        let (jailed, host) = attached(&answers);
        let error = jailed.err().unwrap();
        assert!(error.to_string().contains("no client reaches"), "{error}");
        assert!(!host.ran().contains(" alias"));
    }

    #[test]
    fn an_open_lock_is_seen() {
        let mut answers = running();
        answers[1].2 = r#"{"jail-information": {"jail": [{"name": "schoolchat", "securelevel": "-1"}]}}"#;
        assert!(attached(&answers).0.err().unwrap().to_string().contains("the jail is not locked"));
    }
}
