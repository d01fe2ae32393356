//! One thin file a verb.

pub mod base;
pub mod doctor;
pub mod inspect;
