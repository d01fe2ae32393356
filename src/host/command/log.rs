//! The commands that changed the host for good, written down where the administrator finds them.

use std::{
    fmt,
    fs::{File, OpenOptions, Permissions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    process,
    sync::OnceLock,
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Command, quoted};
use crate::error::{Context as _, Result};

static LOG: OnceLock<Log> = OnceLock::new();

/// Writes each command from now on to the end of this file, which only its owner can read: when it ended, by which
/// process, its exit status, and what was typed; never its input nor its environment.
///
/// The first line says what this process itself was asked to do, so that a file that cannot be written is an error
/// before anything was done.
pub fn log_to(path: &Path) -> Result<()> {
    let log = Log::open(path).doing_to("write the log", path)?;
    let typed: Vec<String> = std::env::args_os().map(|word| quoted(&word)).collect();
    log.write("begin", typed.join(" ")).doing_to("write the log", path)?;
    // Whoever asks twice goes on with the file that is open.
    let _ = LOG.set(log);
    Ok(())
}

/// Writes down how a command ended, where that is wanted.
pub(super) fn record(command: &Command, status: impl fmt::Display) {
    if let Some(log) = LOG.get() {
        // A disk that is full by now must not end a change half-way.
        let _ = log.write(status, command);
    }
}

struct Log(File);

impl Log {
    fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        Ok(Self(file))
    }

    /// One line, in one write: those of two processes do not mix.
    fn write(&self, status: impl fmt::Display, what: impl fmt::Display) -> io::Result<()> {
        let now = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let now = now.format(&Rfc3339).map_err(io::Error::other)?;
        let what = what.to_string().replace('\n', "\\n");
        (&self.0).write_all(format!("{now} {} {status} {what}\n", process::id()).as_bytes())
    }
}
