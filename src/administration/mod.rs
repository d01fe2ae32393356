//! The daemon of a running appliance, asked by its administrator: over the socket in its data folder.
//!
//! | file | what it holds |
//! |---|---|
//! | `place` | where the socket is, and which school's it is |
//! | `daemon` | the connection, with errors in this program's form |

mod daemon;
mod place;

pub use daemon::{Daemon, of_another_school, refused_by};
pub use place::{Place, Target};
