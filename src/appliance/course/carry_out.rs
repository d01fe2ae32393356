//! A course carried out, from wherever it was left.

use super::{Course, Ending, Outcome};
use crate::{
    appliance::{
        Plan, Prover, Reached, Record,
        rehearsal::Migration,
        setback::{still_down, stuck},
        step::short,
    },
    error::{Error, Result},
    host::Host,
    proof::{Event, Proof},
};

/// By what a course is carried out, and who is told.
pub struct Means<'a> {
    /// The host.
    pub host: &'a dyn Host,
    /// What proves an appliance.
    pub prover: &'a dyn Prover,
    /// Who is told how far it has come.
    pub tell: &'a mut dyn FnMut(Event),
}

/// What came of a proof.
enum Verdict {
    /// It was proved, or did not run.
    Good(Option<Proof>),
    /// It was not, for this reason.
    Bad { why: String, proof: Option<Proof> },
}

impl Course {
    /// Carries it out from where it was left: from the beginning, if it was not begun.
    ///
    /// # Errors
    /// If the other image cannot be prepared, or its daemon does not take the data: what was in service is again. Or if
    /// the host fails on the way, which can be gone on with.
    pub fn carry_out(&self, reached: Reached, means: &mut Means<'_>) -> Result<Outcome> {
        let mut migration = None;
        if reached == Reached::Begun {
            migration = self.begin(means)?;
        }
        let ending = match reached {
            Reached::Begun | Reached::Switched => self.switch(means)?,
            Reached::TakenBack => self.take_back("it was interrupted".to_owned(), None, means)?,
            Reached::Done => self.finish(Verdict::Good(None), means)?,
        };
        Ok(self.outcome(migration, ending))
    }

    /// Gives up what is under way: what was in service is again, with its data.
    ///
    /// # Errors
    /// If the host fails on the way, which can be gone on with.
    pub fn give_up(&self, reached: Reached, means: &mut Means<'_>) -> Result<Outcome> {
        if reached != Reached::Begun {
            let ending = self.take_back("it was given up".to_owned(), None, means)?;
            return Ok(self.outcome(None, ending));
        }
        means.doing("giving up what was begun");
        let fault = self.abandon(means)?;
        Ok(self.outcome(None, Ending::GivenUp { fault }))
    }

    fn begin(&self, means: &mut Means<'_>) -> Result<Option<Migration>> {
        means.doing(format_args!("stopping {} and saving its data", self.before.name));
        let begun = means.carry_out(&self.prepare).and_then(|()| {
            means.doing(format_args!("rehearsing with {} on a copy of the data", short(self.to)));
            self.rehearsal.carry_out(means.host)
        });
        begun.map_err(|error| {
            means.doing("starting again what was in service");
            match self.abandon(means) {
                Ok(None) => error,
                Ok(Some(fault)) => still_down(&self.before.name, &error, &fault),
                Err(also) => stuck(&self.before.name, &format!("{error}; then, {also}")),
            }
        })
    }

    /// All is as it was; answers what is wrong with that, if it does not start. It may have run badly before, and is not to
    /// be in the way of what cures it.
    fn abandon(&self, means: &mut Means<'_>) -> Result<Option<String>> {
        means.carry_out(&self.rehearsal.clear)?;
        let fault = means.carry_out(&self.start).err();
        means.carry_out(&self.abandon)?;
        Ok(fault.map(|fault| fault.to_string()))
    }

    fn switch(&self, means: &mut Means<'_>) -> Result<Ending> {
        means.doing(format_args!("putting {} in service", short(self.to)));
        let verdict = match means.carry_out(&self.switch) {
            Ok(()) => self.try_out(&self.after, means),
            Err(error) if self.take_back.is_some() => Verdict::bad(&error),
            Err(error) => return Err(stuck(&self.before.name, &error.to_string())),
        };
        match verdict {
            Verdict::Bad { why, proof } if self.take_back.is_some() => self.take_back(why, proof, means),
            verdict => self.finish(verdict, means),
        }
    }

    fn take_back(&self, why: String, failed: Option<Proof>, means: &mut Means<'_>) -> Result<Ending> {
        means.doing(format_args!("taking it back: {why}"));
        if let Some(plan) = &self.take_back {
            means
                .carry_out(plan)
                .map_err(|error| stuck(&self.before.name, &format!("{why}; then, {error}")))?;
        }
        let (proof, fault) = self.try_out(&self.before, means).parts();
        means.carry_out(&self.settle)?;
        Ok(Ending::TakenBack { why, failed, proof, fault })
    }

    fn finish(&self, verdict: Verdict, means: &mut Means<'_>) -> Result<Ending> {
        means.carry_out(&self.finish)?;
        let (proof, fault) = verdict.parts();
        Ok(Ending::Changed { proof, fault })
    }

    /// Starts what is in place, and proves it; if it ran before.
    fn try_out(&self, record: &Record, means: &mut Means<'_>) -> Verdict {
        if !self.runs {
            return Verdict::Good(None);
        }
        means.doing(format_args!("starting {}", short(record.image)));
        if let Err(error) = means.carry_out(&self.start) {
            return Verdict::bad(&error);
        }
        means.doing(format_args!("proving {}", short(record.image)));
        match means.prover.prove(record, means.tell) {
            Ok(proof) => Verdict::of(proof),
            Err(error) => Verdict::bad(&error),
        }
    }

    fn outcome(&self, migration: Option<Migration>, ending: Ending) -> Outcome {
        Outcome {
            name: self.before.name.clone(),
            from: self.from,
            to: self.to,
            runs: self.runs,
            migration,
            ending,
        }
    }
}

impl Means<'_> {
    fn carry_out(&mut self, plan: &Plan) -> Result<()> {
        plan.carry_out(self.host, &mut |_| ())
    }

    fn doing(&mut self, what: impl std::fmt::Display) {
        (self.tell)(Event::Doing(what.to_string()));
    }
}

impl Verdict {
    fn bad(error: &Error) -> Self {
        Self::Bad { why: error.to_string(), proof: None }
    }

    fn of(proof: Proof) -> Self {
        match (proof.report.failed(), &proof.fault) {
            (0, None) => Self::Good(Some(proof)),
            (0, Some(fault)) => Self::Bad { why: fault.clone(), proof: Some(proof) },
            (1, _) => Self::Bad { why: "a probe failed".to_owned(), proof: Some(proof) },
            (failed, _) => Self::Bad { why: format!("{failed} probes failed"), proof: Some(proof) },
        }
    }

    fn parts(self) -> (Option<Proof>, Option<String>) {
        match self {
            Self::Good(proof) => (proof, None),
            Self::Bad { why, proof } => (proof, Some(why)),
        }
    }
}
