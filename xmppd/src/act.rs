//! What an administrator does to an account, from wherever they ask.

pub use xmppd_control::Act;

/// Why it was not done, in words for the one who asked.
pub type Outcome = Result<(), String>;
