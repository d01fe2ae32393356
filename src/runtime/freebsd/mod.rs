//! The FreeBSD runtime: a VNET jail, an epair and pf.
//!
//! `plan` says which commands start and stop an appliance, as plain data; `execute` carries them out; `facts`
//! reads what the system prints. All of it compiles and is tested everywhere: only commands touch the system.

mod attach;
mod execute;
mod facts;
mod firewall;
mod jailed;
mod jails;
mod plan;
mod requirements;

pub use attach::attach;
pub use execute::carry_out;
pub use facts::mounts;
pub use facts::{Socket, sockets};
pub use firewall::{is_enabled as pf_is_enabled, require as require_pf};
pub use jailed::inside;
pub use jails::Jails;
pub use plan::{Present, Step, start, stop};
