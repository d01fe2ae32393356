//! The FreeBSD runtime: a VNET jail, an epair and pf.
//!
//! `plan` says which commands start and stop an appliance, as plain data; `execute` carries them out; `facts`
//! reads what the system prints. All of it compiles and is tested everywhere: only commands touch the system.

mod execute;
mod facts;
mod firewall;
mod jails;
mod plan;

pub use execute::carry_out;
pub use facts::mounts;
pub use firewall::{is_enabled as pf_is_enabled, require as require_pf};
pub use jails::{Jails, REQUIREMENTS, Require};
pub use plan::{Present, Step, start, stop};
