//! The administrator's socket, `DATA/control.sock` (mode 0600): accounts, settings and status, live.
//!
//! | file | what it holds |
//! |---|---|
//! | `server` | the daemon's end of the socket |
//! | `lines` | what is said there, of which nothing stays behind in memory |
//! | `administration` | carrying requests out |
//! | `fares`, `metrics` | how the server fares, as numbers |
//! | `refusal` | what went wrong further down, in words for administrators |
//!
//! [`xmppd_control`] has the lines that are spoken. [`Administration`] carries a request out: judged against the whole
//! [school](crate::administration), then written, and when it is on disk, told to the running server through [`Live`].

mod administration;
mod fares;
mod lines;
mod metrics;
mod refusal;
mod server;

pub(crate) use administration::stamp;
pub use administration::{Administration, Live, LiveStatus, NobodyLive, Wiping};
pub use server::ControlSocket;
pub use xmppd_control::*;

pub use crate::administration::Change;
