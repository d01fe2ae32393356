//! What the headers of an ELF file say: which shared objects it needs, and how it was hardened.
//!
//! All is read by way of the program headers, as the loader does it: section headers may be stripped.

pub mod closure;
mod reader;
mod search;
pub mod section;
#[cfg(test)]
pub(crate) mod specimen;

use std::path::PathBuf;

pub use closure::{SharedObject, closure};
use object::elf;
use reader::Reader;

use crate::target::{Machine, System, Target};

/// The facts of one 64-bit ELF file.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "facts of one file that do not depend on each other")]
pub struct Binary {
    /// The processor that it is for; `None` for one that images cannot be made for.
    pub machine: Option<Machine>,
    /// Whether the header or a note says that it is for FreeBSD.
    pub freebsd: bool,
    /// FreeBSD: the `__FreeBSD_version` that it was built against, such as 1400500.
    pub freebsd_version: Option<u32>,
    /// The loader that starts it (`PT_INTERP`); `None` for a library and for a static program.
    pub interpreter: Option<PathBuf>,
    /// The shared objects that it asks for (`DT_NEEDED`), in its order.
    pub needed: Vec<String>,
    /// The shared objects that stand in for its own symbols (`DT_FILTER`): as good as needed.
    pub filters: Vec<String>,
    /// The same, but the loader goes on without them (`DT_AUXILIARY`).
    pub auxiliaries: Vec<String>,
    /// Where its needs are looked for before anywhere else (`DT_RPATH`, or `DT_RUNPATH` where there is one).
    pub run_path: Vec<String>,
    /// Whether it can be loaded at any address.
    pub position_independent: bool,
    /// Whether a part of its data becomes read-only once it is loaded (`PT_GNU_RELRO`).
    pub relro: bool,
    /// Whether all symbols are bound before it starts, so that RELRO covers the whole table.
    pub bind_now: bool,
    /// Whether it asks for a stack that can be executed.
    pub executable_stack: bool,
}

impl Binary {
    /// Reads the headers. The error says what is wrong with them.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let reader = Reader::new(bytes)?;
        let dynamic = reader.dynamic()?;
        let (freebsd, freebsd_version) = reader.freebsd()?;
        Ok(Self {
            machine: reader.machine(),
            freebsd,
            freebsd_version,
            interpreter: reader.interpreter()?,
            needed: dynamic.needed,
            filters: dynamic.filters,
            auxiliaries: dynamic.auxiliaries,
            run_path: if dynamic.runpath.is_empty() { dynamic.rpath } else { dynamic.runpath },
            position_independent: reader.is_position_independent(),
            relro: reader.relro(),
            bind_now: dynamic.bind_now,
            executable_stack: reader.executable_stack(),
        })
    }

    /// Whether these bytes claim to be an ELF file at all.
    pub fn is_elf(bytes: &[u8]) -> bool {
        bytes.starts_with(&elf::ELFMAG)
    }

    /// Whether it can run on this target, as far as its headers tell.
    pub fn is_for(&self, target: Target) -> bool {
        let musl = self.interpreter.as_ref().map(|loader| loader.to_string_lossy().contains("/ld-musl-"));
        let library_fits = match target.system {
            System::FreeBsd => true,
            System::LinuxGnu => musl != Some(true),
            System::LinuxMusl => musl != Some(false),
        };
        self.machine == Some(target.machine) && self.freebsd == target.is_freebsd() && library_fits
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::{specimen::Specimen, *};

    #[test]
    fn every_fact_is_read_from_a_freebsd_program() {
        let specimen =
            Specimen::freebsd().interpreter("/libexec/ld-elf.so.1").needs(&["libthr.so.3"]).run_path("/a:/b");
        assert_eq!(
            Binary::parse(&specimen.bytes()).unwrap(),
            Binary {
                machine: Some(Machine::X86_64),
                freebsd: true,
                freebsd_version: Some(1_400_500),
                interpreter: Some("/libexec/ld-elf.so.1".into()),
                needed: vec!["libthr.so.3".into()],
                filters: vec![],
                auxiliaries: vec![],
                run_path: vec!["/a".into(), "/b".into()],
                position_independent: true,
                relro: true,
                bind_now: true,
                executable_stack: false,
            }
        );
    }

    #[test]
    fn this_very_test_is_for_this_host() {
        let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let binary = Binary::parse(&bytes).unwrap();
        assert!(binary.is_for(Target::host().unwrap()), "{binary:?}");
        assert!(binary.position_independent && !binary.needed.is_empty());
    }

    #[test]
    fn what_is_missing_is_seen() {
        let binary = Binary::parse(&Specimen::linux().without_hardening().bytes()).unwrap();
        assert!(!binary.relro && !binary.bind_now);
        assert!(!binary.is_for("x86_64-unknown-freebsd".parse().unwrap()));
    }

    #[test]
    fn no_truncation_of_a_file_brings_the_reader_down() {
        let whole = Specimen::freebsd().interpreter("/libexec/ld-elf.so.1").needs(&["libc.so.7"]).bytes();
        for end in 0..whole.len() {
            // What comes of it does not matter, that it comes does.
            let _ = Binary::parse(&whole[..end]);
        }
        assert!(Binary::parse(&whole[..40]).is_err());
        assert!(Binary::parse(b"#!/bin/sh\n").is_err());
    }
}
