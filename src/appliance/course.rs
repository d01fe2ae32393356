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

use super::{Plan, Reached, Record, rehearsal::Rehearsal, step::short};
use crate::{digest::Sha256, error::Result};

/// A course, and how far it has come.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What is done, and what is done where that fails.
    pub course: Course,
    /// How far it has come: who was interrupted goes on from there.
    pub reached: Reached,
    /// Whether it goes back from there instead.
    pub is_given_up: bool,
}

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
    /// Where either fails, and the service has started as it was: what was for the other image goes.
    pub abandon: Plan,
    /// The other image takes its place.
    pub switch: Plan,
    /// What is in service starts.
    pub start: Plan,
    /// Where any of it fails: what was in service comes back, with its data. No way back where the data stays.
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

impl Planned {
    /// Carries it out.
    ///
    /// # Errors
    /// As [`Course::carry_out`] and [`Course::give_up`].
    pub fn carry_out(&self, means: &mut Means<'_>) -> Result<Outcome> {
        if self.is_given_up {
            self.course.give_up(self.reached, means)
        } else {
            self.course.carry_out(self.reached, means)
        }
    }
}

impl Course {
    /// The stages, each with what it is called and what it does.
    fn stages(&self) -> Vec<(&'static str, String)> {
        let mut stages = vec![
            ("prepare", self.prepare.to_string()),
            ("rehearse on a copy of the data", self.rehearsal.to_string()),
            ("if that fails, start again what was in service", self.abandoned().to_string()),
            ("switch", self.switch.to_string()),
        ];
        if self.runs {
            stages.push(("start", self.start.to_string()));
            stages.push(("prove", format!("  1. the probes, against {}", short(self.to))));
        }
        if let Some(back) = &self.take_back {
            stages.push(("if any of that fails, take it back", back.to_string()));
            stages.push(("then start and prove what was in service, and", self.settle.to_string()));
        }
        stages.push(("finish", self.finish.to_string()));
        stages
    }
}

impl Course {
    fn abandoned(&self) -> Plan {
        Plan::joined([&self.rehearsal.clear, &self.start, &self.abandon])
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
