//! `jailbuild` makes the private chat of a school: an image that holds one XMPP daemon and nothing else,
//! started where nothing can reach out, and proved closed by probing it.
//!
//! The rooms; one knows those below it, never those above:
//!
//! | room | what it holds |
//! |---|---|
//! | [`cli`], [`commands`], [`console`], [`columns`] | what was typed, one thin file a verb, what is shown |
//! | [`condition`] | how an appliance fares, and what of it needs somebody |
//! | [`accounts`] | the accounts of a school: lists of new ones, login cards, what is left of those removed |
//! | [`administration`] | the daemon of a running appliance, asked by its administrator |
//! | [`classes`] | groups and rooms of a school, and its classes at the end of the year |
//! | [`appliance`] | an image installed on a FreeBSD host: put in place, upgraded, rolled back, taken away |
//! | [`backup`] | a school in one file, encrypted: written, read, judged |
//! | [`plan`] | what `make` will do, as data that can be printed and compared |
//! | [`proof`] | an image opened, started where it can be, and probed |
//! | [`checkup`] | what a FreeBSD host must be like, and what to type where it is not |
//! | [`handover`] | an image for the next school: searched for what is this one's, and put into one folder |
//! | [`format`](mod@format) | the image in the wrapping that other tools take |
//! | [`probe`] | one claim a probe, and the report |
//! | [`runtime`] | starting an image: jails on FreeBSD, namespaces on Linux |
//! | [`trust_kit`] | what devices need to trust the school |
//! | [`trust`] | whose images are used here |
//! | [`image`] | the image as a value and as a file: tree, archive, manifest, SBOM, signature |
//! | [`daemon`] | the daemon's binary: built from the workspace or taken from a file |
//! | [`elf`] | what a binary needs: the closure |
//! | [`texts`], [`paper`] | the words of what is printed, in the school's languages; documents and cards as PDF |
//! | [`site`] | the school's file parsed into types; its authority and certificates |
//! | [`lock`] | which base files were locked, by their digests |
//! | [`base`], [`pkg_list`] | where base files come from; which go in besides the daemon, and why |
//! | [`policy`] | what may come in and go out, as data; rendered to pf and to nftables |
//! | [`render`] | templates with a typed context |
//! | [`table`] | lists as spreadsheets save them |
//! | [`target`], [`digest`] | what an image is for, and what a file is |
//! | [`host`] | the host's commands and files, and Linux's links, mounts, namespaces and privileges |
//! | [`error`] | what can go wrong, by whose it is to mend |

pub mod accounts;
pub mod administration;
pub mod appliance;
pub mod backup;
pub mod base;
pub mod checkup;
pub mod classes;
pub mod cli;
pub mod columns;
pub mod commands;
pub mod condition;
pub mod console;
pub mod daemon;
pub mod digest;
pub mod elf;
pub mod error;
pub mod format;
pub mod handover;
pub mod host;
pub mod image;
pub mod lock;
pub mod paper;
pub mod pkg_list;
pub mod plan;
pub mod policy;
pub mod probe;
pub mod proof;
pub mod render;
pub mod runtime;
pub mod site;
pub mod table;
pub mod target;
#[cfg(test)]
mod test_support;
pub mod texts;
pub mod trust;
pub mod trust_kit;

pub use error::{Error, Result};
