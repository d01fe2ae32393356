//! How clients log in.

use serde::Serialize;

/// The `[login]` of the school's file, as the daemon gets it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Login {
    /// Whether a client that knows nothing better may send the password itself (SASL PLAIN): only TLS protects it then.
    pub plain: bool,
    /// Days for which a client can log in without the password since it last did; 0 for never.
    pub token_days: u32,
}
