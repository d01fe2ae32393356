//! SCRAM from stored keys (RFC 5802, RFC 7677), and throttling of those who guess.

use std::fmt;

/// What SCRAM needs of a password, for both hashes; the password itself is never kept.
#[derive(Clone)]
pub struct Keys {}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keys(…)")
    }
}
