//! What a FreeBSD host must be like for an appliance to live on it, and what to type where it is not.
//!
//! | file | what it holds |
//! |---|---|
//! | [`facts`] | the host as its commands describe it |
//! | `judge` | what is made of the facts, one check each: pure |
//!
//! `doctor` prints these checks; `install` and `upgrade` do nothing on a host where one of them is [`State::Missing`].

pub mod facts;
mod judge;

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

use self::facts::Facts;
use crate::{
    error::{Error, Result},
    host::Host,
    image::Image,
    policy::Policy,
    target::Target,
};

/// One thing that was looked at.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub subject: String,
    /// What came of it.
    pub state: State,
    /// What was seen.
    pub seen: String,
    /// What to type, where something is to be done.
    pub hint: Option<String>,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is there.
    Ok,
    /// It is not there, and something that is not needed on this machine alone cannot be done.
    Limited,
    /// It is not there, and nothing can be done without it.
    Missing,
}

/// What is to live on the host.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// Its network, after whose name everything is called.
    pub policy: &'a Policy,
    /// Its image, where there is one at hand.
    pub image: Option<&'a Image>,
    /// What this host runs.
    pub target: Target,
    /// Whether what pf and the kernel lack is changed, so that it need not be so yet.
    pub edits_host: bool,
    /// Whether it lives here already, and takes no more room than it has.
    pub is_installed: bool,
}

/// Looks whether an appliance can live on this host. Without root's rights nothing else is looked at.
pub fn preflight(host: &dyn Host, wanted: &Wanted) -> Vec<Check> {
    judge::all(&Facts::of(host, &wanted.policy.name), wanted, OffsetDateTime::now_utc())
}

/// Refuses a host on which something is missing; the error names all of it.
///
/// # Errors
/// [`Error::Host`] with what to type for each.
pub fn require(checks: &[Check]) -> Result<()> {
    let missing: Vec<_> = checks.iter().filter(|check| check.state == State::Missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let seen: Vec<_> = missing.iter().map(|check| format!("{}: {}", check.subject, check.seen)).collect();
    let hints: Vec<_> = missing.iter().filter_map(|check| check.hint.as_deref()).collect();
    Err(Error::host(
        format_args!("this host is not ready: {}", seen.join("; ")),
        format_args!("{}; `jailbuild doctor` shows all that was looked at", hints.join("; ")),
    ))
}

impl Check {
    /// What is as it must be.
    pub fn ok(subject: &str, seen: impl fmt::Display) -> Self {
        Self { subject: subject.to_owned(), state: State::Ok, seen: seen.to_string(), hint: None }
    }

    /// What is not, though one can do without.
    pub fn limited(subject: &str, seen: impl fmt::Display, hint: impl fmt::Display) -> Self {
        Self { state: State::Limited, hint: Some(hint.to_string()), ..Self::ok(subject, seen) }
    }

    /// What is not, and must be.
    pub fn missing(subject: &str, seen: impl fmt::Display, hint: impl fmt::Display) -> Self {
        Self { state: State::Missing, ..Self::limited(subject, seen, hint) }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Ok => "ok",
            State::Limited => "limited",
            State::Missing => "missing",
        };
        write!(formatter, "{state:<8} {}: {}", self.subject, self.seen)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(formatter, "\n{:<9}hint: {hint}", ""))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests;
