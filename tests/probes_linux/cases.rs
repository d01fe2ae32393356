//! The cases themselves.

use std::process::ExitCode;

use jailbuild::{
    probe::{Report, Style, Verdict},
    runtime::{Sabotage, linux},
};
use libtest_mimic::{Arguments, Trial};

use crate::{
    appliance::probed,
    support::{self, skipped},
};

/// Sabotages at once, and the probes that fail for them: these and no others. Two that the same probe must see are apart.
const SABOTAGES: [(&[Sabotage], &[&str]); 2] = [
    (
        &[
            Sabotage::DefaultRoute,
            Sabotage::ExtraListener(8080),
            Sabotage::GainPrivileges,
            Sabotage::LooseData,
            Sabotage::NoFirewall,
        ],
        &[
            "mounts-locked",
            "ports-only-wanted",
            "listeners-only-wanted",
            "firewall-in-force",
            "s2s-dropped-inbound",
            "s2s-dropped-outbound",
            "no-default-route",
            "nothing-leaves",
            "process-no-new-privileges",
        ],
    ),
    (
        &[Sabotage::KeepCapabilities, Sabotage::RunAsRoot, Sabotage::WritableRoot],
        &["mounts-locked", "root-unwritable", "process-unprivileged", "process-no-capabilities"],
    ),
];

pub(crate) fn main() -> ExitCode {
    let cases = match linux::available() {
        Ok(()) => vec![
            Trial::test("every_probe_passes_on_the_real_daemon", || {
                every_probe_passes();
                Ok(())
            }),
            Trial::test("each_sabotage_is_caught_by_its_probes", || {
                each_sabotage_is_caught();
                Ok(())
            }),
        ],
        Err(unavailable) => {
            skipped(&format!("{unavailable}; {}", unavailable.hint));
            Vec::new()
        }
    };
    libtest_mimic::run(&Arguments::from_args(), cases).exit_code()
}

fn every_probe_passes() {
    let report = probed(support::daemon(), &[]);
    let text = report.display(Style { evidence: true, ..Style::plain() });
    assert_eq!(report.failed(), 0, "\n{text}");
    // Without nft(8) only what is about the firewall cannot be checked.
    assert!(report.not_checked() == 0 || std::env::var_os("CI").is_none(), "\n{text}");
}

fn each_sabotage_is_caught() {
    let daemon = support::daemon();
    for (sabotage, wanted) in SABOTAGES {
        let report = probed(daemon, sabotage);
        // Where there is no nft(8), there is no firewall to be without.
        let unguarded = report.not_checked() > 0 && std::env::var_os("CI").is_none();
        let wanted = if unguarded { without_firewall(wanted) } else { wanted.to_vec() };
        assert_eq!(failed(&report), wanted, "{sabotage:?}\n{}", report.display(Style::plain()));
    }
}

fn without_firewall<'a>(probes: &[&'a str]) -> Vec<&'a str> {
    let of_firewall = ["firewall-in-force", "s2s-dropped-inbound", "s2s-dropped-outbound"];
    probes.iter().copied().filter(|probe| !of_firewall.contains(probe)).collect()
}

fn failed(report: &Report) -> Vec<&str> {
    let failed = report.outcomes.iter().filter(|outcome| matches!(outcome.verdict, Verdict::Failed { .. }));
    failed.map(|outcome| outcome.probe.as_str()).collect()
}
