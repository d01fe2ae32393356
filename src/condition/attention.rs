//! What needs somebody, and what to type.

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;
use xmppd_control::Status;

use super::{Condition, Disk, Lasting, Whose, moment, text::size};
use crate::{error::Error, site::expiry};

/// After so many days a backup is old.
const DAYS_OF_A_BACKUP: i64 = 30;
/// A disk is full from here on, in percent.
const FULL_PERCENT: u64 = 90;
/// With less than this left, it is full whatever its size.
const FULL_BYTES: u64 = 200 << 20;
/// With more than this left, it is not, whatever its size: a school's data and shared files are no more.
const PLENTY_BYTES: u64 = 4 << 30;

/// Something that needs somebody.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Attention {
    /// What it is about.
    pub about: About,
    /// What it is.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// What needs somebody.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// The school has not been backed up for long.
    Backup,
    /// A certificate ends.
    Certificate,
    /// Somebody may log in without the consent that it takes.
    Consent,
    /// The disk is full.
    Disk,
    /// The service is not as it should be.
    Service,
}

impl Attention {
    fn new(about: About, what: impl fmt::Display, hint: impl fmt::Display) -> Self {
        Self { about, what: what.to_string(), hint: Some(hint.to_string()) }
    }
}

/// That there is no answer.
impl From<&Error> for Attention {
    fn from(error: &Error) -> Self {
        let hint = miette::Diagnostic::help(error).map(|hint| hint.to_string());
        Self { about: About::Service, what: error.to_string(), hint }
    }
}

impl fmt::Display for Attention {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(formatter, ": {hint}"))
    }
}

/// What the host says is wrong with the service.
pub(super) fn of_service(whose: &Whose) -> Vec<Attention> {
    let Whose::Appliance(listed) = whose else { return Vec::new() };
    let told = listed.impaired.iter().chain(&listed.trouble);
    told.map(|what| Attention { about: About::Service, what: what.clone(), hint: None }).collect()
}

/// What else there is, the most urgent first.
pub(super) fn of(condition: &Condition, now: OffsetDateTime) -> Vec<Attention> {
    let leaf = |it| of_certificate("the certificate", it, expiry::ANOTHER_LEAF);
    let authority = |it| of_certificate("the authority's certificate", it, expiry::ANOTHER_AUTHORITY);
    let certificates =
        [condition.certificate.as_ref().and_then(leaf), condition.authority.as_ref().and_then(authority)];
    let daemon = condition.daemon.as_ref();
    certificates
        .into_iter()
        .chain([
            condition.disk.and_then(of_disk),
            daemon.and_then(of_consents),
            daemon.and_then(|status| of_backup(status, now)),
        ])
        .flatten()
        .collect()
}

fn of_certificate(which: &str, lasting: &Lasting, hint: &str) -> Option<Attention> {
    let days = lasting.days_left;
    let ends = match days {
        ..0 => format!("{which} has ended, and no client connects any more"),
        _ => format!("{which} ends in {days} days"),
    };
    expiry::is_near(days).then(|| Attention::new(About::Certificate, ends, hint))
}

fn of_disk(disk: Disk) -> Option<Attention> {
    let used = disk.used_percent();
    let nearly = used >= FULL_PERCENT && disk.free_bytes < PLENTY_BYTES;
    let is_full = nearly || disk.free_bytes < FULL_BYTES;
    let hint = "make room: a full disk keeps no message and no account";
    is_full.then(|| {
        Attention::new(
            About::Disk,
            format_args!("the disk is {used} % full, {} are left", size(disk.free_bytes)),
            hint,
        )
    })
}

fn of_consents(status: &Status) -> Option<Attention> {
    let what = match status.without_consent {
        0 => return None,
        1 => "1 account is without the consent that it needs".to_owned(),
        accounts => format!("{accounts} accounts are without the consent that they need"),
    };
    Some(Attention::new(About::Consent, what, "`jailbuild consent list --missing` names them"))
}

fn of_backup(status: &Status, now: OffsetDateTime) -> Option<Attention> {
    let what = match status.last_backup.as_deref().and_then(moment) {
        None if status.accounts == 0 => return None,
        None => "no backup was made yet".to_owned(),
        Some(last) => match (now - last).whole_days() {
            ..=DAYS_OF_A_BACKUP => return None,
            days => format!("no backup for {days} days"),
        },
    };
    Some(Attention::new(About::Backup, what, "`jailbuild backup` makes one"))
}
