//! The host's pf, as it is and as it must be.

use super::facts;
use crate::{
    error::{Error, Result},
    host::{Host, command::Command},
    policy::Policy,
    runtime::Firewall,
};

/// Refuses a host whose pf would not look at the anchor: its rules would load without complaint, and do nothing.
pub fn require(host: &dyn Host) -> Result<()> {
    if !is_enabled(host) {
        return Err(Error::host("pf is not enabled", "type `sysrc pf_enable=YES && service pf start`"));
    }
    for (what, line, place) in [
        ("nat", "rdr-anchor \"jailbuild/*\"", "before the filter rules"),
        ("rules", "anchor \"jailbuild/*\"", "as the first of the filter rules"),
    ] {
        if !shows(host, what, line) {
            return Err(Error::host(
                "the host's pf does not evaluate the anchors of `jailbuild`",
                format_args!(
                    "add this line to /etc/pf.conf, {place}: `{line}`; then type `service pf reload`"
                ),
            ));
        }
    }
    Ok(())
}

/// Whether packets are looked at at all.
pub fn is_enabled(host: &dyn Host) -> bool {
    shows(host, "info", "Status: Enabled")
}

fn shows(host: &dyn Host, what: &str, line: &str) -> bool {
    let shown = host.ask(&Command::new("pfctl").args(["-s", what])).unwrap_or_default();
    shown.lines().any(|shown| shown.starts_with(line))
}

/// The anchor's rules in pf's own normal form: filter rules, then redirections.
pub(super) fn loaded(host: &dyn Host, policy: &Policy) -> Result<Vec<String>> {
    let mut rules = Vec::new();
    for kind in ["-sr", "-sn"] {
        let listing = host.ask(&Command::new("pfctl").args(["-q", "-P", "-a", &policy.anchor(), kind]))?;
        rules.extend(listing.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()));
    }
    Ok(rules)
}

/// Compares the anchor with what was loaded, and counts what was dropped under the label `s2s`.
pub(super) fn check(host: &dyn Host, policy: &Policy, expected: &[String]) -> Firewall {
    let now = require(host).and_then(|()| {
        let labels = host.ask(&Command::new("pfctl").args(["-q", "-a", &policy.anchor(), "-vsl"]))?;
        Ok((loaded(host, policy)?, facts::labelled_packets(&labels, "s2s")))
    });
    match now {
        Err(error) => Firewall::Differs { why: error.to_string() },
        Ok((rules, _)) if rules.is_empty() => Firewall::Differs { why: "no rules are in force".to_owned() },
        Ok((rules, _)) if rules != expected => Firewall::Differs {
            why: format!("{} rules are loaded, not the {} of the policy", rules.len(), expected.len()),
        },
        Ok((rules, blocked_packets)) => Firewall::InForce { rules, blocked_packets },
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::{host::double::Double, runtime::freebsd::plan::tests::deployment};

    const RULES: &str = include_str!("../../../tests/freebsd/pf-loaded.txt");
    const LABELS: &str = include_str!("../../../tests/freebsd/pf-labels.txt");
    const SOUND: [(&str, i32, &str); 5] = [
        ("pfctl -s info", 0, "Status: Enabled for 0 days 00:00:01           Debug: Urgent\n"),
        ("pfctl -s nat", 0, "rdr-anchor \"jailbuild/*\" all\n"),
        ("pfctl -s rules", 0, "anchor \"jailbuild/*\" all\npass all flags S/SA keep state\n"),
        ("pfctl -q -P -a jailbuild/schoolchat -sr", 0, RULES),
        ("pfctl -q -a jailbuild/schoolchat -vsl", 0, LABELS),
    ];

    #[test]
    fn rules_that_are_as_loaded_are_in_force() {
        let host = Double::answering(&SOUND);
        let policy = deployment().policy;
        let expected = loaded(&host, &policy).unwrap();
        assert_eq!(expected.len(), 6);
        assert_eq!(
            check(&host, &policy, &expected),
            Firewall::InForce { rules: expected.clone(), blocked_packets: 0 }
        );
        assert!(matches!(check(&host, &policy, &expected[1..]), Firewall::Differs { .. }));
    }

    #[test]
    fn a_firewall_that_is_off_or_elsewhere_is_never_in_force() {
        for missing in 0..3 {
            let mut answers = SOUND;
            answers[missing].2 = "pass all flags S/SA keep state\n";
            let host = Double::answering(&answers);
            assert_eq!(require(&host).unwrap_err().exit_code(), 6, "{missing}");
            assert!(matches!(check(&host, &deployment().policy, &[]), Firewall::Differs { .. }));
        }
    }
}
