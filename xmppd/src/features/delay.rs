//! XEP-0203: the stamp on what was delayed, in the format of XEP-0082.

use time::{OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};

use crate::{ns, xml::Escaped};

const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// A time as XEP-0082 §3.2 has it, in UTC, to the millisecond.
///
/// # Panics
/// In the year 10000.
pub fn stamp(time: OffsetDateTime) -> String {
    time.to_offset(UtcOffset::UTC).format(&FORMAT).expect("a year of four digits can be written")
}

/// The element that says since when a stanza has waited at this domain.
pub fn element(domain: &str, since: OffsetDateTime) -> String {
    format!("<delay xmlns='{}' from='{}' stamp='{}'/>", ns::DELAY, Escaped(domain), stamp(since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_utc() {
        let time = OffsetDateTime::UNIX_EPOCH + time::Duration::milliseconds(1_234_567_890_123);
        assert_eq!(stamp(time), "2009-02-13T23:31:30.123Z");
    }
}
