//! Commands that wait for their form: few for each session, and not for long.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::mistake;
use crate::{
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
}

impl Sittings {
    pub(super) fn begin(&mut self, session: SessionId, id: String, node: &'static str, now: Instant) {
        let sittings = self.0.entry(session).or_default();
        if sittings.len() == MOST {
            sittings.remove(0);
        }
        sittings.push(Sitting { id, node, since: now });
    }

    /// Ends one, whatever comes of it.
    pub(super) fn end(
        &mut self,
        session: SessionId,
        id: &str,
        node: &'static str,
        now: Instant,
    ) -> Result<(), Refusal> {
        let sittings = self.0.entry(session).or_default();
        let place = sittings.iter().position(|sitting| sitting.id == id && sitting.node == node);
        let sitting = sittings.remove(place.ok_or_else(|| mistake("bad-sessionid"))?);
        if now.duration_since(sitting.since) > PATIENCE {
            return Err(StanzaError::NotAllowed.with(format!("<session-expired xmlns='{}'/>", ns::COMMANDS)));
        }
        Ok(())
    }

    pub(super) fn end_all(&mut self, session: SessionId) {
        self.0.remove(&session);
    }
}
