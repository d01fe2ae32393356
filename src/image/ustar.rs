//! Headers of the ustar format (pax(1) of POSIX.1-2017, "ustar Interchange Format"), every byte of them decided here.

use super::tree::{Entry, EntryPath};
use crate::{
    daemon::SourceDateEpoch,
    error::{Error, Result},
};

/// The size of a header, and what content is padded to.
pub(super) const BLOCK: usize = 512;

/// The longest path: what fits the field `name`, and what fits `prefix` with a slash between the two.
const NAME: usize = 100;
const PREFIX: usize = 155;

/// The header of an entry: owner and group 0 by number and without names, no devices, no extensions.
pub(super) fn header(path: &EntryPath, entry: &Entry, time: SourceDateEpoch) -> Result<[u8; BLOCK]> {
    let (kind, mode, size, path) = match entry {
        Entry::File { mode, bytes } => (b'0', mode, bytes.len() as u64, path.as_str().to_owned()),
        Entry::Folder { mode } => (b'5', mode, 0, format!("{path}/")),
    };
    let (prefix, name) = split(&path).ok_or_else(|| {
        Error::failed(format_args!("`{path}` is too long for the headers of an image (ustar: {NAME} bytes, or {PREFIX} more before a slash)"))
    })?;

    let mut header = [0; BLOCK];
    put(&mut header, 0, name.as_bytes());
    put(&mut header, 100, &octal(u64::from(mode.bits()), 7));
    put(&mut header, 108, &octal(0, 7));
    put(&mut header, 116, &octal(0, 7));
    put(&mut header, 124, &octal(size, 11));
    put(&mut header, 136, &octal(time.seconds(), 11));
    put(&mut header, 148, b"        ");
    put(&mut header, 156, &[kind]);
    put(&mut header, 257, b"ustar\x0000");
    put(&mut header, 345, prefix.as_bytes());
    // The checksum is that of the header with spaces in its own place, and ends with a NUL and a space.
    let sum = header.iter().map(|byte| u64::from(*byte)).sum();
    put(&mut header, 148, &octal(sum, 6));
    header[154] = 0;
    Ok(header)
}

fn put(header: &mut [u8; BLOCK], at: usize, bytes: &[u8]) {
    header[at..at + bytes.len()].copy_from_slice(bytes);
}

fn octal(number: u64, digits: usize) -> Vec<u8> {
    format!("{number:0digits$o}").into_bytes()
}

/// A path in two, where it is too long for one field; the slash between them is not stored.
fn split(path: &str) -> Option<(&str, &str)> {
    if path.len() <= NAME {
        return Some(("", path));
    }
    let slashes = path.match_indices('/').map(|(at, _)| at);
    let halves = slashes.map(|at| (&path[..at], &path[at + 1..]));
    halves.rev().find(|(prefix, name)| prefix.len() <= PREFIX && (1..=NAME).contains(&name.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_paths_are_split_at_a_slash() {
        let folder = "f".repeat(90);
        let path = format!("{folder}/{folder}");
        assert_eq!(split(&path), Some((folder.as_str(), folder.as_str())));
        assert_eq!(split(&"n".repeat(100)).map(|(prefix, _)| prefix), Some(""));
    }

    #[test]
    fn a_path_without_a_slash_in_the_right_place_is_too_long() {
        assert_eq!(split(&"n".repeat(101)), None);
        assert_eq!(split(&format!("{}/n", "p".repeat(156))), None);
        assert_eq!(split(&format!("{}/", "f".repeat(110))), None);
    }
}
