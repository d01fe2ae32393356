//! What administrators do beside the running server, and have it remember.

use serde::{Deserialize, Serialize};

/// Something that was done on the host, for the audit log: who did it and when is added there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// The image was made ready for another school.
    HandOver,
    /// A certificate that lasts longer was put in place.
    RenewCertificate,
    /// The data came out of a backup.
    Restore,
    /// The image that was in service before is again.
    RollBack,
    /// Another image is in service.
    Upgrade,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::HandOver, Self::RenewCertificate, Self::Restore, Self::RollBack, Self::Upgrade];

    /// Its name, as it stands on the wire and in the audit log.
    pub fn name(self) -> &'static str {
        match self {
            Self::HandOver => "hand-over",
            Self::RenewCertificate => "renew-certificate",
            Self::Restore => "restore",
            Self::RollBack => "roll-back",
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
