//! What administrators do without changing accounts or rooms, and have the running server remember.

use serde::{Deserialize, Serialize};

/// Something that was done on the host, or said to everybody, for the audit log: who did it and when is added there.
/// Never what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Something was told to all who were online.
    Announce,
    /// Something was told to everybody.
    AnnounceAll,
    /// The message of the day was taken back.
    DeleteMotd,
    /// The message of the day was given other words.
    EditMotd,
    /// The image was made ready for another school.
    HandOver,
    /// A certificate that lasts longer was put in place.
    RenewCertificate,
    /// The data came out of a backup.
    Restore,
    /// The image that was in service before is again.
    RollBack,
    /// There is another message of the day.
    SetMotd,
    /// Another image is in service.
    Upgrade,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Announce,
        Self::AnnounceAll,
        Self::DeleteMotd,
        Self::EditMotd,
        Self::HandOver,
        Self::RenewCertificate,
        Self::Restore,
        Self::RollBack,
        Self::SetMotd,
        Self::Upgrade,
    ];

    /// Its name, as it stands on the wire and in the audit log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Announce => "announce",
            Self::AnnounceAll => "announce-all",
            Self::DeleteMotd => "delete-motd",
            Self::EditMotd => "edit-motd",
            Self::HandOver => "hand-over",
            Self::RenewCertificate => "renew-certificate",
            Self::Restore => "restore",
            Self::RollBack => "roll-back",
            Self::SetMotd => "set-motd",
            Self::Upgrade => "upgrade",
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_verb_goes_by_its_name_on_the_wire() {
        for verb in Verb::ALL {
            assert_eq!(serde_json::to_string(&verb).unwrap(), format!("\"{}\"", verb.name()));
        }
    }
}
