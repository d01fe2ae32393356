//! What comes to its end, told of while there is time.

use std::fmt;

use serde::Serialize;

use super::certificates::{Shown, Summary};

/// How many days before an end it is told of.
pub const WARN_DAYS: i64 = 60;

/// What to do about an authority that ends, since no client trusts the next one by itself.
pub const ANOTHER_AUTHORITY: &str = "with the next one, every device must be told anew: choose a day, move the site's folders `ca/` and \
     `tls/` away, type `jailbuild install IMAGE` with the image that is installed (or `jailbuild cert renew`, where none is), and hand \
     out what `jailbuild trust-kit` makes";

/// What to do about a leaf that ends.
pub const ANOTHER_LEAF: &str = "`jailbuild cert renew` makes a new one, of which no client notices anything";

/// Whether it is time to speak of what ends in so many days.
pub const fn is_near(days_left: i64) -> bool {
    days_left <= WARN_DAYS
}

/// A certificate that comes to its end.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Ending {
    /// `authority` or `leaf`.
    pub what: &'static str,
    /// Its last moment, in UTC (RFC 3339).
    pub not_after: String,
    /// Whole days until then, below zero when it has passed.
    pub days_left: i64,
    /// What to do about it.
    pub hint: &'static str,
}

impl Shown {
    /// What of it comes to its end; signing keys have none.
    pub fn ending(&self) -> Vec<Ending> {
        let certificates =
            [("authority", &self.authority, ANOTHER_AUTHORITY), ("leaf", &self.leaf, ANOTHER_LEAF)];
        let ending = certificates.into_iter().filter(|(_, summary, _)| is_near(summary.days_left));
        ending.map(|(what, summary, hint)| Ending::of(what, summary, hint)).collect()
    }
}

impl Ending {
    fn of(what: &'static str, summary: &Summary, hint: &'static str) -> Self {
        Self { what, not_after: summary.not_after.clone(), days_left: summary.days_left, hint }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, not_after, days_left, .. } = self;
        match days_left {
            ..0 => write!(formatter, "the {what} has ended: {not_after}"),
            0 => write!(formatter, "the {what} ends within a day: {not_after}"),
            1 => write!(formatter, "the {what} ends tomorrow: {not_after}"),
            _ => write!(formatter, "the {what} ends in {days_left} days: {not_after}"),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use time::{Duration, OffsetDateTime};

    use crate::site::{Folder, Site, certificates};

    #[test]
    fn it_is_told_of_sixty_days_before_and_from_then_on() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::at(place.path().join("site"));
        let now = OffsetDateTime::now_utc();
        certificates::ensure(&Site::example(), &folder, now).unwrap();
        let leaf = certificates::show(&folder, now).unwrap().leaf.days_left;
        let told = |days: i64| -> Vec<String> {
            let ending = certificates::show(&folder, now + Duration::days(days)).unwrap().ending();
            let lines = ending.iter().map(ToString::to_string);
            lines.map(|line| line.split(": ").next().unwrap().to_owned()).collect()
        };
        let none: Vec<String> = Vec::new();
        assert_eq!(told(leaf - 61), none);
        assert_eq!(told(leaf - 60), ["the leaf ends in 60 days"]);
        assert_eq!(told(leaf - 1), ["the leaf ends tomorrow"]);
        assert_eq!(told(leaf), ["the leaf ends within a day"]);
        assert_eq!(told(leaf + 2), ["the leaf has ended"]);
        let authority = certificates::show(&folder, now).unwrap().authority.days_left;
        assert_eq!(told(authority - 60)[0], "the authority ends in 60 days");
    }
}
