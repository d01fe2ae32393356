//! One claim a probe, each with evidence, gathered in a report.
//!
//! | file | what it holds |
//! |---|---|
//! | [`subject`] | what is probed: an image, perhaps a running appliance, and the site it belongs to |
//! | [`image_files`] | the image reopened, file by file |
//! | [`report`] | the outcomes as a table |
//! | [`client`] | a small XMPP client that does only what it is told, right or wrong |
//! | `consent`, `filesystem`, `firewall`, `guessing`, `login`, `negotiation`, `outsiders`, `ports`, `privacy`, `privilege`, `tls`, `unchanged`, `web` | the probes, by family |
//!
//! A probe that cannot fail is a defect: `twin` holds, for each one, an appliance that is broken just there.

use serde::{Deserialize, Serialize};

use crate::runtime::Appliance;

pub mod client;
pub mod image_files;
pub mod report;
pub mod subject;

mod account;
mod consent;
mod filesystem;
mod firewall;
mod guessing;
mod inside;
mod login;
mod negotiation;
mod outsiders;
mod ports;
mod privacy;
mod privilege;
mod scan;
pub(crate) mod search;
mod secrets;
mod tls;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod twin;
mod unchanged;
mod untrusted;
mod web;

pub(crate) use self::{search::Needle, secrets::holds_pem_key};

pub use self::{
    account::forget_accounts,
    image_files::{ImageFile, ImageFiles},
    report::Style,
    secrets::Secret,
    subject::{Doors, NotStarted, School, Subject},
};

/// What came of one probe.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Outcome {
    /// The probe's stable name, such as `s2s-closed`: `THREAT_MODEL.md` cites it.
    pub probe: String,
    /// The claim, as a sentence that is true if the probe passed.
    pub claim: String,
    /// Whether it holds; in JSON its parts stand beside those of the outcome.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What was seen, a line each.
    pub evidence: Vec<String>,
}

/// Whether a claim holds.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Verdict {
    /// It was looked at, and holds.
    Passed,
    /// It was looked at, and does not hold.
    Failed {
        /// What was seen instead.
        why: String,
    },
    /// It was not looked at, because it cannot hold the way the appliance was installed. Never counted as passed.
    GivenUp {
        /// What is lost, and why.
        why: String,
    },
    /// It could not be looked at. Never counted as passed.
    NotChecked {
        /// Why not.
        why: String,
        /// What to install or type, to have it checked.
        hint: String,
    },
}

/// The outcomes of all probes, in the order in which they ran.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Report {
    /// One for each probe.
    pub outcomes: Vec<Outcome>,
}

/// A claim, and how to find out whether it is true.
#[derive(Clone, Copy)]
pub struct Probe {
    /// Stable, kebab-case; `THREAT_MODEL.md` cites it.
    pub name: &'static str,
    /// A sentence that is true if the probe passes.
    pub claim: &'static str,
    check: Check,
}

/// What a probe needs to have before it.
#[derive(Clone, Copy)]
enum Check {
    /// The image's files: they can be looked at wherever the image was made.
    Image(fn(&Subject, &ImageFiles, &mut Evidence) -> Finding),
    /// The appliance started on this machine.
    Started(fn(&Subject, &dyn Appliance, &mut Evidence) -> Finding),
}

/// What a probe saw, a line each.
#[derive(Default)]
struct Evidence(Vec<String>);

impl Evidence {
    fn note(&mut self, line: impl Into<String>) {
        self.0.push(line.into());
    }
}

/// `Ok` where the claim holds.
type Finding = Result<(), Shortfall>;

/// Why a probe did not pass.
#[derive(Debug)]
enum Shortfall {
    Failed(String),
    GivenUp(String),
    NotChecked { why: String, hint: String },
}

/// The claim does not hold.
fn failed(why: impl Into<String>) -> Shortfall {
    Shortfall::Failed(why.into())
}

/// The claim holds only if `condition` does.
fn require(condition: bool, otherwise: impl FnOnce() -> String) -> Finding {
    if condition { Ok(()) } else { Err(Shortfall::Failed(otherwise())) }
}

/// The host or the runtime did not let us look: that says nothing about the claim. What the appliance was asked to do
/// and did not is a [`Shortfall::Failed`] instead.
impl From<crate::Error> for Shortfall {
    fn from(error: crate::Error) -> Self {
        let hint = match &error {
            crate::Error::Host { hint, .. }
            | crate::Error::Untrusted { hint, .. }
            | crate::Error::Failed { hint: Some(hint), .. } => hint.clone(),
            _ => "run again with `-v`, and look at the daemon's log".to_owned(),
        };
        Self::NotChecked { why: error.to_string(), hint }
    }
}

/// The appliance did not speak as it should: every claim about what it says is then false.
impl From<client::ClientError> for Shortfall {
    fn from(error: client::ClientError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Every probe, in the order in which they run: first what needs no start, last what makes the appliance wary of us.
pub fn registry() -> Vec<Probe> {
    [
        filesystem::PROBES,
        privacy::IMAGE_PROBES,
        ports::PROBES,
        firewall::PROBES,
        tls::PROBES,
        web::PROBES,
        negotiation::PROBES,
        login::PROBES,
        consent::PROBES,
        outsiders::PROBES,
        privilege::PROBES,
        privacy::PROBES,
        unchanged::PROBES,
        guessing::PROBES,
    ]
    .concat()
}

/// How far [`run_all`] has come; plain data, so that it can cross from one process to another.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// A probe begins.
    Begins {
        /// Its name.
        probe: String,
        /// How many were before it.
        index: usize,
        /// How many there are.
        total: usize,
    },
    /// A probe has ended.
    Ended(Outcome),
}

/// Runs every probe that can run on this subject; the others are reported as not checked.
pub fn run_all(subject: &Subject, mut on_progress: impl FnMut(Progress)) -> Report {
    let probes = registry();
    let mut report = Report::default();
    for (index, probe) in probes.iter().enumerate() {
        on_progress(Progress::Begins { probe: probe.name.to_owned(), index, total: probes.len() });
        let outcome = probe.run(subject);
        on_progress(Progress::Ended(outcome.clone()));
        report.outcomes.push(outcome);
    }
    report
}

impl Probe {
    const fn of_image(
        name: &'static str,
        claim: &'static str,
        check: fn(&Subject, &ImageFiles, &mut Evidence) -> Finding,
    ) -> Self {
        Self { name, claim, check: Check::Image(check) }
    }

    const fn of_appliance(
        name: &'static str,
        claim: &'static str,
        check: fn(&Subject, &dyn Appliance, &mut Evidence) -> Finding,
    ) -> Self {
        Self { name, claim, check: Check::Started(check) }
    }

    /// Whether it needs the appliance to run, not only its image.
    pub fn needs_start(&self) -> bool {
        matches!(self.check, Check::Started(_))
    }

    /// Looks, and says what came of it.
    pub fn run(&self, subject: &Subject) -> Outcome {
        let mut evidence = Evidence::default();
        let finding = match (self.check, &subject.appliance) {
            (Check::Image(check), _) => check(subject, subject.image, &mut evidence),
            (Check::Started(check), Ok(appliance)) => check(subject, *appliance, &mut evidence),
            (Check::Started(_), Err(NotStarted { why, hint })) => {
                Err(Shortfall::NotChecked { why: why.clone(), hint: hint.clone() })
            }
        };
        Outcome {
            probe: self.name.to_owned(),
            claim: self.claim.to_owned(),
            verdict: finding.into(),
            evidence: evidence.0,
        }
    }
}

impl From<Finding> for Verdict {
    fn from(finding: Finding) -> Self {
        match finding {
            Ok(()) => Self::Passed,
            Err(Shortfall::Failed(why)) => Self::Failed { why },
            Err(Shortfall::GivenUp(why)) => Self::GivenUp { why },
            Err(Shortfall::NotChecked { why, hint }) => Self::NotChecked { why, hint },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const THREAT_MODEL: &str = include_str!("../../THREAT_MODEL.md");

    #[test]
    fn the_threat_model_cites_every_probe_and_no_other() {
        let known: BTreeSet<_> = registry().iter().map(|probe| probe.name).collect();
        // The last column of its tables: `| claim | `probe`, `probe` |`.
        let proofs = THREAT_MODEL.lines().filter_map(|line| line.strip_suffix(" |")?.rsplit_once("| "));
        let cited: BTreeSet<_> = proofs.flat_map(|(_, proof)| proof.split('`').skip(1).step_by(2)).collect();
        assert_eq!(cited, known);
    }

    #[test]
    fn the_readme_shows_some_of_the_report_as_it_is() {
        let readme = include_str!("../../README.md");
        let shown: Vec<_> =
            readme.lines().filter_map(|line| line.strip_prefix("✓ ")?.split_once("  ")).collect();
        assert!(shown.len() > 10, "{shown:?}");
        for (name, claim) in shown {
            let probe = registry().into_iter().find(|probe| probe.name == name.trim());
            assert_eq!(probe.map(|probe| probe.claim), Some(claim.trim()), "{name}");
        }
        let total = registry().len();
        assert!(
            readme.contains(&format!("\n{total} probes: {total} passed, 0 failed, 0 not checked\n")),
            "{total}"
        );
    }

    #[test]
    fn names_are_unique_and_in_kebab_case_and_claims_are_sentences() {
        let names: BTreeSet<_> = registry().iter().map(|probe| probe.name).collect();
        assert_eq!(names.len(), registry().len());
        for Probe { name, claim, .. } in registry() {
            assert!(
                name.chars().all(|letter| letter.is_ascii_lowercase() || "-0123456789".contains(letter)),
                "{name}"
            );
            assert!(claim.starts_with(char::is_uppercase) && claim.ends_with('.'), "{claim}");
        }
    }
}
