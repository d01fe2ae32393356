//! The stage: the process in which an appliance is started and probed.
//!
//! On Linux the host's part (the gateway's address, the firewall, what listens beyond it) is played in a network
//! namespace of its own, so that neither root nor a trace on the real host is needed. A process can enter one only
//! while it has a single thread, so this program starts itself again with a hidden first argument, and its parent
//! watches. On FreeBSD the host plays itself, and an act is an ordinary call. Only this file knows the difference.

use std::process::ExitCode;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::Runtime;
use crate::error::{Context as _, Result};

/// What is done on a stage: from an input to an outcome, with events on the way.
///
/// An act is a constant, so that both sides of the process boundary agree on its name and types; `main` hands all
/// of a program's acts to [`enter`] before it does anything else.
pub struct Act<I, E, O> {
    /// Its name, unique among the program's acts.
    pub name: &'static str,
    /// What is done. It runs in the stage's main thread.
    pub perform: Performance<I, E, O>,
}

/// A function of a stage, an input, and what is to be told of events.
pub type Performance<I, E, O> = fn(&Stage, &I, &mut dyn FnMut(E)) -> Result<O>;

impl<I, E, O> Act<I, E, O>
where
    I: DeserializeOwned + Serialize,
    E: DeserializeOwned + Serialize,
    O: DeserializeOwned + Serialize,
{
    /// Performs the act on a stage, and returns its outcome; events arrive as they happen.
    ///
    /// # Errors
    /// [`Error::Host`](crate::Error::Host) if appliances cannot be started on this machine: nothing was done then.
    /// Else those of the act itself.
    pub fn run(&self, input: &I, on_event: impl FnMut(E)) -> Result<O> {
        #[cfg(target_os = "linux")]
        return super::linux::stage::run(self.name, input, on_event);
        #[cfg(not(target_os = "linux"))]
        {
            let mut on_event = on_event;
            (self.perform)(&Stage::set(), input, &mut on_event)
        }
    }
}

/// Takes the part for which this process was started, if it was started for one: then the process is to end with the
/// code returned. To be called first of all in `main`, while there is a single thread and nothing is open.
pub fn enter(acts: &[&dyn Perform]) -> Option<ExitCode> {
    #[cfg(target_os = "linux")]
    return super::linux::backstage::enter(acts);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = acts;
        None
    }
}

/// The proof that this process is a stage: only on one can appliances be started.
pub struct Stage(());

impl Stage {
    /// Declares this process a stage, once it is one.
    pub(super) fn set() -> Self {
        Self(())
    }

    /// The runtime of this system.
    pub fn runtime(&self) -> Box<dyn Runtime> {
        #[cfg(target_os = "linux")]
        return Box::new(super::linux::Namespaces::on(self));
        #[cfg(not(target_os = "linux"))]
        return Box::new(super::freebsd::Jails);
    }
}

/// An act whose types are hidden, as [`enter`] takes it.
pub trait Perform {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Performs it on values that came from, and go to, another process.
    fn perform(&self, stage: &Stage, input: Value, on_event: &mut dyn FnMut(Value)) -> Result<Value>;
}

impl<I: DeserializeOwned, E: Serialize, O: Serialize> Perform for Act<I, E, O> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn perform(&self, stage: &Stage, input: Value, on_event: &mut dyn FnMut(Value)) -> Result<Value> {
        let input =
            serde_json::from_value(input).doing(format_args!("understand the input of `{}`", self.name))?;
        let outcome = (self.perform)(stage, &input, &mut |event| {
            on_event(serde_json::to_value(event).expect("an event is plain data"));
        })?;
        serde_json::to_value(outcome).doing(format_args!("describe the outcome of `{}`", self.name))
    }
}
