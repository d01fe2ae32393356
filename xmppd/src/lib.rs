//! The instant messaging server of one school.
//!
//! The tiers, bottom up; an arrow only ever runs downwards:
//!
//! | tier | what it holds |
//! |---|---|
//! | [`ns`], [`jid`] | every XML namespace once; addresses of RFC 7622 |
//! | [`account`], [`record`] | one person who may log in; small facts that outlive a restart |
//! | `look_alike` | texts that people take for one another |
//! | [`xml`] | incremental framing of restricted XML, with limits on size, depth and attributes |
//! | [`stanza`] | message, presence, iq: the header parsed, the payload kept as bytes; errors of RFC 6120 §8.3 |
//! | [`auth`] | SCRAM from stored keys, tokens, throttling of those who guess |
//! | [`stream`] | negotiation as states: header, STARTTLS, SASL, bind, bound |
//! | [`router`] | who is online, and where a stanza goes |
//! | [`features`] | one XEP or RFC chapter a file |
//! | [`administration`] | the whole school as a value, and what administrators may do to it |
//! | [`store`] | `SQLite`: accounts, records, and messages that wait for someone who is offline |
//! | [`net`] | sockets, TLS, HTTP and WebSocket, the only input and output of the network |
//! | [`control`] | the administrator's socket |
//! | [`config`] | `xmppd.toml` as types |
//!
//! Below `net` and `store`, time, randomness and storage are arguments.

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
