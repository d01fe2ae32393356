//! `jailbuild` makes the private chat of a school: an image that holds one XMPP daemon and nothing else,
//! started where nothing can reach out, and proved closed by probing it.
//!
//! The rooms, in the order in which data flows through them:
//!
//! | room | what it holds |
//! |---|---|
//! | [`cli`], [`console`], [`commands`] | what was typed, what is shown, and one thin file a verb |
//! | [`site`] | the school's file parsed into types; its authority and certificates |
//! | [`policy`] | what may come in and go out, as data; rendered to pf and to nftables |
//! | [`target`], [`digest`] | the two values that nearly all others speak of: what an image is for, and what a file is |
//! | [`pkg_list`], [`base`], [`elf`] | which files go in besides the daemon, where they come from, and why |
//! | [`daemon`] | the daemon's binary: built from the workspace or taken from a file |
//! | [`plan`] | what a command will do, as data that can be printed and compared |
//! | [`render`] | templates with a typed context |
//! | [`image`] | the image as a value and as a file: tree, archive, manifest, SBOM, signature |
//! | [`runtime`] | starting the image: jails on FreeBSD, namespaces on Linux |
//! | [`probe`] | one claim a probe, and the report |
//! | [`proof`] | an image opened, started where it can be, and probed |
//! | [`host`] | the only effects: commands, files, mounts, namespaces |
//!
//! Arrows run downwards: a room knows those below it, never those above.

pub mod base;
pub mod cli;
pub mod commands;
pub mod console;
pub mod daemon;
pub mod digest;
pub mod elf;
pub mod error;
pub mod host;
pub mod image;
pub mod pkg_list;
pub mod plan;
pub mod policy;
pub mod probe;
pub mod proof;
pub mod render;
pub mod runtime;
pub mod site;
pub mod target;
#[cfg(test)]
mod test_support;

pub use error::{Error, Result};
