//! Small ELF files for tests: headers that say what a test wants said, and no code. Tests in `tests/` include this file too.

/// An ELF file to be.
#[derive(Clone)]
pub(crate) struct Specimen {
    machine: u16,
    freebsd_version: Option<u32>,
    interpreter: Option<String>,
    strings: Vec<u8>,
    dynamic: Vec<(u64, u64)>,
    relro: bool,
}

const DT_NEEDED: u64 = 1;
const DT_STRTAB: u64 = 5;
const DT_STRSZ: u64 = 10;
const DT_RUNPATH: u64 = 29;
const DT_FLAGS: u64 = 30;
const DF_BIND_NOW: u64 = 8;
const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
const PT_NOTE: u32 = 4;
const PT_GNU_RELRO: u32 = 0x6474_e552;
const HEADER: usize = 64;
const PROGRAM_HEADER: usize = 56;

impl Specimen {
    /// One for FreeBSD 14.0 on x86-64, hardened.
    pub(crate) fn freebsd() -> Self {
        Self { freebsd_version: Some(1_400_500), ..Self::linux() }
    }

    /// One for Linux on x86-64, hardened.
    pub(crate) fn linux() -> Self {
        Self {
            machine: 62,
            freebsd_version: None,
            interpreter: None,
            strings: vec![0],
            dynamic: vec![(DT_FLAGS, DF_BIND_NOW)],
            relro: true,
        }
    }

    pub(crate) fn aarch64(mut self) -> Self {
        self.machine = 183;
        self
    }

    pub(crate) fn interpreter(mut self, path: &str) -> Self {
        self.interpreter = Some(path.to_owned());
        self
    }

    pub(crate) fn needs(mut self, names: &[&str]) -> Self {
        for name in names {
            let offset = self.string(name);
            self.dynamic.push((DT_NEEDED, offset));
        }
        self
    }

    pub(crate) fn run_path(mut self, list: &str) -> Self {
        let offset = self.string(list);
        self.dynamic.push((DT_RUNPATH, offset));
        self
    }

    pub(crate) fn without_hardening(mut self) -> Self {
        self.dynamic.retain(|(tag, _)| *tag != DT_FLAGS);
        self.relro = false;
        self
    }

    /// The file: header, program headers, then what they point to, all of it loaded at address 0.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let parts = self.parts();
        let mut offset = HEADER + PROGRAM_HEADER * (parts.len() + 1);
        let strings_at = offset + parts.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        let end = strings_at + self.strings.len();
        let mut file = self.header(parts.len() + 1);
        file.extend(program_header(PT_LOAD, 0, end));
        for (kind, bytes) in &parts {
            file.extend(program_header(*kind, offset, bytes.len()));
            offset += bytes.len();
        }
        for (kind, bytes) in parts {
            match kind {
                PT_DYNAMIC => file.extend(self.dynamic(strings_at)),
                _ => file.extend(bytes),
            }
        }
        file.extend(&self.strings);
        file
    }

    fn parts(&self) -> Vec<(u32, Vec<u8>)> {
        let mut parts = vec![(PT_DYNAMIC, self.dynamic(0))];
        if let Some(version) = self.freebsd_version {
            let mut note = Vec::new();
            for number in [8_u32, 4, 1] {
                note.extend(number.to_le_bytes());
            }
            note.extend(b"FreeBSD\0");
            note.extend(version.to_le_bytes());
            parts.push((PT_NOTE, note));
        }
        if let Some(path) = &self.interpreter {
            parts.push((PT_INTERP, format!("{path}\0").into_bytes()));
        }
        if self.relro {
            parts.push((PT_GNU_RELRO, Vec::new()));
        }
        parts
    }

    fn header(&self, program_headers: usize) -> Vec<u8> {
        let mut header = b"\x7fELF\x02\x01\x01".to_vec();
        header.push(if self.freebsd_version.is_some() { 9 } else { 0 });
        header.resize(16, 0);
        for half in [3_u16, self.machine] {
            header.extend(half.to_le_bytes());
        }
        header.extend(1_u32.to_le_bytes());
        for long in [0_u64, HEADER as u64, 0] {
            header.extend(long.to_le_bytes());
        }
        header.extend(0_u32.to_le_bytes());
        for half in [HEADER, PROGRAM_HEADER, program_headers, 0, 0, 0] {
            header.extend(u16::try_from(half).expect("small").to_le_bytes());
        }
        header
    }

    fn dynamic(&self, strings_at: usize) -> Vec<u8> {
        let table = [(DT_STRTAB, strings_at as u64), (DT_STRSZ, self.strings.len() as u64), (0, 0)];
        let entries = self.dynamic.iter().chain(&table);
        entries.flat_map(|(tag, value)| [tag.to_le_bytes(), value.to_le_bytes()]).flatten().collect()
    }

    fn string(&mut self, text: &str) -> u64 {
        let offset = self.strings.len() as u64;
        self.strings.extend(text.bytes().chain([0]));
        offset
    }
}

fn program_header(kind: u32, offset: usize, size: usize) -> Vec<u8> {
    let mut header = Vec::new();
    for word in [kind, 4] {
        header.extend(word.to_le_bytes());
    }
    let (offset, size) = (offset as u64, size as u64);
    for long in [offset, offset, offset, size, size, 4] {
        header.extend(long.to_le_bytes());
    }
    header
}
