//! An image handed to the next school: searched for what is this school's own, then put into one folder with all that a
//! stranger needs who trusts neither us nor the way it came.
//!
//! | file | what it holds |
//! |---|---|
//! | `trace` | by what a school would be known again, in every form in which that may stand in a file |
//! | `school` | the traces of one school: its names, addresses, keys, certificates, people |
//! | `layers` | every byte of an image, also of what is compressed within it |
//! | `packing` | how bytes may be packed, told by how they begin |
//! | `search` | whether one is in the other |
//! | `volunteer` | the page for the volunteer: what is to be compared, and how to go on |
//! | `page` | the same on paper |
//! | `folder` | the folder, complete or not at all |

mod folder;
mod layers;
mod packing;
mod page;
mod school;
mod search;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests;
mod trace;
mod volunteer;

pub use folder::{Bundle, Part, refuse_existing};
pub use school::{Sought, This, host_name};
pub use search::{Searched, search};
pub use volunteer::Handover;
