//! What browsers may do: the web port, and the files that children share through it. Both are off unless the school wants
//! them.

use serde::Serialize;

/// The `[web]` of the school's file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Web {
    /// Whether the appliance speaks HTTPS.
    pub enabled: bool,
    /// Where: a port that the firewall opens to clients as it does the two of XMPP.
    pub port: u16,
}

/// The `[upload]` of the school's file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Upload {
    /// Whether children may share files.
    pub enabled: bool,
    /// Largest file, bytes.
    pub max_bytes: u32,
    /// What one child's files may take together, bytes.
    pub quota_bytes: u32,
    /// What all files may take together, bytes.
    pub total_bytes: u32,
    /// After so many days a file is erased.
    pub days: u32,
}

impl Web {
    /// The port, where there is one.
    pub fn open(&self) -> Option<u16> {
        self.enabled.then_some(self.port)
    }
}
