//! A base that comes as base.txz: read as a stream, and not before the digest of the whole is known to be right.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use liblzma::read::XzDecoder;
use tar::EntryType;

use super::{Base, BaseFile, Kind, Provenance, known_archives, link, release_name};
use crate::{
    digest::{Hashing, Sha256},
    error::{Context as _, Error, Result},
    host::file,
    target::Target,
};

/// The folders whose files are kept on the first reading: what programs of the root file system need lies in them
/// (hier(7)). Anything else costs another reading.
const KEPT_FOLDERS: [&str; 3] = ["/bin", "/lib", "/libexec"];

/// No single file of a base that goes into an image is as large as this.
const LARGEST_FILE: u64 = 64 << 20;

/// A base.txz.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    sha256: Sha256,
    index: BTreeMap<PathBuf, Node>,
    kept: RefCell<BTreeMap<PathBuf, BaseFile>>,
    provenance: Provenance,
}

#[derive(Debug)]
enum Node {
    File,
    Folder,
    Link(PathBuf),
}

impl Archive {
    /// Opens a base.txz whose digest is the one vouched for or, without one, stands in the table of releases.
    pub fn open(path: &Path, target: Target, vouched: Option<Sha256>) -> Result<Self> {
        let sha256 = Sha256::of_stream(open_file(path)?).doing_to("read", path)?;
        let mut provenance = judge(path, sha256, target, vouched)?;
        let mut index = BTreeMap::new();
        let mut kept = BTreeMap::new();
        read(path, sha256, |place, mut entry| {
            let node = node(&place, &entry)?;
            if matches!(node, Node::File) && place.parent().is_some_and(is_kept) {
                kept.insert(place.clone(), content(&mut entry)?);
            }
            index.insert(place, node);
            Ok(())
        })?;
        let archive = Self {
            path: path.to_owned(),
            sha256,
            index,
            kept: RefCell::new(kept),
            provenance: provenance.clone(),
        };
        if provenance.release.is_none() {
            provenance.release = release_name(|path| archive.file(Path::new(path)))?;
        }
        Ok(Self { provenance, ..archive })
    }

    fn resolve(&self, path: &Path) -> Result<PathBuf> {
        link::resolve(path, |place| match self.index.get(place) {
            Some(Node::Link(target)) => Some(target.clone()),
            _ => None,
        })
    }

    /// Reads the archive once more, for a file that was not expected to be wanted.
    fn read_again(&self, wanted: &Path) -> Result<()> {
        read(&self.path, self.sha256, |place, mut entry| {
            if place == wanted {
                self.kept.borrow_mut().insert(place, content(&mut entry)?);
            }
            Ok(())
        })
    }
}

impl Base for Archive {
    fn file(&self, path: &Path) -> Result<Option<BaseFile>> {
        let place = self.resolve(path)?;
        if !matches!(self.index.get(&place), Some(Node::File)) {
            return Ok(None);
        }
        if !self.kept.borrow().contains_key(&place) {
            self.read_again(&place)?;
        }
        Ok(self.kept.borrow().get(&place).cloned())
    }

    fn names(&self, folder: &Path) -> Result<Vec<String>> {
        let place = self.resolve(folder)?;
        let within = self.index.keys().filter(|path| path.parent() == Some(&place));
        Ok(within.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect())
    }

    fn provenance(&self) -> &Provenance {
        &self.provenance
    }
}

/// Whether an archive with this digest may be used, and as what.
fn judge(path: &Path, sha256: Sha256, target: Target, vouched: Option<Sha256>) -> Result<Provenance> {
    let known = known_archives().iter().find(|known| known.sha256 == sha256);
    match (vouched, known) {
        (Some(wanted), _) if wanted != sha256 => Err(Error::untrusted(
            format_args!("`{}` has the SHA-256 digest {sha256}, but {wanted} was expected", path.display()),
            "do not use this file: fetch it anew, and compare the digest with FreeBSD's signed release announcement",
        )),
        (_, Some(known)) if !target.is_freebsd() || known.machine != target.machine => {
            Err(Error::configuration(
                format_args!(
                    "`{}` is {}, but the image is for `{target}`",
                    path.display(),
                    known.file_name()
                ),
                "name the base of that target, or another `--target`",
            ))
        }
        (_, Some(known)) => Ok(Provenance {
            kind: Kind::Release,
            release: Some(format!("{}-RELEASE", known.release)),
            sha256: Some(sha256),
        }),
        (Some(_), None) => Ok(Provenance { kind: Kind::Archive, release: None, sha256: Some(sha256) }),
        (None, None) => Err(Error::untrusted(
            format_args!(
                "`{}` has the SHA-256 digest {sha256}, which is not that of a known release",
                path.display()
            ),
            format_args!(
                "if you know from another source that it is right, say so: `--base-sha256 {sha256}`, or `base-sha256` in \
                 `jailbuild.toml`"
            ),
        )),
    }
}

/// Passes every entry of the archive to `visit`. The digest is taken once more on the way, for the file may have been
/// changed since it was judged; then nothing that was visited counts.
fn read(
    path: &Path,
    expected: Sha256,
    mut visit: impl FnMut(PathBuf, tar::Entry<'_, XzDecoder<&mut Hashing<File>>>) -> io::Result<()>,
) -> Result<()> {
    let mut hashing = Hashing::new(open_file(path)?);
    {
        let mut archive = tar::Archive::new(XzDecoder::new(&mut hashing));
        for entry in archive.entries().doing_to("unpack", path)? {
            let entry = entry.doing_to("unpack", path)?;
            let place = place(&entry).doing_to("unpack", path)?;
            visit(place, entry).doing_to("unpack", path)?;
        }
    }
    io::copy(&mut BufReader::new(&mut hashing), &mut io::sink()).doing_to("read", path)?;
    if hashing.digest() == expected {
        return Ok(());
    }
    Err(Error::untrusted(
        format_args!("`{}` changed while it was read", path.display()),
        "see who else writes to it, and try again",
    ))
}

fn open_file(path: &Path) -> Result<File> {
    File::open(path).map_err(|cause| file::unreadable("the base", path, &cause))
}

/// The absolute path of an entry, which tar has as `./lib/libc.so.7`.
fn place<R: Read>(entry: &tar::Entry<'_, R>) -> io::Result<PathBuf> {
    link::resolve(&entry.path()?, |_| None).map_err(io::Error::other)
}

fn node<R: Read>(place: &Path, entry: &tar::Entry<'_, R>) -> io::Result<Node> {
    let target = || {
        let name = entry
            .link_name()?
            .ok_or_else(|| io::Error::other(format!("`{}` links to nothing", place.display())))?;
        Ok::<_, io::Error>(name.into_owned())
    };
    Ok(match entry.header().entry_type() {
        EntryType::Regular | EntryType::Continuous => Node::File,
        EntryType::Symlink => Node::Link(target()?),
        // The other name of a hard link is written from the top of the archive.
        EntryType::Link => Node::Link(Path::new("/").join(target()?)),
        _ => Node::Folder,
    })
}

fn is_kept(folder: &Path) -> bool {
    KEPT_FOLDERS.iter().any(|kept| folder == Path::new(kept))
}

fn content<R: Read>(entry: &mut tar::Entry<'_, R>) -> io::Result<BaseFile> {
    if entry.size() > LARGEST_FILE {
        return Err(io::Error::other(format!("a file of {} bytes is too large for an image", entry.size())));
    }
    let mode = entry.header().mode()? & 0o7777;
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    Ok(BaseFile { bytes, mode })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use liblzma::write::XzEncoder;

    use super::*;

    const FREEBSD: &str = "x86_64-unknown-freebsd";

    fn stand_in(folder: &Path) -> (PathBuf, Sha256) {
        let mut builder = tar::Builder::new(XzEncoder::new(Vec::new(), 1));
        let mut add = |path: &str, kind, link: &str, content: &[u8], mode| {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(kind);
            header.set_size(content.len() as u64);
            header.set_mode(mode);
            if link.is_empty() {
                builder.append_data(&mut header, path, content).unwrap();
            } else {
                builder.append_link(&mut header, path, link).unwrap();
            }
        };
        add("./bin/freebsd-version", EntryType::Regular, "", b"USERLAND_VERSION=\"14.9-TEST\"\n", 0o555);
        add("./lib/libc.so.7", EntryType::Regular, "", b"libc", 0o444);
        add("./usr/lib/libc.so", EntryType::Symlink, "../../lib/libc.so.7", b"", 0o777);
        add("./usr/bin/tool", EntryType::Regular, "", b"tool", 0o555);
        add("./usr/bin/alias", EntryType::Link, "./usr/bin/tool", b"", 0o555);
        let bytes = builder.into_inner().unwrap().finish().unwrap();
        let path = folder.join("base.txz");
        std::fs::write(&path, &bytes).unwrap();
        (path, Sha256::of(&bytes))
    }

    #[test]
    fn files_are_read_kept_or_not_and_links_of_both_kinds_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, digest) = stand_in(folder.path());
        let base = Archive::open(&path, FREEBSD.parse().unwrap(), Some(digest)).unwrap();

        let bytes = |path: &str| base.file(Path::new(path)).unwrap().unwrap().bytes;
        assert_eq!(bytes("/lib/libc.so.7"), b"libc");
        assert_eq!(bytes("/usr/lib/libc.so"), b"libc");
        assert_eq!(bytes("/usr/bin/alias"), b"tool");
        assert_eq!(base.file(Path::new("/usr/bin")).unwrap(), None);
        assert_eq!(base.names(Path::new("/usr/bin")).unwrap(), ["alias", "tool"]);
        let provenance =
            Provenance { kind: Kind::Archive, release: Some("14.9-TEST".into()), sha256: Some(digest) };
        assert_eq!(base.provenance(), &provenance);
    }

    #[test]
    fn a_wrong_digest_and_an_unknown_one_are_refused_before_anything_is_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("base.txz");
        std::fs::write(&path, b"not even xz").unwrap();
        let digest = Sha256::of(b"not even xz");
        let wrong = Sha256::of(b"another");

        let failure = Archive::open(&path, FREEBSD.parse().unwrap(), Some(wrong)).unwrap_err();
        assert_eq!(failure.exit_code(), 5);
        assert!(failure.to_string().ends_with(&format!("{digest}, but {wrong} was expected")), "{failure}");
        let failure = Archive::open(&path, FREEBSD.parse().unwrap(), None).unwrap_err();
        assert_eq!(failure.exit_code(), 5);
        assert!(failure.to_string().contains("is not that of a known release"), "{failure}");
    }

    #[test]
    fn a_known_digest_makes_it_a_release_of_one_machine() {
        let known = known_archives()[0];
        let provenance = judge(Path::new("x"), known.sha256, FREEBSD.parse().unwrap(), None).unwrap();
        assert_eq!((provenance.kind, provenance.major()), (Kind::Release, Some(14)));
        let other = "aarch64-unknown-freebsd".parse().unwrap();
        assert_eq!(judge(Path::new("x"), known.sha256, other, None).unwrap_err().exit_code(), 3);
    }

    #[test]
    fn a_file_that_changed_after_it_was_judged_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = stand_in(folder.path());
        let failure = read(&path, Sha256::of(b"as judged"), |_, _| Ok(())).unwrap_err();
        assert!(failure.to_string().ends_with("changed while it was read"), "{failure}");
    }
}
