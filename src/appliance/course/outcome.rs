//! What came of a course, for people and for machines.

use std::fmt;

use serde::Serialize;

use crate::{
    appliance::{Record, rehearsal::Migration, step::short},
    digest::Sha256,
    proof::Proof,
};

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The appliance's name.
    pub name: String,
    /// The image that was in service.
    pub from: Sha256,
    /// The image that was to come.
    pub to: Sha256,
    /// Whether the service runs.
    pub runs: bool,
    /// What the daemon did to a copy of the data, if it was tried now.
    pub migration: Option<Migration>,
    /// How it ended.
    #[serde(flatten)]
    pub ending: Ending,
}

/// How it ended.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "ended")]
pub enum Ending {
    /// The image was in service before.
    Already,
    /// The image is in service.
    Changed {
        /// Its proof, if it runs.
        proof: Option<Proof>,
        /// What is wrong with it.
        fault: Option<String>,
    },
    /// The image that was in service still is.
    GivenUp {
        /// What is wrong with it.
        fault: Option<String>,
    },
    /// The image that was in service is again, with the data of then.
    TakenBack {
        /// What was wrong with the other one.
        why: String,
        /// The proof that the other one did not pass.
        failed: Option<Proof>,
        /// The proof of what is in service, if it runs.
        proof: Option<Proof>,
        /// What is wrong with that.
        fault: Option<String>,
    },
}

impl Outcome {
    /// Nothing was to be done.
    pub fn already(record: &Record, runs: bool) -> Self {
        let image = record.image;
        let name = record.name.clone();
        Self { name, from: image, to: image, runs, migration: None, ending: Ending::Already }
    }

    /// The exit code, as README.md documents it. `wanted` says whether the way back was asked for.
    pub fn exit_code(&self, way_back_wanted: bool) -> u8 {
        match &self.ending {
            Ending::Already => 0,
            Ending::Changed { fault, .. } => u8::from(fault.is_some()),
            Ending::GivenUp { fault } | Ending::TakenBack { fault, .. } => {
                u8::from(fault.is_some() || !way_back_wanted)
            }
        }
    }

    /// The proofs, the last one last.
    pub fn proofs(&self) -> impl Iterator<Item = &Proof> {
        let (failed, proof) = match &self.ending {
            Ending::Changed { proof, .. } => (None, proof.as_ref()),
            Ending::Already | Ending::GivenUp { .. } => (None, None),
            Ending::TakenBack { failed, proof, .. } => (failed.as_ref(), proof.as_ref()),
        };
        failed.into_iter().chain(proof)
    }

    /// What is known of the image that is in service now.
    fn proved(&self) -> &'static str {
        let (Ending::Changed { proof, fault } | Ending::TakenBack { proof, fault, .. }) = &self.ending else {
            return "";
        };
        match (self.runs, proof, fault) {
            (true, _, Some(_)) => ", but not proved",
            (true, Some(_), None) => ", and proved",
            (true, None, None) => "",
            (false, ..) => {
                ", stopped as it was: it is not proved before `jailbuild start` and `jailbuild verify --installed`"
            }
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, from, to, .. } = self;
        let (from, to, proved) = (short(*from), short(*to), self.proved());
        match &self.ending {
            Ending::Already => write!(formatter, "{name} has the image {to} already"),
            Ending::Changed { fault, .. } => {
                write!(formatter, "{name} has the image {to}{proved}; it had {from}")?;
                if let Some(migration) = &self.migration {
                    write!(formatter, "\ndata: {migration}")?;
                }
                fault.iter().try_for_each(|fault| write!(formatter, "\nfailed: {fault}"))
            }
            Ending::GivenUp { fault } => {
                write!(formatter, "{name} has the image {from} as before; {to} is gone")?;
                fault.iter().try_for_each(|fault| write!(formatter, "\nfailed: {fault}"))
            }
            Ending::TakenBack { why, fault, .. } => {
                write!(
                    formatter,
                    "{to} was taken back: {why}\n{name} has the image {from} again{proved}, with its data of before: \
                     messages that came in the meantime are lost"
                )?;
                fault.iter().try_for_each(|fault| write!(formatter, "\nfailed: {fault}"))
            }
        }
    }
}
