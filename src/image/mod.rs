//! The image as a value and as a file: tree, archive, manifest, SBOM, signature.

pub mod archive;
mod assemble;
mod difference;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
pub(crate) mod fixture;
mod manifest;
mod open;
mod sbom;
mod secret;
pub mod sign;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tampering;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests;
pub mod tree;
mod ustar;

use std::path::{Path, PathBuf};

pub use assemble::{Assembled, DAEMON, Extra, Ingredients, MOUNT_POINTS, ROOTFS, assemble};
pub use difference::Difference;
pub use manifest::{File, MANIFEST, Manifest, Network, VERSION, file_name};
pub use open::Image;
pub use sbom::SBOM;
pub use sign::{Fingerprint, SigningKey};
pub use tree::{Entry, EntryPath, Mode, Tree};

use crate::{digest::Sha256, error::Result, host::file};

/// An image on disk, with its digest and its signature beside it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Written {
    /// The archive.
    pub archive: PathBuf,
    /// Its digest, as it stands in `ARCHIVE.sha256`.
    pub digest: Sha256,
    /// The signature's file.
    pub signature: PathBuf,
}

/// Writes an image into a folder, signed, and makes sure that it can be opened again.
pub fn write(image: &Assembled, folder: &Path, key: &SigningKey) -> Result<Written> {
    let bytes = archive::write(&image.tree, image.manifest.source_date_epoch)?;
    let digest = Sha256::of(&bytes);
    let name = image.manifest.file_name();
    let archive = folder.join(&name);
    let signature = open::beside(&archive, ".sig");
    // The form that `sha256sum -c` reads.
    file::write(&open::beside(&archive, ".sha256"), format!("{digest}  {name}\n").as_bytes(), 0o644)?;
    file::write(&signature, key.sign(&bytes)?.as_bytes(), 0o644)?;
    // Last, so that there is no image without its digest and signature.
    file::write(&archive, &bytes, 0o644)?;
    Image::open(&archive)?;
    Ok(Written { archive, digest, signature })
}
