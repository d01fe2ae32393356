//! What has gone through since the start: numbers, which name nobody.

/// Counts that only grow. The router's lock guards them, so that counting costs an addition.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Traffic {
    /// Logins that succeeded.
    pub logins: u64,
    /// Logins that did not, whatever the reason.
    pub refused_logins: u64,
    /// Stanzas that clients sent.
    pub stanzas: u64,
}
