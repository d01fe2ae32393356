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

/// More than anybody has open. The oldest form goes first; what waits for an answer stays, since it may be shown once.
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
    pub(super) fn begin(
        &mut self,
        session: SessionId,
        id: String,
        node: &'static str,
        now: Instant,
    ) -> Result<(), StanzaError> {
        self.add(session, Sitting { id, node, since: now, asked: None })
    }

    /// One waits for an answer.
    pub(super) fn ask(
        &mut self,
        session: SessionId,
        id: String,
        node: &'static str,
        asked: Asked,
        now: Instant,
    ) -> Result<(), StanzaError> {
        self.add(session, Sitting { id, node, since: now, asked: Some(asked) })
    }

    fn add(&mut self, session: SessionId, sitting: Sitting) -> Result<(), StanzaError> {
        let sittings = self.0.entry(session).or_default();
        if sittings.len() >= MOST {
            let oldest_form = sittings.iter().position(|sitting| sitting.asked.is_none());
            sittings.remove(oldest_form.ok_or(StanzaError::ResourceConstraint)?);
        }
        sittings.push(sitting);
        Ok(())
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
        let asked = sittings.remove(place).asked;
        if sittings.is_empty() {
            self.0.remove(&session);
        }
        asked
    }

    /// Ends the forms of a session that ends. What was asked goes on, and is done when the answer comes, though nobody hears
    /// of it any more.
    pub(crate) fn end_all(&mut self, session: SessionId) {
        let Some(sittings) = self.0.get_mut(&session) else { return };
        sittings.retain(|sitting| sitting.asked.is_some());
        if sittings.is_empty() {
            self.0.remove(&session);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_an_answer_stays_until_it_comes() {
        let (mut sittings, session, now) = (Sittings::default(), SessionId(1), Instant::now());
        let id = |number: usize| number.to_string();
        for number in 0..MOST {
            assert!(sittings.ask(session, id(number), "a", Asked::default(), now).is_ok());
        }
        let refused = sittings.ask(session, id(MOST), "a", Asked::default(), now);
        assert_eq!(refused, Err(StanzaError::ResourceConstraint));
        assert_eq!(sittings.begin(session, id(MOST), "a", now), Err(StanzaError::ResourceConstraint));
        assert!(sittings.answered(session, &id(0)).is_some());
        assert!(sittings.begin(session, id(MOST), "a", now).is_ok());
        assert!(sittings.begin(session, id(MOST + 1), "a", now).is_ok(), "the oldest form goes");
        assert!(sittings.end(session, &id(MOST), "a", now).is_err());
        assert!((1..MOST).all(|number| sittings.answered(session, &id(number)).is_some()));
    }
}
