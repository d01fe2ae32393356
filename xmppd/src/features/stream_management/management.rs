//! One session's stream management: both counts, and when to ask for an acknowledgement.

use std::time::{Duration, Instant};

use super::unacknowledged::Unacknowledged;
use crate::{
    router::Parcel,
    stream::{Context, MessageId, StreamError, management::Resumption},
};

/// After so many stanzas the client is asked what it has had,
const EVERY: u32 = 10;
/// or after so long; not at once, for what is answered with the next few costs nothing.
const SOON: Duration = Duration::from_secs(2);

/// What there is to know about a managed stream.
pub(crate) struct Management {
    /// By what the session can be resumed, if it can.
    pub(crate) resumption: Option<Resumption>,
    /// How many stanzas the client has sent.
    pub(crate) handled: u32,
    pub(crate) unacknowledged: Unacknowledged,
    /// Until when it can be resumed, once its connection is lost.
    pub(crate) until: Option<Instant>,
    /// Since when the client owes an answer to `<r/>`.
    asked: Option<Instant>,
    /// Since when something is outstanding that it has not been asked about,
    since: Option<Instant>,
    /// and how much.
    unasked: u32,
}

impl Management {
    pub(crate) fn new(resumption: Option<Resumption>) -> Self {
        Self {
            resumption,
            handled: 0,
            unacknowledged: Unacknowledged::default(),
            until: None,
            asked: None,
            since: None,
            unasked: 0,
        }
    }

    /// Keeps what is sent until it is acknowledged.
    pub(crate) fn keep(&mut self, parcel: Parcel, is_sent: bool, cx: &Context<'_>) {
        self.unacknowledged.push(parcel, cx.now, is_sent);
        self.unasked += 1;
        self.since.get_or_insert(cx.instant);
    }

    /// The client says how many stanzas it has had; which messages of the store are among them.
    pub(crate) fn acknowledge(&mut self, handled: u32, now: Instant) -> Result<Vec<MessageId>, StreamError> {
        let ids = self.unacknowledged.acknowledge(handled)?;
        self.asked = None;
        if self.unacknowledged.is_outstanding() {
            self.since.get_or_insert(now);
        } else {
            (self.since, self.unasked) = (None, 0);
        }
        Ok(ids)
    }

    /// Whether it is time to ask what the client has had; if so, it counts as asked.
    pub(crate) fn asks(&mut self, now: Instant) -> bool {
        let is_due = self.unasked >= EVERY || self.since.is_some_and(|since| now >= since + SOON);
        is_due && self.unacknowledged.is_outstanding() && self.asks_at_once(now)
    }

    /// Whether it has to be asked, since no answer is owed yet; if so, it counts as asked.
    pub(crate) fn asks_at_once(&mut self, now: Instant) -> bool {
        if self.asked.is_some() {
            return false;
        }
        (self.asked, self.since, self.unasked) = (Some(now), None, 0);
        true
    }

    /// The connection is lost; whether the session waits to be resumed.
    pub(crate) fn hibernate(&mut self, now: Instant) -> bool {
        let Some(resumption) = &self.resumption else { return false };
        self.until = Some(now + Duration::from_secs(resumption.seconds.into()));
        (self.asked, self.since, self.unasked) = (None, None, 0);
        self.unacknowledged.detach();
        !self.unacknowledged.is_too_much()
    }

    /// Whether nobody has come back for it in time, or too much waits.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.unacknowledged.is_too_much() || self.until.is_some_and(|until| now >= until)
    }

    /// Whether the client has owed an answer for too long.
    pub(crate) fn is_mute(&self, now: Instant, patience: Duration) -> bool {
        self.asked.is_some_and(|asked| now >= asked + patience)
    }
}
