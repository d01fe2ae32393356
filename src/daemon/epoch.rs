//! The one time that appears in an image, whenever it was made.

use std::env;

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::error::{Context as _, Error, Result};

/// 2026-01-01T00:00:00Z: when nothing else is asked for, every image says that it is from then.
const DEFAULT: u64 = 1_767_225_600;

/// The latest time that fits a ustar header, eleven octal digits: in the year 2242.
const LATEST: u64 = (1 << 33) - 1;

/// Seconds since 1970 (<https://reproducible-builds.org/specs/source-date-epoch/>).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct SourceDateEpoch(u64);

impl SourceDateEpoch {
    /// What the environment's `SOURCE_DATE_EPOCH` says, or the same time for everybody.
    pub fn from_environment() -> Result<Self> {
        match env::var_os("SOURCE_DATE_EPOCH") {
            None => Ok(Self::default()),
            Some(value) => Self::parse(&value.to_string_lossy()),
        }
    }

    /// This time, if it fits the headers of an archive.
    pub fn new(seconds: u64) -> Result<Self> {
        if seconds <= LATEST { Ok(Self(seconds)) } else { Err(refusal(&seconds.to_string())) }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// The time as RFC 3339 has it, such as `2026-01-01T00:00:00Z`.
    pub fn to_rfc_3339(self) -> Result<String> {
        self.time()?.format(&Rfc3339).doing("write the time of the image")
    }

    /// The time by the calendar, in UTC.
    pub fn time(self) -> Result<OffsetDateTime> {
        let seconds = i64::try_from(self.0).doing("read the time of the image")?;
        OffsetDateTime::from_unix_timestamp(seconds).doing("read the time of the image")
    }

    fn parse(text: &str) -> Result<Self> {
        text.parse().map_err(|_| refusal(text)).and_then(Self::new)
    }
}

impl Default for SourceDateEpoch {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl From<SourceDateEpoch> for u64 {
    fn from(epoch: SourceDateEpoch) -> Self {
        epoch.0
    }
}

impl TryFrom<u64> for SourceDateEpoch {
    type Error = Error;

    fn try_from(seconds: u64) -> Result<Self> {
        Self::new(seconds)
    }
}

fn refusal(text: &str) -> Error {
    Error::configuration(
        format_args!("`SOURCE_DATE_EPOCH={text}` is not a time that an image can carry"),
        format_args!("unset it, or set it to seconds since 1970, at most {LATEST}"),
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn only_seconds_that_fit_a_header_are_a_time() {
        assert_eq!(SourceDateEpoch::parse("0").unwrap().seconds(), 0);
        assert_eq!(SourceDateEpoch::parse("8589934591").unwrap().seconds(), LATEST);
        assert_eq!(SourceDateEpoch::new(LATEST).unwrap().to_rfc_3339().unwrap(), "2242-03-16T12:56:31Z");
        for text in ["8589934592", "-1", "", "now", "1.5"] {
            assert_eq!(SourceDateEpoch::parse(text).unwrap_err().exit_code(), 3, "{text}");
        }
    }
}
