//! The daemon's log, quoted where it explains an error.

use std::path::Path;

use crate::error::Error;

/// How much of the log goes into an error: its end, where a daemon says why it goes.
const LINES: usize = 10;

/// The same error with the last lines of the log as its hint: the file itself may be gone when the error is read.
pub(super) fn quoted(error: Error, log: &Path) -> Error {
    match (error, end(log)) {
        (Error::Failed { what, .. }, end) if !end.is_empty() => {
            Error::failed_with_hint(what, format_args!("the end of the daemon's log:\n{end}"))
        }
        (error, _) => error,
    }
}

fn end(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn an_error_quotes_the_end_of_the_log_if_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let hint = || match quoted(Error::failed("it ended"), &log) {
            Error::Failed { hint, .. } => hint,
            other => panic!("another kind: {other}"),
        };
        assert_eq!(hint(), None);
        let lines: Vec<String> = (1..=12).map(|line| line.to_string()).collect();
        std::fs::write(&log, lines.join("\n")).unwrap();
        assert_eq!(hint().unwrap(), "the end of the daemon's log:\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12");
    }
}
