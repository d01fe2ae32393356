//! Every byte of an image: the archive as it is, the names and the contents of its entries, and what is compressed within those.

use std::collections::BTreeMap;

use super::packing::{Closed, Packing, Unpacked};
use crate::{
    error::{Error, Result},
    image::{Entry, Image},
};

/// How far is looked. Beyond it, nobody can say what is in there, so that the search fails.
#[derive(Clone, Copy)]
struct Limits {
    /// What is compressed within what is compressed is opened so often.
    depth: usize,
    /// The longest stream.
    stream: u64,
    /// The most bytes of all together.
    bytes: u64,
}

const LIMITS: Limits = Limits { depth: 8, stream: 256 << 20, bytes: 2 << 30 };

/// How much was looked at.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Extent {
    /// Bytes, each counted as often as it was looked at in another form.
    pub(super) bytes: u64,
    /// Compressed streams that were opened.
    pub(super) streams: usize,
    /// What seems to be compressed, or encrypted, in a form that is not opened here, and where.
    pub(super) closed: Vec<String>,
}

/// Shows every byte of an image, each time with where it stands, and says how many there were.
///
/// An image that was opened is the very archive that its entries make: nothing is in it besides them.
///
/// # Errors
/// [`Error::Failed`] for what cannot be looked into: a file in a form that is not opened here, or more than the limits allow.
pub(super) fn each(image: &Image, look: &mut dyn FnMut(&str, &[u8])) -> Result<Extent> {
    let mut layers = Layers { look, limits: LIMITS, extent: Extent::default() };
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
    limits: Limits,
    extent: Extent,
}

impl Layers<'_> {
    fn show(&mut self, place: &str, bytes: &[u8]) -> Result<()> {
        self.extent.bytes += bytes.len() as u64;
        if self.extent.bytes > self.limits.bytes {
            let most = self.limits.bytes;
            return Err(unsearched(format_args!("up to {place} there are more than {most} bytes")));
        }
        (self.look)(place, bytes);
        Ok(())
    }

    fn open(&mut self, place: &str, bytes: &[u8], depth: usize) -> Result<()> {
        self.show(place, bytes)?;
        self.note_closed(place, bytes)?;
        for (offset, packing) in Packing::starts(bytes) {
            let within = || format!("what is compressed at {offset} in {place}");
            match packing.unpack(&bytes[offset..], self.limits.stream) {
                Unpacked::Nothing => {}
                Unpacked::TooMuch => {
                    let most = self.limits.stream;
                    return Err(unsearched(format_args!("{} is longer than {most} bytes", within())));
                }
                Unpacked::Stream(_) if depth == self.limits.depth => {
                    return Err(unsearched(format_args!(
                        "{} is compressed more than {depth} times over",
                        within()
                    )));
                }
                Unpacked::Stream(unpacked) => {
                    self.extent.streams += 1;
                    self.open(&within(), &unpacked, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    /// What begins as a whole in a form that is not opened is of that form. Further in, it may be chance, or a program that
    /// knows the form: that is for a reader to judge.
    fn note_closed(&mut self, place: &str, bytes: &[u8]) -> Result<()> {
        let mut found: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (offset, name) in Closed::starts(bytes) {
            if offset == 0 {
                return Err(unsearched(format_args!(
                    "{place} is a file of {name}, which is not opened here"
                )));
            }
            found.entry(name).or_default().push(offset);
        }
        self.extent.closed.extend(found.into_iter().map(|(name, offsets)| {
            let elsewhere = if offsets.len() > 1 { " and elsewhere" } else { "" };
            format!(
                "what looks like {name}, which is not opened here, at {}{elsewhere} in {place}",
                offsets[0]
            )
        }));
        Ok(())
    }
}

/// Whether something of the school is in there, nobody knows.
fn unsearched(what: std::fmt::Arguments<'_>) -> Error {
    Error::failed_with_hint(
        format_args!("the image is not to be handed on, for not all of it can be searched: {what}"),
        "make it anew from the source, where nothing of a school is",
    )
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

    /// What was seen, and how much.
    type Seen = (Vec<(String, Vec<u8>)>, Extent);

    fn opened_within(bytes: &[u8], limits: Limits) -> Result<Seen> {
        let mut seen = Vec::new();
        let look = &mut |place: &str, bytes: &[u8]| seen.push((place.to_owned(), bytes.to_vec()));
        let mut layers = Layers { look, limits, extent: Extent::default() };
        layers.open("`file`", bytes, 0)?;
        let extent = layers.extent;
        Ok((seen, extent))
    }

    fn opened(bytes: &[u8]) -> Seen {
        opened_within(bytes, LIMITS).unwrap()
    }

    fn refused(bytes: &[u8], limits: Limits) -> String {
        opened_within(bytes, limits).unwrap_err().to_string()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn what_is_compressed_is_seen_wherever_it_stands_and_however_deep() {
        let text = b"the words that are sought".as_slice();
        let mut xz = XzEncoder::new(Vec::new(), 1);
        xz.write_all(text).unwrap();
        let mut zlib = ZlibEncoder::new(b"before".to_vec(), Compression::fast());
        zlib.write_all(&xz.finish().unwrap()).unwrap();
        let gzip = gzip(&[zlib.finish().unwrap(), b"behind".to_vec()].concat());
        let file = [b"before".as_slice(), &gzip, b"behind"].concat();

        let (seen, _) = opened(&file);
        let deepest =
            "what is compressed at 0 in what is compressed at 6 in what is compressed at 6 in `file`";
        assert!(seen.contains(&(deepest.to_owned(), text.to_vec())), "{seen:?}");
    }

    #[test]
    fn a_short_stream_is_seen_also_where_it_breaks_off() {
        let file = gzip(b"school.test");
        for bytes in [&file[..], &file[..file.len() - 4]] {
            assert_eq!(opened(bytes).0[1].1, b"school.test");
        }
    }

    #[test]
    fn two_bytes_that_look_like_a_beginning_are_no_stream() {
        assert_eq!(opened(b"\x78\x9cnothing\x1f\x8b\x08of\x78\x01the\x78\xdakind").0.len(), 1);
    }

    #[test]
    fn what_cannot_be_looked_at_to_the_end_is_refused() {
        let long = gzip(&[b'x'; 101]);
        assert!(opened_within(&long, Limits { stream: 101, ..LIMITS }).is_ok());
        let said = refused(&long, Limits { stream: 100, ..LIMITS });
        assert!(said.ends_with("what is compressed at 0 in `file` is longer than 100 bytes"), "{said}");

        let deep = gzip(&gzip(&gzip(b"deep")));
        assert!(opened_within(&deep, Limits { depth: 3, ..LIMITS }).is_ok());
        let said = refused(&deep, Limits { depth: 2, ..LIMITS });
        assert!(said.ends_with("in `file` is compressed more than 2 times over"), "{said}");

        let said = refused(&long, Limits { bytes: 100, ..LIMITS });
        assert!(said.contains("there are more than 100 bytes"), "{said}");
    }

    #[test]
    fn a_form_that_is_not_opened_is_refused_as_a_file_and_named_within_one() {
        let zip = b"PK\x03\x04\x14\0\0\0".as_slice();
        let said = refused(&gzip(zip), LIMITS);
        assert!(
            said.ends_with("what is compressed at 0 in `file` is a file of zip, which is not opened here")
        );
        let (_, Extent { closed, .. }) = opened(&[b"program", zip, zip].concat());
        assert_eq!(closed, ["what looks like zip, which is not opened here, at 7 and elsewhere in `file`"]);
    }
}
