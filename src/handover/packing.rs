//! How bytes may be packed, told by how they begin: forms that are opened, and forms of which only that is known.

use std::io::Read;

use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use liblzma::bufread::XzDecoder;
use memchr::memmem;

/// What is shorter, and has no end of its own, has come about by chance from two bytes that look like a beginning.
const SHORTEST_BROKEN: usize = 64;

/// A form that is opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Packing {
    Gzip,
    Xz,
    Zlib,
}

/// What came out of a stream.
pub(super) enum Unpacked {
    /// Nothing: it was none.
    Nothing,
    /// These bytes, up to where it ends or breaks off.
    Stream(Vec<u8>),
    /// More than may come out.
    TooMuch,
}

impl Packing {
    /// Each with the bytes that it begins with: RFC 1952 §2.3.1, the .xz format §2.1.1.1, RFC 1950 §2.2 (four levels).
    const BEGINNINGS: [(Self, &'static [u8]); 6] = [
        (Self::Gzip, &[0x1f, 0x8b, 8]),
        (Self::Xz, &[0xfd, b'7', b'z', b'X', b'Z', 0]),
        (Self::Zlib, &[0x78, 0x01]),
        (Self::Zlib, &[0x78, 0x5e]),
        (Self::Zlib, &[0x78, 0x9c]),
        (Self::Zlib, &[0x78, 0xda]),
    ];

    /// Where something in these bytes looks like the beginning of a stream.
    pub(super) fn starts(bytes: &[u8]) -> impl Iterator<Item = (usize, Self)> {
        Self::BEGINNINGS
            .into_iter()
            .flat_map(|(packing, beginning)| memmem::find_iter(bytes, beginning).map(move |at| (at, packing)))
    }

    /// What comes out, be it `most` bytes: what follows a stream is no part of it, and one that breaks off is looked at all
    /// the same. Only where two bytes tell a beginning, and nothing else does, it has to be long to count.
    pub(super) fn unpack(self, bytes: &[u8], most: u64) -> Unpacked {
        let mut unpacked = Vec::new();
        let ended = match self {
            Self::Gzip => drain(MultiGzDecoder::new(bytes), most, &mut unpacked),
            Self::Xz => drain(XzDecoder::new(bytes), most, &mut unpacked),
            Self::Zlib => drain(ZlibDecoder::new(bytes), most, &mut unpacked),
        };
        let by_chance = self == Self::Zlib && !ended && unpacked.len() < SHORTEST_BROKEN;
        if unpacked.len() as u64 > most {
            Unpacked::TooMuch
        } else if by_chance || unpacked.is_empty() {
            Unpacked::Nothing
        } else {
            Unpacked::Stream(unpacked)
        }
    }
}

/// Takes what comes out, and one byte more than may; says whether it came to an end of its own.
fn drain(stream: impl Read, most: u64, unpacked: &mut Vec<u8>) -> bool {
    stream.take(most + 1).read_to_end(unpacked).is_ok()
}

/// A form that is not opened here.
pub(super) struct Closed {
    /// How people call it.
    pub(super) name: &'static str,
    beginning: &'static [u8],
    /// Whether what follows may follow: four bytes may stand in a program by chance, or because it knows the form.
    goes_on: fn(&[u8]) -> bool,
}

impl Closed {
    /// RFC 8878 §3.1.1, bzip2's block header, APPNOTE.TXT §4.3.7, LZ4's frame format, 7-Zip's, RAR's and lzip's manuals, age(1).
    const FORMS: [Self; 8] = [
        // The reserved bit of the frame's descriptor.
        Self { name: "zstd", beginning: &[0x28, 0xb5, 0x2f, 0xfd], goes_on: |next| bits(next, 0b1000, 0) },
        Self {
            name: "bzip2",
            beginning: b"BZh",
            goes_on: |next| matches!(next, [b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]),
        },
        // The version that is needed, from 1.0 to 6.3, on any system.
        Self { name: "zip", beginning: b"PK\x03\x04", goes_on: |next| matches!(next, [10..=63, 0, ..]) },
        // The version of the frame, and its reserved bit.
        Self {
            name: "lz4",
            beginning: &[0x04, 0x22, 0x4d, 0x18],
            goes_on: |next| bits(next, 0b1100_0010, 0b0100_0000),
        },
        Self {
            name: "7z",
            beginning: &[b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c],
            goes_on: |next| bits(next, 0xff, 0),
        },
        Self { name: "rar", beginning: b"Rar!\x1a\x07", goes_on: |next| matches!(next, [0 | 1, ..]) },
        Self { name: "lzip", beginning: b"LZIP\x01", goes_on: |next| matches!(next, [_, ..]) },
        Self { name: "age", beginning: b"age-encryption.org/v1\n", goes_on: |next| next.starts_with(b"-> ") },
    ];

    /// Where something in these bytes looks like one of them.
    pub(super) fn starts(bytes: &[u8]) -> impl Iterator<Item = (usize, &'static str)> {
        Self::FORMS.into_iter().flat_map(move |Self { name, beginning, goes_on }| {
            memmem::find_iter(bytes, beginning)
                .filter(move |at| goes_on(&bytes[at + beginning.len()..]))
                .map(move |at| (at, name))
        })
    }
}

/// Whether these bits of the first byte are so.
fn bits(next: &[u8], mask: u8, wanted: u8) -> bool {
    next.first().is_some_and(|byte| byte & mask == wanted)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::ZlibEncoder};

    use super::*;

    #[test]
    fn a_short_stream_of_a_weak_form_counts_where_it_has_an_end() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(b"school.test").unwrap();
        let whole = zlib.finish().unwrap();
        assert!(
            matches!(Packing::Zlib.unpack(&whole, 99), Unpacked::Stream(bytes) if bytes == b"school.test")
        );
        let broken = &whole[..whole.len() - 1];
        assert!(matches!(Packing::Zlib.unpack(broken, 99), Unpacked::Nothing));
    }

    #[test]
    fn forms_that_are_not_opened_are_told_by_more_than_their_first_bytes() {
        let named = |bytes: &[u8]| Closed::starts(bytes).collect::<Vec<_>>();
        for (name, bytes) in [
            ("zstd", &b"\x28\xb5\x2f\xfd\x24\x01"[..]),
            ("bzip2", b"BZh91AY&SY"),
            ("zip", b"PK\x03\x04\x14\0\0\0"),
            ("lz4", b"\x04\x22\x4d\x18\x64"),
            ("7z", b"7z\xbc\xaf\x27\x1c\0\x04"),
            ("rar", b"Rar!\x1a\x07\x01\0"),
            ("lzip", b"LZIP\x01\x0c"),
            ("age", b"age-encryption.org/v1\n-> X25519 "),
        ] {
            assert_eq!(named(bytes), [(0, name)]);
            assert_eq!(named(&[b"..", bytes].concat()), [(2, name)]);
        }
        for bytes in [&b"PK\x03\x04"[..], b"PK\x03\x04\xff\xff", b"BZh9 is a level", b"\x28\xb5\x2f\xfd\x08"]
        {
            assert_eq!(named(bytes), [], "{bytes:?}");
        }
    }
}
