//! The Linux runtime: namespaces, a veth pair and nftables.
//!
//! Who starts whom, and what it may do:
//!
//! | process | what it is |
//! |---|---|
//! | `stage` | plays the host in a network namespace of its own; probes run here |
//! | `keep` | the keeper: parent of the daemon, just outside its pid namespace; ends it when the stage is gone |
//! | `launch` | the first process within: locks itself in, then *becomes* the daemon |
//! | `visit` | one program run beside the daemon, under the same locks |
//!
//! All are this program, started again: `backstage` tells them apart.

mod appliance;
mod available;
pub(super) mod backstage;
mod facts;
mod firewall;
mod host_side;
mod keep;
mod keeper;
mod launch;
pub(super) mod stage;
mod visit;

pub use appliance::Namespaces;
pub use available::{Unavailable, available};
pub use firewall::find_nft;
