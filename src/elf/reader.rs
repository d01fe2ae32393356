//! The program headers of an ELF file, taken apart.

use std::path::PathBuf;

use object::{
    Endianness,
    elf::{self, FileHeader64},
    read::elf::{Dyn as _, FileHeader as _, ProgramHeader as _},
};

use crate::target::Machine;

/// The name of a FreeBSD note, and the type of the one that holds `__FreeBSD_version` (`sys/elf_common.h`).
const FREEBSD_NOTE: &[u8] = b"FreeBSD";
const NT_FREEBSD_ABI_TAG: u32 = 1;

type Header = FileHeader64<Endianness>;
type Segment = <Header as object::read::elf::FileHeader>::ProgramHeader;

/// An ELF file whose header and program headers make sense.
pub(super) struct Reader<'data> {
    bytes: &'data [u8],
    header: &'data Header,
    endian: Endianness,
    segments: &'data [Segment],
}

/// The entries of the dynamic section that matter here, by the names of their tags.
#[derive(Default)]
pub(super) struct Dynamic {
    pub(super) needed: Vec<String>,
    pub(super) filters: Vec<String>,
    pub(super) auxiliaries: Vec<String>,
    pub(super) rpath: Vec<String>,
    pub(super) runpath: Vec<String>,
    pub(super) bind_now: bool,
}

impl<'data> Reader<'data> {
    pub(super) fn new(bytes: &'data [u8]) -> Result<Self, String> {
        let header = Header::parse(bytes).map_err(|cause| cause.to_string())?;
        let endian = header.endian().map_err(|cause| cause.to_string())?;
        let segments = header.program_headers(endian, bytes).map_err(|cause| cause.to_string())?;
        Ok(Self { bytes, header, endian, segments })
    }

    fn segment(&self, kind: elf::ProgramType) -> Option<&'data Segment> {
        self.segments.iter().find(|segment| segment.p_type(self.endian) == kind)
    }

    pub(super) fn machine(&self) -> Option<Machine> {
        match self.header.e_machine(self.endian) {
            elf::EM_AARCH64 => Some(Machine::Aarch64),
            elf::EM_X86_64 => Some(Machine::X86_64),
            _ => None,
        }
    }

    pub(super) fn interpreter(&self) -> Result<Option<PathBuf>, String> {
        let Some(segment) = self.segment(elf::PT_INTERP) else { return Ok(None) };
        let name = segment.interpreter(self.endian, self.bytes).map_err(|cause| cause.to_string())?;
        Ok(name.map(|name| PathBuf::from(String::from_utf8_lossy(name).into_owned())))
    }

    pub(super) fn is_position_independent(&self) -> bool {
        self.header.e_type(self.endian) == elf::ET_DYN
    }

    pub(super) fn relro(&self) -> bool {
        self.segment(elf::PT_GNU_RELRO).is_some()
    }

    pub(super) fn executable_stack(&self) -> bool {
        self.segment(elf::PT_GNU_STACK).is_some_and(|stack| stack.p_flags(self.endian).contains(elf::PF_X))
    }

    /// Whether it is for FreeBSD, and for which version of it.
    pub(super) fn freebsd(&self) -> Result<(bool, Option<u32>), String> {
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

    pub(super) fn dynamic(&self) -> Result<Dynamic, String> {
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
                elf::DT_FLAGS => found.bind_now |= value & elf::DF_BIND_NOW.0 != 0,
                elf::DT_FLAGS_1 => found.bind_now |= value & elf::DF_1_NOW.0 != 0,
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
