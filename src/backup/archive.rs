//! The files of a backup as tar.gz, each with its digest.

use std::{
    collections::BTreeMap,
    io::{Read, Write as _},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use tar::{EntryType, Header};
use zeroize::Zeroizing;

use super::{
    Backup, Manifest, Place, damaged,
    manifest::{self, Described},
};
use crate::{
    error::{Context as _, Error, Result},
    host::file::SECRET,
};

/// More than the largest school's backup unpacks to: beyond it, a file that claims to be one is a bomb.
const LARGEST: u64 = 4 << 30;

/// The archive. It is not encrypted yet.
pub(super) fn written(backup: &Backup) -> Result<Zeroizing<Vec<u8>>> {
    let written = || {
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
        append(&mut archive, manifest::FILE, &backup.manifest.to_json())?;
        backup.files().try_for_each(|(place, bytes)| append(&mut archive, place.as_str(), bytes))?;
        let mut gzip = archive.into_inner()?;
        gzip.flush()?;
        gzip.finish()
    };
    written().map(Zeroizing::new).doing("pack the backup")
}

fn append(archive: &mut tar::Builder<GzEncoder<Vec<u8>>>, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(SECRET);
    header.set_size(bytes.len() as u64);
    archive.append_data(&mut header, name, bytes)
}

/// The backup that an archive holds, if it holds all that it says and nothing else.
pub(super) fn read(archive: &[u8]) -> Result<Backup> {
    let mut files = entries(archive)?;
    let json = files.remove(manifest::FILE).ok_or_else(|| damaged("it does not say what it is"))?;
    let manifest = Manifest::parse(&json)?;
    let files: BTreeMap<Place, _> = files
        .into_iter()
        .map(|(name, bytes)| Ok((name.parse().map_err(damaged)?, bytes)))
        .collect::<Result<_, Error>>()?;
    if let Some(missing) = manifest.files.keys().find(|place| !files.contains_key(place)) {
        return Err(damaged(format_args!("`{missing}` is missing")));
    }
    for (place, bytes) in &files {
        if manifest.files.get(place) != Some(&Described::of(bytes)) {
            return Err(damaged(format_args!("`{place}` is not what it should be")));
        }
    }
    Ok(Backup { manifest, files })
}

fn entries(archive: &[u8]) -> Result<BTreeMap<String, Zeroizing<Vec<u8>>>> {
    let mut files = BTreeMap::new();
    let mut archive = tar::Archive::new(GzDecoder::new(archive).take(LARGEST));
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type() != EntryType::Regular {
            return Err(damaged(format_args!("`{}` is no file", name.escape_debug())));
        }
        let mut bytes = Zeroizing::new(Vec::new());
        entry.read_to_end(&mut bytes).map_err(damaged)?;
        if files.insert(name.clone(), bytes).is_some() {
            return Err(damaged(format_args!("`{}` is in it twice", name.escape_debug())));
        }
    }
    Ok(files)
}
