//! Rosters (RFC 6121 §2): what the school puts into everybody's, and what everybody puts on top.
//!
//! | file | what it holds |
//! |---|---|
//! | [`policy`] | what the site has decided |
//! | [`shared`] | the school's part: who sees whom without asking |
//! | `circle` | that part as the text that all get who see the same |
//! | `view` | the roster of one person, whole or since a version |
//! | `push` | changes to those who are online |
//! | `membership` | what follows for everybody when an account is another |
//! | `reform` | the same when the site's word on rosters is another |
//! | `item` | one item as XML |

mod circle;
mod item;
mod membership;
pub mod policy;
mod push;
mod reform;
pub mod shared;
#[cfg(test)]
mod tests;
mod view;

pub use policy::{ContactPolicy, RosterPolicy, Visibility};
pub use shared::SharedRoster;
pub(crate) use shared::{Member, Sight};
pub(crate) use view::RosterUpdate;
