//! One table of attempts under one rule.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// How a count turns into waiting, and how it is forgiven.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    /// So many attempts cost nothing.
    pub(super) free: u32,
    /// The wait after the last free one; it doubles with each further one.
    pub(super) first: Duration,
    /// No wait is longer.
    pub(super) ceiling: Duration,
    /// One attempt is forgiven in this time.
    pub(super) forgiven_each: Duration,
}

/// What is counted: the keyed hashes of a network and of an account, or one of them and zero.
pub(super) type Key = (u64, u64);

/// Counts by key; at most [`Tally::CAPACITY`] of them.
pub(super) struct Tally {
    rule: Rule,
    counts: HashMap<Key, Count>,
}

/// A count that falls by itself: it is the time until it is all forgiven, in units of `forgiven_each`.
struct Count {
    clear_at: Instant,
    last: Instant,
}

impl Rule {
    fn delay(&self, level: u32) -> Duration {
        let Some(doublings) = level.checked_sub(self.free) else { return Duration::ZERO };
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.ceiling)
    }

    /// Where the delay reaches its ceiling; counting on would only keep a place waiting for days.
    fn highest_level(&self) -> u32 {
        (self.free..self.free + u32::BITS)
            .find(|&level| self.delay(level) == self.ceiling)
            .unwrap_or(self.free)
    }
}

impl Tally {
    /// About 350 KiB a table.
    pub(super) const CAPACITY: usize = 8192;

    pub(super) fn new(rule: Rule) -> Self {
        Self { rule, counts: HashMap::new() }
    }

    /// How many attempts are counted at this moment.
    pub(super) fn level(&self, now: Instant, key: Key) -> u32 {
        let Some(count) = self.counts.get(&key) else { return 0 };
        let left = count.clear_at.saturating_duration_since(now);
        left.as_millis().div_ceil(self.rule.forgiven_each.as_millis()).try_into().unwrap_or(u32::MAX)
    }

    /// How long an attempt is held.
    pub(super) fn delay(&self, now: Instant, key: Key) -> Duration {
        self.rule.delay(self.level(now, key))
    }

    /// How long until the next attempt is allowed, counted from the last one.
    pub(super) fn wait(&self, now: Instant, key: Key) -> Duration {
        let Some(count) = self.counts.get(&key) else { return Duration::ZERO };
        self.delay(now, key).saturating_sub(now.saturating_duration_since(count.last))
    }

    /// What has to wait between two attempts at this moment.
    pub(super) fn delayed(&self, now: Instant) -> impl Iterator<Item = Key> {
        self.counts.keys().copied().filter(move |&key| !self.delay(now, key).is_zero())
    }

    pub(super) fn add(&mut self, now: Instant, key: Key) {
        if self.counts.len() >= Self::CAPACITY && !self.counts.contains_key(&key) {
            self.make_room(now);
        }
        let latest = now + self.rule.forgiven_each * self.rule.highest_level();
        let count = self.counts.entry(key).or_insert(Count { clear_at: now, last: now });
        count.clear_at = (count.clear_at.max(now) + self.rule.forgiven_each).min(latest);
        count.last = now;
    }

    pub(super) fn take_back(&mut self, key: Key) {
        if let Some(count) = self.counts.get_mut(&key) {
            count.clear_at = count.clear_at.checked_sub(self.rule.forgiven_each).unwrap_or(count.clear_at);
        }
    }

    pub(super) fn forget(&mut self, key: Key) {
        self.counts.remove(&key);
    }

    /// Forgets what is forgiven; where that is not enough, the half that would be forgiven first, so that a
    /// flood of new keys does not wash away those who have guessed most.
    fn make_room(&mut self, now: Instant) {
        self.counts.retain(|_, count| count.clear_at > now);
        if self.counts.len() < Self::CAPACITY / 2 {
            return;
        }
        let mut ends: Vec<Instant> = self.counts.values().map(|count| count.clear_at).collect();
        let middle = ends.len() / 2;
        let median = *ends.select_nth_unstable(middle).1;
        self.counts.retain(|_, count| count.clear_at > median);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }
}
