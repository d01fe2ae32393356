//! The life of an installed appliance: put in place on a FreeBSD host, upgraded, rolled back, taken away.
//!
//! | file | what it holds |
//! |---|---|
//! | [`layout`] | where everything of an appliance lies |
//! | [`record`] | what is installed, and how, written down on the host |
//! | [`step`] | what can be done, as data that is printed and compared |
//! | [`execute`] | steps carried out, each ensured rather than done: run again after any interruption, they go on |
//! | [`service`] | its service brought into a state, and looked at afterwards |
//! | [`zfs`] | datasets for images and data, and the snapshot before an upgrade |
//! | [`rehearsal`] | the daemon of another image tried on a copy of the data |
//! | [`kept`] | the files that belong to one image, kept for the day that it comes back |
//! | `machine` | a FreeBSD host of which nothing is real, for tests |

pub mod course;
pub mod execute;
pub mod files;
pub mod kept;
pub mod layout;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
pub(crate) mod machine;
pub mod prover;
pub mod record;
pub mod rehearsal;
mod requirements;
pub mod rollback;
mod school;
pub mod service;
pub mod step;
pub mod upgrade;
pub mod zfs;

pub use execute::{Done, carry_out, holds};
pub use layout::Layout;
pub use prover::Prover;
pub use record::{Operation, Reached, Record};
pub use school::School;
pub use step::{Content, Owner, Plan, Service, Step};
