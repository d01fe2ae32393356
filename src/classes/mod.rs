//! Groups and rooms of a school, and its classes at the end of the year.
//!
//! | file | what it holds |
//! |---|---|
//! | `group` | a group: who is in it, by kind, and what else names it |
//! | `turn` | the end of the school year: who moves up, who leaves, as a list says |
//! | `decided` | that list, read |
//! | `template` | that list with what is so now, to be filled in |

mod decided;
mod group;
mod template;
mod turn;

pub use decided::Decided;
pub use group::{Group, Mention, groups, mentions};
pub use template::template;
pub use turn::{Leave, Move, Turn, is_nearly_leavers};
