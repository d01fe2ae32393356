//! Watching over silence: who takes too long to log in is sent away, who has been silent is asked whether
//! they are there (XEP-0199 §4.2), who does not answer is given up.

use std::time::{Duration, Instant};

use crate::config;

/// What one connection has been heard of.
#[derive(Debug)]
pub(super) struct Vigil {
    /// When it must have logged in.
    pub(super) login_by: Instant,
    /// After so much silence a client is asked,
    silence: Duration,
    /// and so long it may think about it.
    patience: Duration,
    heard: Instant,
    is_asked: bool,
}

/// What to do about silence.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// Ask, and look again then.
    Ask(Instant),
    /// End it.
    GiveUp,
    /// Look again then.
    Wait(Instant),
}

impl Vigil {
    pub(super) fn new(now: Instant, login_by: Instant, limits: &config::Limits) -> Self {
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        let (silence, patience) = (seconds(limits.silence_seconds), seconds(limits.patience_seconds));
        Self { login_by, silence, patience, heard: now, is_asked: false }
    }

    /// Something has been read; whatever it was, somebody is there.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.is_asked = false;
    }

    /// Looks at the clock.
    pub(super) fn check(&mut self, now: Instant, is_bound: bool) -> Verdict {
        let patience = if self.is_asked { self.patience } else { Duration::ZERO };
        let until = if is_bound { self.heard + self.silence + patience } else { self.login_by };
        if now < until {
            return Verdict::Wait(until);
        }
        if self.is_asked || !is_bound {
            return Verdict::GiveUp;
        }
        self.is_asked = true;
        Verdict::Ask(now + self.patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn vigil(start: Instant) -> Vigil {
        Vigil::new(start, start + s(30), &config::Limits::default())
    }

    #[test]
    fn a_login_takes_no_longer_than_allowed_however_much_is_said() {
        let start = Instant::now();
        let mut vigil = vigil(start);
        vigil.heard(start + s(29));
        assert_eq!(vigil.check(start + s(29), false), Verdict::Wait(start + s(30)));
        assert_eq!(vigil.check(start + s(30), false), Verdict::GiveUp);
    }

    #[test]
    fn the_silent_are_asked_once_then_given_up() {
        let start = Instant::now();
        let mut vigil = vigil(start);
        assert_eq!(vigil.check(start + s(30), true), Verdict::Wait(start + s(300)));
        assert_eq!(vigil.check(start + s(300), true), Verdict::Ask(start + s(360)));
        assert_eq!(vigil.check(start + s(359), true), Verdict::Wait(start + s(360)));
        assert_eq!(vigil.check(start + s(360), true), Verdict::GiveUp);
    }

    #[test]
    fn an_answer_begins_a_new_silence() {
        let start = Instant::now();
        let mut vigil = vigil(start);
        assert_eq!(vigil.check(start + s(300), true), Verdict::Ask(start + s(360)));
        vigil.heard(start + s(310));
        assert_eq!(vigil.check(start + s(360), true), Verdict::Wait(start + s(610)));
    }
}
