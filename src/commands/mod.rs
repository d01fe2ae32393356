//! One thin file a verb: what was typed, turned into calls of the rooms below, and what to print.

pub mod cert;
pub mod check;
pub mod init;
