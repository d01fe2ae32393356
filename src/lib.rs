//! `jailbuild` makes the private chat of a school: an image that holds one XMPP daemon and nothing else,
//! started where nothing can reach out, and proved closed by probing it.
//!
//! The rooms; one knows those below it, never those above:
//!
//! | room | what it holds |
//! |---|---|
//! | [`cli`], [`commands`] | arguments and exit codes; one thin file a verb |
//! | [`accounts`] | lists of new accounts, login cards, what is left of accounts that were removed, what a backup undoes |
//! | [`classes`] | groups and rooms of a school, and its classes at the end of the year |
//! | [`condition`] | how an appliance fares, and what of it needs somebody |
//! | [`handover`] | an image for the next school: searched for what is this one's, and put into one folder |
//! | [`trust_kit`] | what devices need to trust the school |
//! | [`administration`] | the daemon of a running appliance, asked by its administrator over its socket |
//! | [`appliance`] | an image installed on a FreeBSD host: put in place, upgraded, rolled back, taken away, as plans of steps that are ensured |
//! | [`plan`] | what `make` will do, as data |
//! | [`proof`] | an image opened, started where it can be, and probed |
//! | [`checkup`] | what a FreeBSD host must be like, and what to type where it is not |
//! | [`format`](mod@format) | the image in the wrapping that other tools take |
//! | [`probe`] | one claim a probe; the report; `twin/` breaks each claim in turn |
//! | [`runtime`] | starting an image and looking at it: `linux/` for real, `freebsd/` as plans that one executor carries out |
//! | [`backup`] | a school in one file, encrypted: written, read, judged as a whole before anything of it is used |
//! | [`trust`] | whose images are used here |
//! | [`image`] | tree, archive, manifest, SBOM, digest, signature: the image as a value, written and read back |
//! | [`texts`], [`paper`] | the words of what is printed, the school's own before the shipped ones of `texts/`; documents and cards as values, laid out and written as PDF |
//! | [`daemon`] | the daemon's binary: built from the workspace, reproducibly, natively or crosswise; or taken from a file |
//! | [`elf`] | what a binary needs: the closure |
//! | [`site`] | `jailbuild.toml` as types; the authority and the leaf certificate; the folder of secrets; certificate lint |
//! | [`lock`] | which base files were locked, by their digests |
//! | [`base`], [`pkg_list`] | where base files come from; which go in beside the daemon, and why |
//! | [`policy`], [`render`] | what may come in and go out, rendered to pf and to nftables; templates with typed contexts |
//! | [`console`], [`columns`] | what is shown, and where; columns that stand below each other |
//! | [`table`] | lists as spreadsheets save them |
//! | [`target`], [`digest`] | what an image is for; what a file is |
//! | [`host`] | the host's commands and files; Linux's links, mounts, namespaces, privileges |
//! | [`error`] | what can go wrong, by whose it is to mend, with its exit code |

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
