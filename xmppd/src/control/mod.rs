//! The administrator's socket, `DATA/control.sock` (mode 0600): accounts, settings and status, live.
//!
//! A request is one line of JSON, its answer another; a connection may carry many, one after the other:
//!
//! ```text
//! > {"version":1,"request":{"rename-user":{"name":"juliet","display-name":"Juliet C."}}}
//! < {"version":1,"answer":"done"}
//! > {"version":1,"request":{"remove-user":{"name":"tybalt"}}}
//! < {"version":1,"refusal":{"what":"there is no account `tybalt`","hint":"`xmppd user list` shows all accounts"}}
//! ```
//!
//! [`Request`] and [`Answer`] list what there is. [`Administration`] carries a request out: first in the store,
//! then, when it is on disk, in the running server through [`Live`].

mod administration;
mod client;
mod protocol;
mod server;

pub use administration::{Administration, Change, Live, LiveStatus, NobodyLive};
pub use client::Client;
pub use protocol::{Answer, Refusal, Reload, Request, Status, User};
pub use server::ControlSocket;

/// The socket's name in the data folder.
pub const FILE: &str = "control.sock";
