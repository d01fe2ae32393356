//! The accounts of a school, as its administrator looks after them.
//!
//! | file | what it holds |
//! |---|---|
//! | `cards` | the file of login cards: there before the daemon knows a password, gone if it refuses |
//! | `erased` | whether anything is left of accounts that were removed |
//! | `listing` | accounts, consents, sessions and administrative acts in columns |
//! | `roll` | a list of new accounts, read from a spreadsheet's file |
//! | `signed` | a day as people write it |
//! | `undone` | what was done since a backup was made, and is undone where that is restored |

mod cards;
mod erased;
mod listing;
mod roll;
mod signed;
mod undone;

pub use cards::{CardFile, Print};
pub use erased::{Erased, search};
pub use listing::{Filter, Listing};
pub use roll::{Defaults, Entry, Roll};
pub use signed::Signed;
pub use undone::{Again, Did, Undone};
