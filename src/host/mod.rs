//! The only effects: commands, files, mounts, namespaces.

pub mod command;
pub mod file;
