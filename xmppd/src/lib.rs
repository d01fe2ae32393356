//! The instant messaging server of one school.
//!
//! The tiers, bottom up; one knows those above it in this table, and what stands beside it in its own row:
//!
//! | tier | what it holds |
//! |---|---|
//! | [`ns`], [`jid`] | XML namespaces, each once; addresses of RFC 7622 |
//! | [`xml`] | incremental framing of restricted XML, with limits on size, depth and attributes |
//! | [`stanza`] | message, presence, iq: the header parsed, the payload kept as bytes; errors of RFC 6120 §8.3 |
//! | `look_alike`, `hex` | texts that people take for one another; bytes as text |
//! | [`record`] | small facts that outlive a restart |
//! | [`account`], [`auth`] | one person who may log in; SCRAM from stored keys, tokens, throttling of those who guess |
//! | [`stream`] | negotiation as states: header, STARTTLS, SASL, bind, bound |
//! | [`router`], [`features`] | who is online, and where a stanza goes; one XEP or RFC chapter a file |
//! | [`administration`] | the whole school as a value, and what administrators may do to it |
//! | [`store`] | `SQLite`: accounts, records, and messages that wait for someone who is offline |
//! | [`config`] | `xmppd.toml` as types |
//! | [`control`] | the administrator's socket |
//! | [`net`] | sockets, TLS, HTTP and WebSocket, the only input and output of the network |
//!
//! Above `store` in this table time and storage are arguments, and so is randomness, but for the salts of new keys.

pub mod account;
pub mod administration;
pub mod auth;
pub mod config;
pub mod control;
pub mod features;
mod hex;
pub mod jid;
mod look_alike;
pub mod net;
pub mod ns;
pub mod record;
pub mod router;
pub mod stanza;
pub mod store;
pub mod stream;
pub mod xml;
