//! What an administrator can ask of `xmppd`, and what it answers: the daemon and the tools share these types.
//!
//! A request is one line of JSON on the daemon's control socket, its answer another; a connection may carry many,
//! one after the other:
//!
//! ```text
//! > {"version":2,"by":"anna","request":{"change":{"acts":[{"disable-user":{"name":"tybalt"}}],"rule":"all-or-nothing","rehearse":false}}}
//! < {"version":2,"answer":{"changed":["done"]}}
//! > {"version":2,"by":"anna","request":"list-users"}
//! < {"version":2,"answer":{"users":[…]}}
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | `account` | names, labels and kinds: what accounts are made of |
//! | `consent` | what parents have signed |
//! | `day` | a date as it stands on paper |
//! | `password` | a password on its short way to becoming keys |
//! | `room` | a room as an administrator sees it |
//! | `act` | what can be done to accounts |
//! | `verb` | what is done beside the server, and remembered by it |
//! | `protocol` | what can be asked and answered, as it stands on the wire |
//! | `client` | the administrator's end of the socket |

mod account;
mod act;
mod client;
mod consent;
mod day;
mod password;
mod protocol;
mod room;
mod verb;

pub use account::{AccountError, Kind, Label, Name};
pub use act::Act;
pub use client::{Client, ClientError};
pub use consent::{Consent, Consented, Standing};
pub use day::{Day, DayError};
pub use password::{Password, PasswordError};
pub use protocol::{
    Answer, Answered, Asked, AuditLine, Changes, Copied, LINE_BYTES, Outcome, Refusal, Reload, Reply,
    Request, Rule, Session, Status, User, VERSION,
};
pub use room::{Maker, Room};
pub use verb::Verb;

/// What stands for those who leave the school in the list of a year's end: no group is called so.
pub const LEAVERS: &str = "leavers";

/// What stands between groups where several are named in one field: no new group has one of these in its name.
pub const BETWEEN_GROUPS: [char; 3] = [',', ';', '|'];

/// The socket's name in the data folder.
pub const SOCKET: &str = "control.sock";
