//! Appliances that are broken on purpose.

use serde::{Deserialize, Serialize};

/// A lock that is left open, to prove that the probe for it can fail. Nothing but tests asks for one.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sabotage {
    /// The appliance gets a default route by way of the host.
    DefaultRoute,
    /// Something besides the daemon listens on this TCP port within.
    ExtraListener(u16),
    /// The daemon may gain privileges by executing a setuid file.
    GainPrivileges,
    /// The daemon keeps every capability that the runtime had.
    KeepCapabilities,
    /// Programs, devices and setuid files in the data folder work.
    LooseData,
    /// The firewall's rules are loaded, and then flushed behind the runtime's back.
    NoFirewall,
    /// The daemon runs as user and group 0.
    RunAsRoot,
    /// The root file system is mounted writable.
    WritableRoot,
}
