//! What the headers of an ELF file say: which shared objects it needs, and how it was hardened.
//!
//! All is read by way of the program headers, as the loader does it: section headers may be stripped.

pub mod closure;
mod search;
#[cfg(test)]
pub(crate) mod specimen;

use std::path::PathBuf;

use object::{
    Endianness,
    elf::{self, FileHeader64},
    read::elf::{Dyn as _, FileHeader as _, ProgramHeader as _},
};

pub use closure::{SharedObject, closure};

use crate::target::{Machine, System, Target};

/// The name of a FreeBSD note, and the type of the one that holds `__FreeBSD_version` (sys/elf_common.h).
const FREEBSD_NOTE: &[u8] = b"FreeBSD";
const NT_FREEBSD_ABI_TAG: u32 = 1;

/// The facts of one 64-bit ELF file.
#[derive(Clone, Debug, Eq, PartialEq)]
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
            position_independent: reader.header.e_type(reader.endian) == elf::ET_DYN,
            relro: reader.segment(elf::PT_GNU_RELRO).is_some(),
            bind_now: dynamic.bind_now,
            executable_stack: reader
                .segment(elf::PT_GNU_STACK)
                .is_some_and(|stack| stack.p_flags(reader.endian).contains(elf::PF_X)),
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

type Header = FileHeader64<Endianness>;
type Segment = <Header as object::read::elf::FileHeader>::ProgramHeader;

struct Reader<'data> {
    bytes: &'data [u8],
    header: &'data Header,
    endian: Endianness,
    segments: &'data [Segment],
}

#[derive(Default)]
struct Dynamic {
    needed: Vec<String>,
    filters: Vec<String>,
    auxiliaries: Vec<String>,
    rpath: Vec<String>,
    runpath: Vec<String>,
    bind_now: bool,
}

impl<'data> Reader<'data> {
    fn new(bytes: &'data [u8]) -> Result<Self, String> {
        let header = Header::parse(bytes).map_err(|cause| cause.to_string())?;
        let endian = header.endian().map_err(|cause| cause.to_string())?;
        let segments = header.program_headers(endian, bytes).map_err(|cause| cause.to_string())?;
        Ok(Self { bytes, header, endian, segments })
    }

    fn segment(&self, kind: elf::ProgramType) -> Option<&'data Segment> {
        self.segments.iter().find(|segment| segment.p_type(self.endian) == kind)
    }

    fn machine(&self) -> Option<Machine> {
        match self.header.e_machine(self.endian) {
            elf::EM_AARCH64 => Some(Machine::Aarch64),
            elf::EM_X86_64 => Some(Machine::X86_64),
            _ => None,
        }
    }

    fn interpreter(&self) -> Result<Option<PathBuf>, String> {
        let Some(segment) = self.segment(elf::PT_INTERP) else { return Ok(None) };
        let name = segment.interpreter(self.endian, self.bytes).map_err(|cause| cause.to_string())?;
        Ok(name.map(|name| PathBuf::from(String::from_utf8_lossy(name).into_owned())))
    }

    /// Whether it is for FreeBSD, and for which version of it.
    fn freebsd(&self) -> Result<(bool, Option<u32>), String> {
        let branded = self.header.e_ident().os_abi == elf::ELFOSABI_FREEBSD;
        for segment in self.segments {
            let Some(notes) = segment.notes(self.endian, self.bytes).map_err(|cause| cause.to_string())?
            else {
                continue;
            };
            for note in notes {
                let note = note.map_err(|cause| cause.to_string())?;
                if note.name() != FREEBSD_NOTE {
                    continue;
                }
                if note.n_type(self.endian).0 == NT_FREEBSD_ABI_TAG {
                    return Ok((true, note.desc().try_into().ok().map(u32::from_le_bytes)));
                }
            }
        }
        Ok((branded, None))
    }

    fn dynamic(&self) -> Result<Dynamic, String> {
        let Some(segment) = self.segment(elf::PT_DYNAMIC) else { return Ok(Dynamic::default()) };
        let all =
            segment.dynamic(self.endian, self.bytes).map_err(|cause| cause.to_string())?.unwrap_or_default();
        let end = all.iter().position(|entry| entry.tag(self.endian) == elf::DT_NULL).unwrap_or(all.len());
        let entries = || all[..end].iter().map(|entry| (entry.tag(self.endian), entry.val(self.endian)));
        let value_of = |wanted| entries().find(|(tag, _)| *tag == wanted).map(|(_, value)| value);
        let strings = match (value_of(elf::DT_STRTAB), value_of(elf::DT_STRSZ)) {
            (Some(address), Some(size)) => self.loaded(address, size)?,
            _ => &[],
        };

        let mut found = Dynamic::default();
        for (tag, value) in entries() {
            match tag {
                elf::DT_AUXILIARY => found.auxiliaries.push(string(strings, value)?),
                elf::DT_BIND_NOW => found.bind_now = true,
                elf::DT_FILTER => found.filters.push(string(strings, value)?),
                elf::DT_FLAGS => found.bind_now |= value & elf::DF_BIND_NOW.0 as u64 != 0,
                elf::DT_FLAGS_1 => found.bind_now |= value & elf::DF_1_NOW.0 as u64 != 0,
                elf::DT_NEEDED => found.needed.push(string(strings, value)?),
                elf::DT_RPATH => found.rpath = folders(&string(strings, value)?),
                elf::DT_RUNPATH => found.runpath = folders(&string(strings, value)?),
                _ => {}
            }
        }
        Ok(found)
    }

    /// What is loaded at this address.
    fn loaded(&self, address: u64, size: u64) -> Result<&'data [u8], String> {
        self.segments
            .iter()
            .filter(|segment| segment.p_type(self.endian) == elf::PT_LOAD)
            .find_map(|segment| segment.data_range(self.endian, self.bytes, address, size).ok().flatten())
            .ok_or_else(|| format!("no segment holds the address {address:#x}"))
    }
}

fn string(strings: &[u8], offset: u64) -> Result<String, String> {
    let tail = usize::try_from(offset).ok().and_then(|offset| strings.get(offset..));
    let end = tail.and_then(|tail| tail.iter().position(|byte| *byte == 0));
    match (tail, end) {
        (Some(tail), Some(end)) => Ok(String::from_utf8_lossy(&tail[..end]).into_owned()),
        _ => Err(format!("no string at offset {offset} of the dynamic string table")),
    }
}

fn folders(list: &str) -> Vec<String> {
    list.split(':').filter(|folder| !folder.is_empty()).map(str::to_owned).collect()
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
