//! SCRAM from stored keys (RFC 5802, RFC 7677), and throttling of those who guess.
//!
//! | file | what it holds |
//! |---|---|
//! | `mechanism` | the four mechanisms, and in which order they are offered |
//! | `binding` | what ties a login to its TLS connection (RFC 5929, RFC 9266) |
//! | `password` | a password on its short way to becoming keys |
//! | `keys` | what is kept instead: salt, cost, `StoredKey`, `ServerKey` |
//! | `decoy` | keys of accounts that do not exist, so that nobody learns which do |
//! | `message` | the client's two messages, parsed |
//! | `exchange` | the conversation: begin, finish |
//! | `throttle` | who has guessed wrong, from where, and how long they wait |
//!
//! Nothing here reads a clock or a random source but [`random_bytes`]; both come in as arguments.

mod binding;
mod decoy;
mod exchange;
mod hash;
mod keys;
mod mechanism;
mod message;
mod password;
mod random;
mod throttle;

pub use binding::{ChannelBindings, tls_server_end_point};
pub use decoy::DecoySecret;
pub use exchange::{AuthError, Authenticator, Exchange, Nonce, Success};
pub use keys::{Keys, KeysError, Salt};
pub use mechanism::Mechanism;
pub use password::{Password, PasswordError};
pub use random::random_bytes;
pub use throttle::{Throttle, Verdict};
