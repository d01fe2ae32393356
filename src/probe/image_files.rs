//! The image reopened: every entry of the archive as it was shipped, read by other means than it was written.

use std::{fs::File, io::Read, path::Path};

use crate::{Result, error::Context};

/// The entries of an image's archive, in its order.
#[derive(Clone, Debug, Default)]
pub struct ImageFiles {
    /// One for each entry.
    pub files: Vec<ImageFile>,
}

/// One entry of an image's archive.
#[derive(Clone, Debug)]
pub struct ImageFile {
    /// Its path in the archive, such as `rootfs/usr/local/sbin/xmppd`.
    pub path: String,
    /// What it is.
    pub kind: tar::EntryType,
    /// Its permission bits, setuid, setgid and sticky included.
    pub mode: u32,
    /// Its content; empty for all but regular files.
    pub bytes: Vec<u8>,
}

impl ImageFiles {
    /// Reads a `.tar.gz`.
    pub fn open(archive: &Path) -> Result<Self> {
        let file = File::open(archive).doing_to("open the image", archive)?;
        Self::read(flate2::read::GzDecoder::new(file)).doing_to("read the image", archive)
    }

    /// Reads a tar stream.
    pub fn read(stream: impl Read) -> std::io::Result<Self> {
        let mut files = Vec::new();
        for entry in tar::Archive::new(stream).entries()? {
            let mut entry = entry?;
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            files.push(ImageFile {
                path: entry.path()?.to_string_lossy().into_owned(),
                kind: entry.header().entry_type(),
                mode: entry.header().mode()? & 0o7777,
                bytes,
            });
        }
        Ok(Self { files })
    }

    /// Those of the jail's root file system; the path is the one seen from within, without the leading slash.
    pub fn rootfs(&self) -> impl Iterator<Item = (&str, &ImageFile)> {
        self.files.iter().filter_map(|file| {
            let path = file.path.trim_start_matches("./").strip_prefix("rootfs")?;
            Some((path.trim_matches('/'), file))
        })
    }
}
