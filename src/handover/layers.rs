//! Every byte of an image: the archive as it is, the names and the contents of its entries, and what is compressed within those.

use std::io::Read;

use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use liblzma::bufread::XzDecoder;
use memchr::memmem;

use crate::{
    error::{Error, Result},
    image::{Entry, Image},
};

/// What is compressed within what is compressed is opened so often.
const DEEPEST: usize = 3;

/// The longest stream, and the most of all together: beyond it, what is in there cannot be known.
const LONGEST_STREAM: u64 = 256 << 20;
const MOST_BYTES: u64 = 2 << 30;

/// What is shorter has come about by chance from two bytes that look like the beginning of a stream.
const SHORTEST_STREAM: usize = 64;

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Extent {
    /// Bytes, each counted as often as it was looked at in another form.
    pub(super) bytes: u64,
    /// Compressed streams that were opened.
    pub(super) streams: usize,
}

/// Shows every byte of an image, each time with where it stands, and says how many there were.
///
/// An image that was opened is the very archive that its entries make: nothing is in it besides them.
pub(super) fn each(image: &Image, look: &mut dyn FnMut(&str, &[u8])) -> Result<Extent> {
    let mut layers = Layers { look, extent: Extent::default() };
    layers.show("the archive as it is", &image.archive)?;
    for (path, entry) in image.tree.iter() {
        layers.show(&format!("the name of `{path}`"), path.as_str().as_bytes())?;
        if let Entry::File { bytes, .. } = entry {
            layers.open(&format!("`{path}`"), bytes, 0)?;
        }
    }
    Ok(layers.extent)
}

struct Layers<'a> {
    look: &'a mut dyn FnMut(&str, &[u8]),
    extent: Extent,
}

impl Layers<'_> {
    fn show(&mut self, place: &str, bytes: &[u8]) -> Result<()> {
        self.extent.bytes += bytes.len() as u64;
        if self.extent.bytes > MOST_BYTES {
            return Err(Error::failed(format_args!(
                "up to {place} there are more than the {MOST_BYTES} bytes to be searched"
            )));
        }
        (self.look)(place, bytes);
        Ok(())
    }

    fn open(&mut self, place: &str, bytes: &[u8], depth: usize) -> Result<()> {
        self.show(place, bytes)?;
        if depth == DEEPEST {
            return Ok(());
        }
        for (offset, packing) in starts(bytes) {
            let unpacked = packing.unpack(&bytes[offset..]);
            if unpacked.len() >= SHORTEST_STREAM {
                self.extent.streams += 1;
                self.open(&format!("what is compressed at {offset} in {place}"), &unpacked, depth + 1)?;
            }
        }
        Ok(())
    }
}

/// How bytes may be packed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Packing {
    Gzip,
    Xz,
    Zlib,
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

    /// What comes out, up to where it goes wrong: what follows a stream is no part of it.
    fn unpack(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Gzip => drain(MultiGzDecoder::new(bytes)),
            Self::Xz => drain(XzDecoder::new(bytes)),
            Self::Zlib => drain(ZlibDecoder::new(bytes)),
        }
    }
}

fn drain(stream: impl Read) -> Vec<u8> {
    let mut unpacked = Vec::new();
    // Where it breaks off, it was none, or is cut short: what has come until then is looked at all the same.
    let _ = stream.take(LONGEST_STREAM).read_to_end(&mut unpacked);
    unpacked
}

fn starts(bytes: &[u8]) -> impl Iterator<Item = (usize, Packing)> {
    Packing::BEGINNINGS
        .into_iter()
        .flat_map(|(packing, beginning)| memmem::find_iter(bytes, beginning).map(move |at| (at, packing)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use std::io::Write as _;

    use flate2::{
        Compression,
        write::{GzEncoder, ZlibEncoder},
    };
    use liblzma::write::XzEncoder;

    use super::*;

    fn opened(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut seen = Vec::new();
        let look = &mut |place: &str, bytes: &[u8]| seen.push((place.to_owned(), bytes.to_vec()));
        Layers { look, extent: Extent::default() }.open("`file`", bytes, 0).unwrap();
        seen
    }

    #[test]
    fn what_is_compressed_is_seen_wherever_it_stands_and_however_deep() {
        let text =
            b"the words that are sought, and enough of them to be a stream of its own, no doubt".as_slice();
        let mut xz = XzEncoder::new(Vec::new(), 1);
        xz.write_all(text).unwrap();
        let mut zlib = ZlibEncoder::new(b"before".to_vec(), Compression::fast());
        zlib.write_all(&xz.finish().unwrap()).unwrap();
        let mut gzip = GzEncoder::new(b"before".to_vec(), Compression::best());
        gzip.write_all(&[zlib.finish().unwrap(), b"behind".to_vec()].concat()).unwrap();
        let file = [gzip.finish().unwrap(), b"behind".to_vec()].concat();

        let seen = opened(&file);
        let deepest =
            "what is compressed at 0 in what is compressed at 6 in what is compressed at 6 in `file`";
        assert!(seen.contains(&(deepest.to_owned(), text.to_vec())), "{seen:?}");
    }

    #[test]
    fn two_bytes_that_look_like_a_beginning_are_no_stream() {
        assert_eq!(opened(b"\x78\x9cnothing\x1f\x8b\x08of\x78\x01the\x78\xdakind").len(), 1);
    }
}
