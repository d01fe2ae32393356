//! Images that somebody handed over: nothing of one is used before all of it is checked.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::{
    archive,
    manifest::{MANIFEST, Manifest},
    sign::{self, Fingerprint},
    tree::{Entry, Tree},
};
use crate::{
    digest::Sha256,
    error::{Context as _, Error, Result},
    host::file,
};

/// What an error calls the file.
const WHAT: &str = "the image";

/// More than the largest image: what is longer is not read at all.
const LARGEST_IMAGE: u64 = 256 << 20;

/// An image whose digest, signature and every entry were found to hold.
#[derive(Clone, Debug)]
pub struct Image {
    /// The digest of the archive, by which the image is known.
    pub digest: Sha256,
    /// The key that signed it. Whether that is to be trusted is another question: `src/trust` answers it.
    pub signer: Fingerprint,
    /// What it says about itself, and is.
    pub manifest: Manifest,
    /// What is in it.
    pub tree: Tree,
    /// The archive itself, for who reads it by other means: its file may be another one by now.
    pub archive: Vec<u8>,
    /// Its signature, for who keeps it or hands it on.
    pub signature: Vec<u8>,
}

impl Image {
    /// Reads the image at `path`, with `PATH.sha256` and `PATH.sig` beside it. A good signature of whomever will do.
    pub fn open(path: &Path) -> Result<Self> {
        let length = fs::metadata(path).map_err(|cause| file::unreadable(WHAT, path, &cause))?.len();
        if length > LARGEST_IMAGE {
            return Err(refused(path, &format!("it has {length} bytes, more than an image can have")));
        }
        let bytes = file::read_named(WHAT, path)?;
        let digest = Sha256::of(&bytes);
        check_digest(path, digest)?;
        let signature = read_beside(path, ".sig")?;
        let signer = check_signature(path, &bytes, &signature)?;
        let (tree, manifest) = contents(&bytes).map_err(|failure| refused(path, &failure.to_string()))?;
        Ok(Self { digest, signer, manifest, tree, archive: bytes, signature })
    }

    /// The key that signed it, good for images alone, as a line of `allowed_signers` has it behind the signer's name.
    pub fn public_key(&self) -> Result<String> {
        let key = sign::signer(&self.archive, &self.signature).map_err(Error::failed)?;
        let key = key.to_openssh().doing("write the signer's key")?;
        let bare: Vec<_> = key.split(' ').take(2).collect();
        Ok(format!("namespaces=\"{}\" {}", sign::NAMESPACE, bare.join(" ")))
    }

    /// Unpacks the image into a new folder, which appears whole or not at all.
    pub fn unpack(&self, into: &Path) -> Result<()> {
        let parent = match into.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        file::create_folder(parent, 0o755)?;
        if into.exists() {
            return Err(Error::failed(format_args!(
                "cannot unpack into `{}`: it exists already",
                into.display()
            )));
        }
        let draft =
            tempfile::Builder::new().prefix(".unpack-").tempdir_in(parent).doing_to("write into", parent)?;
        self.unpack_over(draft.path())?;
        fs::set_permissions(draft.path(), fs::Permissions::from_mode(0o755)).doing_to("unpack into", into)?;
        fs::rename(draft.path(), into).doing_to("unpack into", into)?;
        // Its name is gone, so there is nothing left for it to remove.
        let _ = draft.keep();
        Ok(())
    }

    fn unpack_over(&self, top: &Path) -> Result<()> {
        // A folder comes before what is in it.
        for (path, entry) in self.tree.iter() {
            let path = top.join(path.as_str());
            match entry {
                Entry::Folder { mode } => {
                    fs::create_dir(&path).doing_to("unpack", &path)?;
                    fs::set_permissions(&path, fs::Permissions::from_mode(mode.bits()))
                        .doing_to("unpack", &path)?;
                }
                Entry::File { mode, bytes } => {
                    fs::write(&path, bytes).doing_to("unpack", &path)?;
                    fs::set_permissions(&path, fs::Permissions::from_mode(mode.bits()))
                        .doing_to("unpack", &path)?;
                }
            }
        }
        Ok(())
    }
}

/// The name of a file beside the image: `IMAGE.sha256`, `IMAGE.sig`.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn check_digest(path: &Path, digest: Sha256) -> Result<()> {
    let text = read_beside(path, ".sha256")?;
    let text = String::from_utf8_lossy(&text);
    let written = text.split_ascii_whitespace().next().unwrap_or_default();
    match written.parse::<Sha256>() {
        Ok(expected) if expected == digest => Ok(()),
        Ok(expected) => Err(refused(
            path,
            &format!("it has the SHA-256 digest {digest}, but {expected} stands beside it"),
        )),
        Err(_) => Err(refused(path, "what stands beside it in `.sha256` is no digest")),
    }
}

fn check_signature(path: &Path, bytes: &[u8], signature: &[u8]) -> Result<Fingerprint> {
    let key = sign::signer(bytes, signature)
        .map_err(|why| refused(path, &format!("its signature does not hold: {why}")))?;
    Ok(Fingerprint::of(&key))
}

fn read_beside(path: &Path, ending: &str) -> Result<Vec<u8>> {
    let beside = beside(path, ending);
    fs::read(&beside).map_err(|cause| refused(path, &format!("cannot read `{}`: {cause}", beside.display())))
}

fn contents(bytes: &[u8]) -> Result<(Tree, Manifest)> {
    let (tree, time) = archive::read(bytes)?;
    let manifest = tree.file(MANIFEST).ok_or_else(|| Error::failed("it has no `manifest.json`"))?;
    let manifest = Manifest::parse(manifest)?;
    manifest.check(&tree)?;
    if manifest.source_date_epoch != time {
        return Err(Error::failed("its entries are from another time than its manifest says"));
    }
    Ok((tree, manifest))
}

fn refused(path: &Path, why: &str) -> Error {
    Error::untrusted(
        format_args!("the image `{}` is refused: {why}", path.display()),
        "do not use it: get it anew with its `.sha256` and `.sig`, and compare the key with the sender by another way",
    )
}
