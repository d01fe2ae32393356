//! The way from one image to another, as data: what is done, and what is done where that fails.
//!
//! While the files of one image give way to those of another there is no link `current`: whatever becomes of the host,
//! its service starts with all of one image or not at all.

mod carry_out;
mod outcome;
mod situation;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests;

use std::fmt;

use serde::Serialize;

pub use carry_out::Means;
pub use outcome::{Ending, Outcome};
pub use situation::Situation;

use super::{Plan, Record, rehearsal::Rehearsal, step::short};
use crate::digest::Sha256;

/// The way from one image to another.
#[derive(Clone, Debug)]
pub struct Course {
    /// The image that was in service.
    pub from: Sha256,
    /// The image that comes.
    pub to: Sha256,
    /// Whether the service ran, and is to run again.
    pub runs: bool,
    /// The other image comes, the service stops, its data is saved.
    pub prepare: Plan,
    /// The other image's daemon tries whether it takes the data.
    pub rehearsal: Rehearsal,
    /// Where either fails: the service starts as it was.
    pub abandon: Plan,
    /// The other image takes its place.
    pub switch: Plan,
    /// Where that fails, or its proof: what was in service comes back, with its data. No way back where the data stays.
    pub take_back: Option<Plan>,
    /// After that: what is left of the other image goes.
    pub settle: Plan,
    /// Where all went well: what was for the way back goes.
    pub finish: Plan,
    /// What is installed, if it is taken back.
    pub before: Record,
    /// What is installed, if all goes well.
    pub after: Record,
}

impl Course {
    /// The stages, each with what it is called and what it does.
    fn stages(&self) -> Vec<(&'static str, String)> {
        let mut stages = vec![
            ("prepare", self.prepare.to_string()),
            ("rehearse on a copy of the data", self.rehearsal.to_string()),
            ("if that fails, start again what was in service", self.abandon.to_string()),
            ("switch", self.switch.to_string()),
        ];
        if self.runs {
            stages.push(("prove", format!("  1. the probes, against {}", short(self.to))));
        }
        if let Some(back) = &self.take_back {
            stages.push(("if that fails, take it back", back.to_string()));
            stages.push(("then", self.settle.to_string()));
        }
        stages.push(("finish", self.finish.to_string()));
        stages
    }
}

impl fmt::Display for Course {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} from {} to {}", self.before.name, short(self.from), short(self.to))?;
        self.stages().into_iter().try_for_each(|(name, steps)| write!(formatter, "\n{name}:\n{steps}"))
    }
}

impl Serialize for Course {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lines = |steps: String| steps.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
        serializer.collect_map(self.stages().into_iter().map(|(name, steps)| (name, lines(steps))))
    }
}
