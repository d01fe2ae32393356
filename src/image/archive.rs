//! The image as a file: tar.gz with headers written by hand, so that the same tree gives the same bytes.

use std::io::{Read as _, Write as _};

use flate2::{Compression, GzBuilder, bufread::GzDecoder};
use tar::EntryType;

use super::{
    tree::{Entry, EntryPath, Mode, Tree},
    ustar,
};
use crate::{
    daemon::SourceDateEpoch,
    error::{Context as _, Error, Result},
};

/// What `operating system` says in a gzip header that does not tell: unknown (RFC 1952 §2.3.1).
const UNKNOWN_SYSTEM: u8 = 255;

/// More than the largest image unpacks to: beyond it, a file that claims to be one is a bomb.
const LARGEST_TAR: u64 = 512 << 20;

/// More entries than any image has.
const MOST_ENTRIES: usize = 10_000;

/// The tree as tar.gz.
pub fn write(tree: &Tree, time: SourceDateEpoch) -> Result<Vec<u8>> {
    gzip(&tar(tree, time)?)
}

/// The tree that a tar.gz holds, and the time of its entries; only what [`write()`] would write again is accepted.
pub fn read(bytes: &[u8]) -> Result<(Tree, SourceDateEpoch)> {
    let tar = gunzip(bytes, LARGEST_TAR)?;
    let (tree, time) = entries(&tar)?;
    if self::tar(&tree, time)? == tar {
        return Ok((tree, time));
    }
    // Whatever differs (an owner, a date, bytes hidden in padding), other programs might see another image than this one.
    Err(Error::failed("the archive is not in the form that jailbuild writes"))
}

/// The tree as an uncompressed archive, in the ustar format (pax(1), POSIX.1-2017).
pub(crate) fn tar(tree: &Tree, time: SourceDateEpoch) -> Result<Vec<u8>> {
    let mut archive = Vec::new();
    for (path, entry) in tree.iter() {
        archive.extend(ustar::header(path, entry, time)?);
        if let Entry::File { bytes, .. } = entry {
            archive.extend(bytes);
            archive.resize(archive.len().next_multiple_of(ustar::BLOCK), 0);
        }
    }
    archive.resize(archive.len() + 2 * ustar::BLOCK, 0);
    Ok(archive)
}

/// The bytes compressed, without a name and a time.
pub(crate) fn gzip(tar: &[u8]) -> Result<Vec<u8>> {
    let builder = GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM);
    let mut encoder = builder.write(Vec::new(), Compression::best());
    encoder.write_all(tar).doing("compress the image")?;
    encoder.finish().doing("compress the image")
}

fn gunzip(bytes: &[u8], limit: u64) -> Result<Vec<u8>> {
    let mut decoder = GzDecoder::new(bytes);
    let mut tar = Vec::new();
    decoder.by_ref().take(limit + 1).read_to_end(&mut tar).doing("decompress the archive")?;
    if tar.len() as u64 > limit {
        return Err(Error::failed(format_args!("the archive unpacks to more than {limit} bytes")));
    }
    if !decoder.into_inner().is_empty() {
        return Err(Error::failed("something follows the end of the archive"));
    }
    Ok(tar)
}

fn entries(tar: &[u8]) -> Result<(Tree, SourceDateEpoch)> {
    let mut tree = Tree::default();
    let mut time = None;
    let mut archive = tar::Archive::new(tar);
    // Raw, for what is not plain ustar shall be seen, and refused, rather than interpreted.
    for (count, entry) in archive.entries().doing("read the archive")?.raw(true).enumerate() {
        let mut entry = entry.doing("read the archive")?;
        if count == MOST_ENTRIES {
            return Err(Error::failed(format_args!("the archive has more than {MOST_ENTRIES} entries")));
        }
        time.get_or_insert(entry.header().mtime().doing("read the archive")?);
        add(&mut tree, &mut entry)?;
    }
    let time = time.ok_or_else(|| Error::failed("the archive is empty"))?;
    Ok((tree, SourceDateEpoch::new(time)?))
}

fn add(tree: &mut Tree, entry: &mut tar::Entry<'_, &[u8]>) -> Result<()> {
    let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    let within = |failure| Error::failed(format_args!("`{}` in the archive: {failure}", name.escape_debug()));
    let mode = entry.header().mode().doing("read the archive").and_then(Mode::new).map_err(within)?;
    match entry.header().entry_type() {
        EntryType::Directory => {
            let path: EntryPath = name.strip_suffix('/').unwrap_or(&name).parse()?;
            tree.add_folder(path, mode)
        }
        EntryType::Regular => {
            let path: EntryPath = name.parse()?;
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).doing("read the archive")?;
            tree.add_file(path, mode, bytes)
        }
        _ => Err(Error::failed(format_args!(
            "`{}` in the archive is neither a file nor a folder",
            name.escape_debug()
        ))),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_is_not_unpacked_beyond_its_limit() {
        let bytes = gzip(&[0; 4097]).unwrap();
        assert_eq!(gunzip(&bytes, 4097).unwrap().len(), 4097);
        assert_eq!(
            gunzip(&bytes, 4096).unwrap_err().to_string(),
            "the archive unpacks to more than 4096 bytes"
        );
    }

    #[test]
    fn nothing_may_follow_the_end() {
        let mut bytes = gzip(b"one").unwrap();
        bytes.extend(gzip(b"two").unwrap());
        assert_eq!(gunzip(&bytes, 4096).unwrap_err().to_string(), "something follows the end of the archive");
    }
}
