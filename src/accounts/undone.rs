//! What was done to accounts since a backup was made, and is undone where that is restored: who was removed comes back.
//!
//! The daemon's own memory of what administrators did says so. It goes with the data, so it is asked before.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use xmppd_control::{AuditLine, Kind, User};

use crate::{
    administration::{Daemon, Place},
    backup::Backup,
    condition::PATIENCE,
    error::{Error, Result},
};

/// What is undone, as far as it is known.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Undone {
    /// When the backup was made (RFC 3339).
    pub since: String,
    /// What is to be done again.
    pub again: Vec<Again>,
    /// Why that is not known, or not all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_compared: Option<String>,
}

/// Something that was done to accounts, and is to be done again.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Again {
    /// What.
    pub did: Did,
    /// To whom.
    pub names: Vec<String>,
}

/// What was done to an account.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Did {
    /// It was removed.
    Removed,
    /// Its consent was withdrawn.
    Withdrawn,
    /// It may log in no more.
    Disabled,
    /// It is of this kind now. Of which it was, nobody remembers.
    OfKind(Kind),
    /// It has another password.
    NewPassword,
}

/// What has become of an account that was there when the backup was made.
#[derive(Default)]
struct Fate {
    is_new: bool,
    did: BTreeSet<Did>,
}

impl Undone {
    /// Asks the daemon of this place, if one answers there that serves the backup's school.
    pub fn by(backup: &Backup, place: Result<Place>) -> Self {
        let since = backup.manifest.made_at.clone();
        place
            .and_then(|place| remembered(&place, &backup.manifest.domain))
            .map_or_else(|why| Self::unknown(&since, why), |(lines, users)| Self::of(&since, &lines, &users))
    }

    /// Of a backup that was made at this time, by what administrators did, the newest last, and the accounts of now.
    pub fn of(since: &str, lines: &[AuditLine], users: &[User]) -> Self {
        let Some(lines) = after_backup(since, lines) else {
            return Self::unknown(since, "the server does not remember that this backup was made");
        };
        let gap = lines.iter().rfind(|line| line.act == "restore" && is_done(line)).map(|line| {
            format!("data came out of a backup at {}, and what was done before that is forgotten", line.at)
        });
        Self { since: since.to_owned(), again: again(lines, users), not_compared: gap }
    }

    fn unknown(since: &str, why: impl fmt::Display) -> Self {
        Self { since: since.to_owned(), not_compared: Some(why.to_string()), ..Self::default() }
    }

    /// What is to be known before anything is changed, and not forgotten afterwards.
    pub fn notes(&self) -> impl Iterator<Item = String> {
        let since = &self.since;
        let unknown = self.not_compared.iter().map(move |why| {
            format!(
                "not all that was done since the backup is known: {why}. Whoever was removed since {since}, or whose \
                 consent was withdrawn, is back with it, and both are to be done again afterwards; `jailbuild audit --last 1000` \
                 shows them, but only until the data of the backup is in place"
            )
        });
        self.again.iter().map(Again::to_string).chain(unknown)
    }
}

/// What administrators did, and who is there.
fn remembered(place: &Place, domain: &str) -> Result<(Vec<AuditLine>, Vec<User>)> {
    let mut daemon = Daemon::to_watch(place, PATIENCE)?;
    let served = daemon.domain()?;
    if served != domain {
        return Err(Error::failed(format_args!("the daemon that answers serves {served}")));
    }
    Ok((daemon.audit(None, u32::MAX)?, daemon.users()?))
}

/// What comes after the line of the backup: it is written as soon as the copy is taken. A server that came out of that copy
/// does not have the line, but one of its restoration. One whose memory begins later may be another.
fn after_backup<'a>(since: &str, lines: &'a [AuditLine]) -> Option<&'a [AuditLine]> {
    let moment = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let (since, first) = (moment(since)?, moment(&lines.first()?.at)?);
    let is_begin = |line: &AuditLine| {
        matches!(line.act.as_str(), "backup" | "restore")
            && is_done(line)
            && moment(&line.at).is_some_and(|at| at >= since)
    };
    let begin = lines.iter().position(is_begin)?;
    (first <= since).then(|| &lines[begin..])
}

fn is_done(line: &AuditLine) -> bool {
    line.outcome != "refused"
}

fn again(lines: &[AuditLine], users: &[User]) -> Vec<Again> {
    let kinds: BTreeMap<&str, Kind> = users.iter().map(|user| (user.name.as_str(), user.kind)).collect();
    let mut fates = BTreeMap::<&str, Fate>::new();
    for line in lines.iter().filter(|line| is_done(line)) {
        let kind = kinds.get(line.about.as_str()).copied();
        fates.entry(&line.about).or_default().suffer(&line.act, kind);
    }
    let mut all = BTreeMap::<Did, Vec<String>>::new();
    for (name, fate) in fates {
        for did in fate.undone() {
            all.entry(did).or_default().push(name.to_owned());
        }
    }
    all.into_iter().map(|(did, names)| Again { did, names }).collect()
}

impl Fate {
    /// `kind` is of which it is now.
    fn suffer(&mut self, act: &str, kind: Option<Kind>) {
        match act {
            "add-user" => self.is_new |= !self.did.contains(&Did::Removed),
            "remove-user" => self.did.extend([Did::Removed]),
            "withdraw-consent" => self.did.extend([Did::Withdrawn, Did::Disabled]),
            "record-consent" => self.did.retain(|did| *did != Did::Withdrawn),
            "disable-user" => self.did.extend([Did::Disabled]),
            "enable-user" => self.did.retain(|did| *did != Did::Disabled),
            "set-kind" => self.did.extend(kind.map(Did::OfKind)),
            "set-password" => self.did.extend([Did::NewPassword]),
            _ => {}
        }
    }

    /// Nothing is undone of an account that the backup does not have. Of one that was removed, all is said by that:
    /// whoever has its name now is somebody else. To withdraw a consent disables, too.
    fn undone(mut self) -> BTreeSet<Did> {
        if self.is_new {
            self.did.clear();
        } else if self.did.contains(&Did::Removed) {
            self.did.retain(|did| *did == Did::Removed);
        } else if self.did.contains(&Did::Withdrawn) {
            self.did.remove(&Did::Disabled);
        }
        self.did
    }
}

impl Again {
    /// What to type.
    fn command(&self) -> String {
        let names = self.names.join(" ");
        let one_by_one = |command: &dyn Fn(&String) -> String| {
            self.names.iter().map(command).collect::<Vec<_>>().join("; ")
        };
        match self.did {
            Did::Removed => format!("jailbuild user remove {names}"),
            Did::Withdrawn => format!("jailbuild consent withdraw {names}"),
            Did::Disabled => format!("jailbuild user disable {names}"),
            Did::OfKind(kind) => one_by_one(&|name| format!("jailbuild user kind {name} {kind}")),
            Did::NewPassword => one_by_one(&|name| format!("jailbuild user passwd {name}")),
        }
    }
}

impl fmt::Display for Again {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (names, command) = (self.names.join(", "), self.command());
        write!(formatter, "{}: {names}; if that was meant, do it again afterwards: `{command}`", self.did)
    }
}

impl fmt::Display for Did {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed => formatter.write_str("removed since the backup, and back with it"),
            Self::Withdrawn => {
                formatter.write_str("consent withdrawn since the backup, and with it in force again")
            }
            Self::Disabled => formatter.write_str("disabled since the backup, and with it let in again"),
            Self::OfKind(Kind::Administrator) => {
                formatter.write_str("made an administrator since the backup, and with it no more")
            }
            Self::OfKind(kind) => {
                write!(
                    formatter,
                    "made a {kind} since the backup, and with it what it was before, perhaps an administrator"
                )
            }
            Self::NewPassword => formatter
                .write_str("given another password since the backup, and with it the one of before lets in"),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests;
