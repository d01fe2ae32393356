//! SCRAM from stored keys (RFC 5802, RFC 7677), tokens instead of passwords (XEP-0484), and throttling of those who
//! guess.
//!
//! | file | what it holds |
//! |---|---|
//! | `mechanism` | the mechanisms for passwords, and in which order they are offered |
//! | `binding` | what ties a login to its TLS connection (RFC 5929, RFC 9266) |
//! | `keys` | what is kept instead: salt, cost, `StoredKey`, `ServerKey` |
//! | `decoy` | keys of accounts that do not exist, so that nobody learns which do |
//! | `message` | the client's two messages, parsed |
//! | `exchange` | the conversation: begin, finish |
//! | `downgrade` | what shows a client that nobody has shortened our offer (XEP-0474) |
//! | `plain` | the password itself (RFC 4616) |
//! | `agent` | which of a person's clients it is |
//! | `hashed_token` | the mechanisms for tokens |
//! | `tokens` | the tokens of every account, one client at a time |
//! | `throttle` | who has guessed wrong, from where, and how long they wait |
//!
//! Nothing here reads a clock or a random source but [`random_bytes`]; both come in as arguments.

mod agent;
mod binding;
mod decoy;
mod downgrade;
mod exchange;
mod hash;
mod hashed_token;
mod keys;
mod mechanism;
mod message;
mod plain;
mod random;
mod throttle;
mod tokens;

pub use agent::Agent;
pub use binding::{ChannelBindings, tls_server_end_point};
pub use decoy::DecoySecret;
pub use exchange::{AuthError, Authenticator, Exchange, Nonce, Success};
pub use hashed_token::{TokenMechanism, TokenProof};
pub use keys::{Keys, KeysError, Salt};
pub use mechanism::Mechanism;
pub use plain::PlainProof;
pub use random::random_bytes;
pub use throttle::{Throttle, Verdict};
pub use tokens::{Issued, Redeemed, Tokens};
pub use xmppd_control::{Password, PasswordError};
