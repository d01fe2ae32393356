//! The outcomes of all probes as a table for people; serde makes the same into JSON for machines.

use std::{env, fmt, io::IsTerminal};

use super::{Outcome, Report, Verdict};

impl Report {
    /// How many claims hold.
    pub fn passed(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Passed))
    }

    /// How many claims do not hold.
    pub fn failed(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Failed { .. }))
    }

    /// How many claims were given up when the appliance was installed.
    pub fn given_up(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::GivenUp { .. }))
    }

    /// How many claims could not be looked at.
    pub fn not_checked(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::NotChecked { .. }))
    }

    fn count(&self, of: impl Fn(&Verdict) -> bool) -> usize {
        self.outcomes.iter().filter(|outcome| of(&outcome.verdict)).count()
    }

    /// The report as lines of text, in this style.
    pub fn display(&self, style: Style) -> impl fmt::Display {
        Table { report: self, style }
    }
}

/// How a report is drawn.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Style {
    /// Marks are coloured.
    pub colour: bool,
    /// Marks are `✓ ✗ – ?`, else `ok FAIL -- ??`.
    pub unicode: bool,
    /// What each probe saw is shown too, not only what failed.
    pub evidence: bool,
}

impl Style {
    /// What suits standard output: colour on a terminal unless `NO_COLOR` is set and not empty (no-color.org),
    /// Unicode where the locale says UTF-8.
    pub fn of_stdout(evidence: bool) -> Self {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
        let locale = locale.to_string_lossy().to_ascii_uppercase();
        Self {
            colour: set("NO_COLOR").is_none() && std::io::stdout().is_terminal(),
            unicode: locale.ends_with("UTF-8") || locale.ends_with("UTF8"),
            evidence,
        }
    }

    /// Nothing but ASCII.
    pub fn plain() -> Self {
        Self::default()
    }

    fn mark(self, verdict: &Verdict) -> String {
        let (unicode, ascii, colour) = match verdict {
            Verdict::Passed => ("✓", "ok  ", 32),
            Verdict::Failed { .. } => ("✗", "FAIL", 31),
            Verdict::GivenUp { .. } => ("–", "--  ", 33),
            Verdict::NotChecked { .. } => ("?", "??  ", 33),
        };
        let mark = if self.unicode { unicode } else { ascii };
        if self.colour { format!("\x1b[{colour}m{mark}\x1b[0m") } else { mark.to_owned() }
    }
}

struct Table<'a> {
    report: &'a Report,
    style: Style,
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.report.outcomes.iter().map(|outcome| outcome.probe.len()).max().unwrap_or(0);
        for outcome in &self.report.outcomes {
            writeln!(f, "{} {:width$}  {}", self.style.mark(&outcome.verdict), outcome.probe, outcome.claim)?;
            self.details(f, outcome)?;
        }
        write!(f, "{} probes: {} passed", self.report.outcomes.len(), self.report.passed())?;
        write!(f, ", {} failed, {} not checked", self.report.failed(), self.report.not_checked())?;
        match self.report.given_up() {
            0 => Ok(()),
            given_up => write!(f, ", {given_up} given up"),
        }
    }
}

impl Table<'_> {
    fn details(&self, f: &mut fmt::Formatter<'_>, outcome: &Outcome) -> fmt::Result {
        let indent = if self.style.unicode { "    " } else { "       " };
        if self.style.evidence || matches!(outcome.verdict, Verdict::Failed { .. }) {
            for line in &outcome.evidence {
                writeln!(f, "{indent}{line}")?;
            }
        }
        match &outcome.verdict {
            Verdict::Passed => Ok(()),
            Verdict::Failed { why } => writeln!(f, "{indent}failed: {why}"),
            Verdict::GivenUp { why } => writeln!(f, "{indent}given up: {why}"),
            Verdict::NotChecked { why, hint } => {
                writeln!(f, "{indent}not checked: {why}")?;
                writeln!(f, "{indent}hint: {hint}")
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;

    fn report() -> Report {
        let outcome = |probe: &str, claim: &str, verdict, evidence: &[&str]| Outcome {
            probe: probe.into(),
            claim: claim.into(),
            verdict,
            evidence: evidence.iter().map(|&line| line.into()).collect(),
        };
        Report {
            outcomes: vec![
                outcome("s2s-closed", "nobody answers", Verdict::Passed, &["5269: refused"]),
                outcome(
                    "canary",
                    "nothing is kept",
                    Verdict::Failed { why: "the mark is in `log`".into() },
                    &["2 files"],
                ),
                outcome(
                    "firewall-in-force",
                    "the rules hold",
                    Verdict::NotChecked {
                        why: "there is no nft here".into(),
                        hint: "apt install nftables".into(),
                    },
                    &[],
                ),
            ],
        }
    }

    #[test]
    fn plain_text_is_ascii_and_shows_only_what_did_not_pass() {
        let text = report().display(Style::plain()).to_string();
        assert!(text.is_ascii());
        insta::assert_snapshot!(text, @r"
        ok   s2s-closed         nobody answers
        FAIL canary             nothing is kept
               2 files
               failed: the mark is in `log`
        ??   firewall-in-force  the rules hold
               not checked: there is no nft here
               hint: apt install nftables
        3 probes: 1 passed, 1 failed, 1 not checked
        ");
    }

    #[test]
    fn what_was_given_up_is_said_and_counted_apart() {
        let mut report = report();
        report.outcomes.truncate(1);
        report.outcomes[0].verdict = Verdict::GivenUp { why: "the network stack is shared".into() };
        insta::assert_snapshot!(report.display(Style::plain()).to_string(), @r"
        --   s2s-closed  nobody answers
               given up: the network stack is shared
        1 probes: 0 passed, 0 failed, 0 not checked, 1 given up
        ");
        let json = serde_json::to_string(&report.outcomes[0]).unwrap();
        assert!(json.contains(r#""verdict":"given-up","why":"the network stack is shared""#), "{json}");
        assert_eq!((report.passed(), report.given_up()), (0, 1));
    }

    #[test]
    fn verbose_text_shows_all_evidence() {
        let text = report().display(Style { colour: false, unicode: true, evidence: true }).to_string();
        insta::assert_snapshot!(text, @r"
        ✓ s2s-closed         nobody answers
            5269: refused
        ✗ canary             nothing is kept
            2 files
            failed: the mark is in `log`
        ? firewall-in-force  the rules hold
            not checked: there is no nft here
            hint: apt install nftables
        3 probes: 1 passed, 1 failed, 1 not checked
        ");
    }

    #[test]
    fn colour_is_around_the_mark_alone() {
        let text = report().display(Style { colour: true, unicode: true, evidence: false }).to_string();
        assert!(text.starts_with("\u{1b}[32m✓\u{1b}[0m s2s-closed"), "{text}");
    }

    #[test]
    fn json_survives_the_round_trip_and_names_verdicts() {
        let json = serde_json::to_string_pretty(&report().outcomes[1..]).unwrap();
        insta::assert_snapshot!(json, @r#"
        [
          {
            "probe": "canary",
            "claim": "nothing is kept",
            "verdict": "failed",
            "why": "the mark is in `log`",
            "evidence": [
              "2 files"
            ]
          },
          {
            "probe": "firewall-in-force",
            "claim": "the rules hold",
            "verdict": "not-checked",
            "why": "there is no nft here",
            "hint": "apt install nftables",
            "evidence": []
          }
        ]
        "#);
        let json = serde_json::to_string(&report()).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report());
    }
}
