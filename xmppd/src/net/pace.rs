//! When one connection may be read, when it may be written to, and when to look at it again.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::time::{Sleep, sleep_until};

use super::{
    shaper::Shaper,
    vigil::{Verdict, Vigil},
};
use crate::config;

/// The clocks of one connection.
pub(super) struct Pace {
    shaper: Shaper,
    vigil: Vigil,
    /// Nothing is read before this.
    read_from: Option<Instant>,
    /// Nothing is written before this.
    write_from: Option<Instant>,
    /// Set when it rings, or must ring earlier; not with every byte.
    alarm: Pin<Box<Sleep>>,
}

impl Pace {
    pub(super) fn new(limits: &config::Limits, login_by: Instant) -> Self {
        let now = Instant::now();
        Self {
            shaper: Shaper::new(limits.bytes_per_second, limits.burst_bytes, now),
            vigil: Vigil::new(now, login_by, limits),
            read_from: None,
            write_from: None,
            alarm: Box::pin(sleep_until(login_by.into())),
        }
    }

    /// Ready when [`Pace::alarmed`] has something to say.
    pub(super) fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.alarm.as_mut().poll(cx)
    }

    /// When the peer must have logged in.
    pub(super) fn login_by(&self) -> Instant {
        self.vigil.login_by
    }

    pub(super) fn may_read(&self) -> bool {
        self.read_from.is_none()
    }

    pub(super) fn may_write(&self) -> bool {
        self.write_from.is_none()
    }

    /// That many bytes have been read.
    pub(super) fn took(&mut self, bytes: usize) {
        let now = Instant::now();
        self.vigil.heard(now);
        let wait = self.shaper.took(bytes, now);
        self.hold_reading(wait, now);
    }

    /// What was read has put that many bytes into mailboxes.
    pub(super) fn caused(&mut self, bytes: usize) {
        let now = Instant::now();
        let wait = self.shaper.caused(bytes, now);
        self.hold_reading(wait, now);
    }

    /// For so long nothing is read, and nothing is written either.
    pub(super) fn pause(&mut self, wait: Duration) {
        let now = Instant::now();
        self.hold_reading(Some(wait), now);
        self.write_from = Some(now + wait);
    }

    /// What was held back until now is not any more; and what the silence asks for.
    pub(super) fn alarmed(&mut self, is_bound: bool) -> Verdict {
        let now = Instant::now();
        self.read_from.take_if(|from| *from <= now);
        self.write_from.take_if(|from| *from <= now);
        let verdict = self.vigil.check(now, is_bound);
        if let Verdict::Ask(look_again) | Verdict::Wait(look_again) = verdict {
            let next = self.read_from.into_iter().chain(self.write_from).fold(look_again, Instant::min);
            self.alarm.as_mut().reset(next.into());
        }
        verdict
    }

    fn hold_reading(&mut self, wait: Option<Duration>, now: Instant) {
        let Some(until) = wait.map(|wait| now + wait) else { return };
        self.read_from = self.read_from.max(Some(until));
        if self.alarm.deadline() > until.into() {
            self.alarm.as_mut().reset(until.into());
        }
    }
}
