//! The only effects: commands, files, mounts, namespaces.

pub mod command;
#[cfg(target_os = "linux")]
pub mod descriptors;
pub mod file;
#[cfg(target_os = "linux")]
pub mod links;
#[cfg(target_os = "linux")]
pub mod mounts;
#[cfg(target_os = "linux")]
pub mod namespaces;
#[cfg(target_os = "linux")]
pub mod owner;
#[cfg(target_os = "linux")]
pub mod privileges;
