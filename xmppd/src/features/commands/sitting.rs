//! Commands that go on: those that wait for their form, and those that wait for an answer. Few for each session, and
//! not for long.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::mistake;
use crate::{
    auth::Password,
    features::form::Submission,
    ns,
    stanza::{Refusal, StanzaError},
    stream::SessionId,
};

/// More forms than anybody has open; the oldest goes first.
const MOST: usize = 8;
/// How long a form may take to fill in.
const PATIENCE: Duration = Duration::from_secs(3600);

/// All of them.
#[derive(Default)]
pub(crate) struct Sittings(HashMap<SessionId, Vec<Sitting>>);

struct Sitting {
    id: String,
    node: &'static str,
    since: Instant,
    /// What was filled in, once it was.
    asked: Option<Asked>,
}

/// What was filled in, while the administration looks at it.
#[derive(Default)]
pub(super) struct Asked {
    /// To be filled in again, should it be wrong.
    pub(super) filled: Submission,
    /// A password that was made, to be shown once it is somebody's.
    pub(super) made: Option<Password>,
}

impl Sittings {
    /// One waits for its form.
    pub(super) fn begin(&mut self, session: SessionId, id: String, node: &'static str, now: Instant) {
        self.add(session, Sitting { id, node, since: now, asked: None });
    }

    /// One waits for an answer.
    pub(super) fn ask(
        &mut self,
        session: SessionId,
        id: String,
        node: &'static str,
        asked: Asked,
        now: Instant,
    ) {
        self.add(session, Sitting { id, node, since: now, asked: Some(asked) });
    }

    fn add(&mut self, session: SessionId, sitting: Sitting) {
        let sittings = self.0.entry(session).or_default();
        if sittings.len() >= MOST {
            let oldest_form = sittings.iter().position(|sitting| sitting.asked.is_none());
            sittings.remove(oldest_form.unwrap_or_default());
        }
        sittings.push(sitting);
    }

    /// Ends one that waits for its form, whatever comes of it.
    pub(super) fn end(
        &mut self,
        session: SessionId,
        id: &str,
        node: &'static str,
        now: Instant,
    ) -> Result<(), Refusal> {
        let sittings = self.0.entry(session).or_default();
        let is_it = |sitting: &Sitting| sitting.id == id && sitting.node == node && sitting.asked.is_none();
        let place = sittings.iter().position(is_it);
        let sitting = sittings.remove(place.ok_or_else(|| mistake("bad-sessionid"))?);
        if now.duration_since(sitting.since) > PATIENCE {
            return Err(StanzaError::NotAllowed.with(format!("<session-expired xmlns='{}'/>", ns::COMMANDS)));
        }
        Ok(())
    }

    /// Ends one that waits for an answer; `None` if nobody waits for it any more.
    pub(super) fn answered(&mut self, session: SessionId, id: &str) -> Option<Asked> {
        let sittings = self.0.get_mut(&session)?;
        let place = sittings.iter().position(|sitting| sitting.id == id && sitting.asked.is_some())?;
        sittings.remove(place).asked
    }

    pub(super) fn end_all(&mut self, session: SessionId) {
        self.0.remove(&session);
    }
}
