//! One claim a probe, each with evidence, gathered in a report.

use serde::{Deserialize, Serialize};

/// What came of one probe.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Outcome {
    /// The probe's stable name, such as `s2s-closed`: THREAT_MODEL.md cites it.
    pub probe: String,
    /// The claim, as a sentence that is true if the probe passed.
    pub claim: String,
    /// Whether it holds.
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
