//! How fast one connection may send: a bucket of bytes that fills again. Who sends more is read more slowly;
//! nothing is dropped.

use std::time::{Duration, Instant};

/// The bucket of one connection.
#[derive(Debug)]
pub(super) struct Shaper {
    per_second: f64,
    burst: f64,
    level: f64,
    at: Instant,
}

/// A byte put into somebody's mailbox costs its sender so much less than a byte read. A message to a few is
/// as good as free; presence to the whole school, over and over, is not.
const CAUSED_FOR_ONE: usize = 16;
/// The least that is worth waking up for.
const MORSEL: f64 = 1024.0;

impl Shaper {
    pub(super) fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let burst = f64::from(burst);
        Self { per_second: f64::from(per_second), burst, level: burst, at: now }
    }

    /// What has been read has put that many bytes into mailboxes; how long not to read any more, if at all.
    pub(super) fn caused(&mut self, bytes: usize, now: Instant) -> Option<Duration> {
        self.took(bytes / CAUSED_FOR_ONE, now)
    }

    /// That many bytes have been read; how long not to read any more, if at all.
    pub(super) fn took(&mut self, bytes: usize, now: Instant) -> Option<Duration> {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.level = (self.level + elapsed * self.per_second).min(self.burst);
        self.level -= u32::try_from(bytes).map_or(f64::INFINITY, f64::from);
        if self.level >= 0.0 {
            return None;
        }
        Some(Duration::from_secs_f64((MORSEL.min(self.burst) - self.level) / self.per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_free_and_the_rest_has_to_wait() {
        let start = Instant::now();
        let mut shaper = Shaper::new(1024, 4096, start);
        assert_eq!(shaper.took(4096, start), None);
        assert_eq!(shaper.took(1024, start), Some(Duration::from_secs(2)));
        assert_eq!(shaper.took(2048, start + Duration::from_secs(3)), None);
        assert_eq!(shaper.took(4096, start + Duration::from_secs(3600)), None);
    }

    #[test]
    fn who_makes_the_server_talk_pays_for_it() {
        let start = Instant::now();
        let mut shaper = Shaper::new(1024, 4096, start);
        assert_eq!(shaper.caused(15, start), None);
        assert_eq!(shaper.caused(4096 * CAUSED_FOR_ONE, start), None);
        assert_eq!(shaper.caused(1024 * CAUSED_FOR_ONE, start), Some(Duration::from_secs(2)));
    }
}
