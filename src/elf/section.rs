//! Sections that are not loaded: facts about a program that travel in its file.

use object::{
    Endianness, U16, U32, U64,
    elf::{FileHeader64, SHT_PROGBITS, SHT_STRTAB, SectionHeader64, SectionType, SymbolSection},
    pod::{bytes_of, bytes_of_slice, from_bytes},
    read::elf::{FileHeader as _, SectionHeader as _},
};

type Header = FileHeader64<Endianness>;
type Section = SectionHeader64<Endianness>;

/// The names of the sections of a program that has none: of none, and of the section that holds them.
const NO_NAMES: &[u8] = b"\0.shstrtab\0";

/// The content of the section with this name; `None` where there is none.
pub fn section<'program>(program: &'program [u8], name: &str) -> Result<Option<&'program [u8]>, String> {
    let read = || -> object::Result<_> {
        let header = Header::parse(program)?;
        let endian = header.endian()?;
        let sections = header.sections(endian, program)?;
        let found = sections.section_by_name(endian, name.as_bytes());
        found.map(|(_, section)| section.data(endian, program)).transpose()
    };
    read().map_err(|cause| cause.to_string())
}

/// The same program with one section more. All that is loaded stays where it was: the section, and a table of sections that knows it,
/// come after its end.
pub fn with_section(program: &[u8], called: &str, content: &[u8]) -> Result<Vec<u8>, String> {
    let mut table = Table::read(program).map_err(|cause| cause.to_string())?;
    let (endian, mut file) = (table.endian, program.to_vec());
    let name = u32::try_from(table.names.len()).map_err(|cause| cause.to_string())?;
    table.names.extend(called.bytes().chain([0]));
    let content_at = append(&mut file, content);
    table.sections.push(described(endian, SHT_PROGBITS, name, content_at, content.len()));

    let names_at = append(&mut file, &table.names);
    let names = &mut table.sections[table.names_index];
    names.sh_offset = U64::new(endian, names_at as u64);
    names.sh_size = U64::new(endian, table.names.len() as u64);
    // The table is of words of eight bytes.
    file.resize(file.len().next_multiple_of(8), 0);
    let table_at = append(&mut file, bytes_of_slice(&table.sections));
    let header = table.header(table_at)?;
    file[..size_of::<Header>()].copy_from_slice(bytes_of(&header));
    Ok(file)
}

/// What a program says of its sections.
struct Table {
    header: Header,
    endian: Endianness,
    sections: Vec<Section>,
    /// The text that the names stand in, and which section that is.
    names: Vec<u8>,
    names_index: usize,
}

impl Table {
    fn read(program: &[u8]) -> object::Result<Self> {
        let header = *Header::parse(program)?;
        let endian = header.endian()?;
        let sections = header.section_headers(endian, program)?.to_vec();
        if sections.is_empty() {
            return Ok(Self::new(header, endian));
        }
        let names_index = header.section_strings_index(endian, program)?.0;
        let names = header.sections(endian, program)?.section(object::SectionIndex(names_index))?;
        let names = names.data(endian, program)?.to_vec();
        Ok(Self { header, endian, sections, names, names_index })
    }

    /// That of a program which says nothing: the first section is none, the second holds the names.
    fn new(header: Header, endian: Endianness) -> Self {
        let sections = vec![none(), described(endian, SHT_STRTAB, 1, 0, 0)];
        Self { header, endian, sections, names: NO_NAMES.to_vec(), names_index: 1 }
    }

    /// The program's header, once the table stands at this place.
    fn header(&self, at: usize) -> Result<Header, String> {
        let half = |number: usize| u16::try_from(number).map_err(|_| "too many sections".to_owned());
        let names_index = SymbolSection(half(self.names_index)?);
        Ok(Header {
            e_shoff: U64::new(self.endian, at as u64),
            e_shentsize: U16::new(self.endian, half(size_of::<Section>())?),
            e_shnum: U16::new(self.endian, half(self.sections.len())?),
            e_shstrndx: U16::new(self.endian, names_index),
            ..self.header
        })
    }
}

/// A section that is not loaded.
fn described(endian: Endianness, kind: SectionType, name: u32, at: usize, size: usize) -> Section {
    Section {
        sh_name: U32::new(endian, name),
        sh_type: U32::new(endian, kind),
        sh_offset: U64::new(endian, at as u64),
        sh_size: U64::new(endian, size as u64),
        sh_addralign: U64::new(endian, 1),
        ..none()
    }
}

/// The first section of every table, which is none.
fn none() -> Section {
    *from_bytes(&[0; size_of::<Section>()]).expect("as many bytes as it has").0
}

/// Adds to the end of a file; returns where it stands there.
fn append(file: &mut Vec<u8>, bytes: &[u8]) -> usize {
    let at = file.len();
    file.extend(bytes);
    at
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::elf::{Binary, specimen::Specimen};

    #[test]
    fn a_section_is_read_back_and_nothing_else_changes() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        for program in [own, Specimen::freebsd().needs(&["libc.so.7"]).bytes()] {
            let more = with_section(&program, ".one", b"1").unwrap();
            let more = with_section(&more, ".other", b"two").unwrap();
            assert_eq!(section(&more, ".one").unwrap(), Some(&b"1"[..]));
            assert_eq!(section(&more, ".other").unwrap(), Some(&b"two"[..]));
            assert_eq!(section(&more, ".third").unwrap(), None);
            assert_eq!(section(&program, ".one").unwrap(), None);
            assert_eq!(section(&more, ".text").unwrap(), section(&program, ".text").unwrap());
            assert_eq!(Binary::parse(&more), Binary::parse(&program));
            assert_eq!(more[size_of::<Header>()..program.len()], program[size_of::<Header>()..]);
        }
    }

    #[test]
    fn what_is_no_program_gets_no_section() {
        assert!(with_section(b"#!/bin/sh\n", ".one", b"1").is_err());
        assert!(section(b"#!/bin/sh\n", ".one").is_err());
    }

    #[test]
    fn no_truncation_brings_the_reader_down() {
        let whole = with_section(&Specimen::freebsd().bytes(), ".one", b"1").unwrap();
        for end in 0..whole.len() {
            assert!(section(&whole[..end], ".one") != Ok(Some(b"1")));
        }
    }
}
