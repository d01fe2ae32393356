//! The life of an installed appliance: put in place on a FreeBSD host, upgraded, rolled back, taken away.
//!
//! | file | what it holds |
//! |---|---|
//! | [`layout`] | where everything of an appliance lies |
//! | [`record`] | what is installed, and how, written down on the host |
//! | [`school`] | whose it is: the school's file and its certificates |
//! | [`files`] | the files of an appliance, made from these |
//! | [`requirements`], [`externals`], [`neighbours`] | what is asked of the host before anything is touched |
//! | [`host_edit`] | what the host itself does for its appliances, and how it is undone |
//! | [`install`], [`uninstall`] | put in place, and taken away |
//! | [`upgrade`], [`rollback`] | another image, and the way back |
//! | [`course`], [`rehearsal`], [`kept`], `saved`, `setback` | how that is done: from stage to stage, tried on a copy, with what came before at hand; and what is said where it is not done |
//! | [`renewal`] | another certificate, of which no client notices anything |
//! | [`gather`] | what of it goes into a backup |
//! | [`restore`] | accounts and all that is theirs, out of a backup |
//! | [`prover`] | the proof of one in service, from what is written down |
//! | [`service`], [`listing`] | started, stopped, and looked at |
//! | [`step`] | what can be done, as data that is printed and compared |
//! | [`execute`] | steps carried out, each ensured rather than done: run again after any interruption, they go on |
//! | [`zfs`] | datasets for images and data, and the snapshot before an upgrade |
//! | `machine` | a FreeBSD host of which nothing is real, for tests |

pub mod course;
pub mod execute;
pub mod externals;
pub mod files;
pub mod gather;
pub mod host_edit;
pub mod install;
pub mod kept;
pub mod layout;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod life;
pub mod listing;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
pub(crate) mod machine;
pub mod neighbours;
pub mod prover;
pub mod record;
pub mod rehearsal;
pub mod renewal;
pub mod requirements;
pub mod restore;
pub mod rollback;
mod saved;
pub mod school;
pub mod service;
mod setback;
pub mod step;
pub mod uninstall;
pub mod upgrade;
pub mod zfs;

pub use execute::{Done, carry_out, holds};
pub use files::Files;
pub use layout::Layout;
pub use prover::{InService, Prover};
pub use record::{Operation, Reached, Record};
pub use school::School;
pub use step::{Content, Owner, Plan, Service, Step};

use std::fs::File;

use crate::{error::Result, host::Host};

/// Waits until nobody else changes the appliances of this host, and keeps others from it until the result is dropped.
/// Where there was never one, there is nothing to hold.
pub fn hold(host: &dyn Host) -> Result<Option<File>> {
    let common = Layout::common();
    host.look(common)?.map(|_| host.hold(common)).transpose()
}
