//! Looking for bytes in everything that was written.

use std::{
    ffi::OsStr,
    io::Read,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use memchr::memmem;
use nix::dir::Dir;
use zeroize::Zeroizing;

use super::untrusted::Untrusted;
use crate::{Error, Result, error::Context};

/// Some bytes, as they are and in base64, wherever in a longer text they may stand.
pub(crate) struct Needle {
    forms: Vec<Zeroizing<Vec<u8>>>,
    /// Texts that end in one of them, and are something else.
    others: Vec<Vec<u8>>,
}

impl Needle {
    /// The shortest that is sought in disguise too; shorter ones would be found anywhere.
    const SHORTEST: usize = 9;

    /// These bytes and their disguises.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut forms = vec![Zeroizing::new(bytes.to_vec())];
        if bytes.len() >= Self::SHORTEST {
            forms.extend((0..3).map(|shift| in_base64(bytes, shift)));
        }
        Self { forms, others: Vec::new() }
    }

    /// These bytes, in no disguise.
    pub(super) fn bare(bytes: &[u8]) -> Self {
        Self { forms: vec![Zeroizing::new(bytes.to_vec())], others: Vec::new() }
    }

    /// Every form, the bytes as they are first.
    pub(crate) fn forms(&self) -> impl Iterator<Item = &[u8]> {
        self.forms.iter().map(|form| form.as_slice())
    }

    /// Any of these texts, in no disguise, but not at the end of one of `others`: `romeo@x` is not in `dromeo@x`.
    pub(crate) fn any_of(texts: &[String], others: &[String]) -> Self {
        let bytes = |text: &String| text.clone().into_bytes();
        let others = others.iter().filter(|other| texts.iter().any(|text| other.ends_with(text.as_str())));
        Self {
            others: others.map(bytes).collect(),
            forms: texts.iter().map(|text| Zeroizing::new(bytes(text))).collect(),
        }
    }

    /// How much has to be seen at once to recognise it.
    fn longest(&self) -> usize {
        let forms = self.forms.iter().map(|form| form.len());
        forms.chain(self.others.iter().map(Vec::len)).max().unwrap_or(1).max(1)
    }

    /// Whether it is in there.
    pub(super) fn is_in(&self, hay: &[u8]) -> bool {
        self.ends_in(hay, 0)
    }

    /// Whether it is in there, and ends behind what was seen before.
    fn ends_in(&self, hay: &[u8], seen: usize) -> bool {
        let is_another = |end: usize| self.others.iter().any(|other| hay[..end].ends_with(other));
        self.forms.iter().any(|form| {
            let mut ends = memmem::find_iter(hay, form.as_slice()).map(|begin| begin + form.len());
            ends.any(|end| end > seen && !is_another(end))
        })
    }
}

/// What is common to the base64 of all texts that hold `bytes` after a multiple of three bytes and `shift` more.
fn in_base64(bytes: &[u8], shift: usize) -> Zeroizing<Vec<u8>> {
    let mut padded = Zeroizing::new(vec![0; shift]);
    padded.extend_from_slice(bytes);
    let encoded = Zeroizing::new(BASE64_STANDARD_NO_PAD.encode(padded.as_slice()));
    // The first four letters mix with what stands before, the last one or two with what comes after.
    let begin = if shift == 0 { 0 } else { 4 };
    let end = padded.len() / 3 * 4;
    Zeroizing::new(encoded.as_bytes()[begin..end].to_vec())
}

/// More than the data folder of a school with its shared files holds: beyond it a search ends with an error.
const MOST_BYTES: u64 = 16 << 30;

/// More names than it holds.
const MOST_NAMES: usize = 1_000_000;

/// So much is read at once.
const CHUNK: usize = 256 << 10;

/// What a search went through.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Found {
    /// The files that hold it.
    pub(crate) files: Vec<PathBuf>,
    /// How many files were read.
    pub(crate) searched: usize,
    /// How many bytes those had.
    pub(crate) bytes: u64,
}

/// Reads every file in these folders, or these files, whole. What the daemon may have put there instead of files
/// is neither followed nor waited for.
///
/// # Errors
/// [`Error::Failed`] if a file cannot be read, or there is more than can be searched: then nothing is known.
pub(crate) fn search(places: &[PathBuf], needle: &Needle) -> Result<Found> {
    let mut search = Search { needle, found: Found::default(), names: 0, most_bytes: MOST_BYTES };
    for place in places {
        search.take(place, Untrusted::open(place).doing_to("open", place)?)?;
    }
    Ok(search.found)
}

struct Search<'a> {
    needle: &'a Needle,
    found: Found,
    names: usize,
    most_bytes: u64,
}

impl Search<'_> {
    fn take(&mut self, path: &Path, what: Untrusted) -> Result<()> {
        match what {
            Untrusted::File(file) => {
                self.found.searched += 1;
                if self.is_in(path, file)? {
                    self.found.files.push(path.to_owned());
                }
                Ok(())
            }
            Untrusted::Folder(folder) => self.take_folder(path, folder),
            Untrusted::Other => Ok(()),
        }
    }

    fn take_folder(&mut self, path: &Path, mut folder: Dir) -> Result<()> {
        let names: nix::Result<Vec<_>> =
            folder.iter().map(|entry| Ok(entry?.file_name().to_owned())).take(MOST_NAMES + 1).collect();
        for name in names.doing_to("look into", path)? {
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            self.names += 1;
            let below = path.join(OsStr::from_bytes(name.to_bytes()));
            if self.names > MOST_NAMES {
                return Err(too_much(&below, "names", MOST_NAMES as u64));
            }
            self.take(&below, Untrusted::open_in(&folder, &name).doing_to("open", &below)?)?;
        }
        Ok(())
    }

    /// Reads in chunks that overlap, so that nothing hides where two of them meet.
    fn is_in(&mut self, path: &Path, mut file: impl Read) -> Result<bool> {
        let overlap = self.needle.longest() - 1;
        let mut window = vec![0; overlap + CHUNK];
        let mut kept = 0;
        loop {
            let read = file.read(&mut window[kept..]).doing_to("read", path)?;
            self.found.bytes += read as u64;
            if self.found.bytes > self.most_bytes {
                return Err(too_much(path, "bytes", self.most_bytes));
            }
            let filled = kept + read;
            if read == 0 || self.needle.ends_in(&window[..filled], kept) {
                return Ok(read > 0);
            }
            kept = filled.min(overlap);
            window.copy_within(filled - kept..filled, 0);
        }
    }
}

fn too_much(path: &Path, what: &str, most: u64) -> Error {
    Error::failed(format_args!(
        "up to `{}` there are more than the {most} {what} to be searched",
        path.display()
    ))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use std::{
        fs,
        os::unix::{fs::symlink, net::UnixListener},
    };

    use base64::prelude::BASE64_STANDARD;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_file_is_looked_into_and_none_is_named_in_vain() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        fs::write(folder.path().join("deep/held"), b"....the mark....").unwrap();
        fs::write(folder.path().join("clean"), b"the mar").unwrap();
        let found = search(&[folder.path().to_owned()], &Needle::new(b"the mark")).unwrap();
        assert_eq!(found.files, [folder.path().join("deep/held")]);
        assert_eq!((found.searched, found.bytes), (2, 23));
    }

    #[test]
    fn nothing_is_followed_or_waited_for() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let at = |name: &str| folder.path().join(name);
        fs::write(elsewhere.path().join("other"), "the mark").unwrap();
        symlink(elsewhere.path(), at("folder")).unwrap();
        symlink(elsewhere.path().join("other"), at("file")).unwrap();
        symlink(elsewhere.path().join("gone"), at("dangling")).unwrap();
        nix::unistd::mkfifo(&at("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        let places = [folder.path().to_owned(), at("folder"), at("missing")];
        assert_eq!(search(&places, &Needle::new(b"the mark")).unwrap(), Found::default());
    }

    #[test]
    fn a_mark_is_found_where_two_chunks_meet() {
        let needle = Needle::bare(b"the mark");
        for before in CHUNK - 9..CHUNK + 9 {
            let text = [&vec![b'.'; before], &b"the mark"[..], &[b'.'; 99]].concat();
            let mut search =
                Search { needle: &needle, found: Found::default(), names: 0, most_bytes: MOST_BYTES };
            assert!(search.is_in(Path::new("file"), text.as_slice()).unwrap(), "after {before} bytes");
        }
    }

    #[test]
    fn what_ends_the_same_is_something_else_wherever_it_stands() {
        let (text, other) = ("romeo@school.test".to_owned(), "dromeo@school.test".to_owned());
        let needle = Needle::any_of(&[text], &[other, "tybalt@school.test".to_owned()]);
        let is_in = |hay: &[u8]| {
            let mut search =
                Search { needle: &needle, found: Found::default(), names: 0, most_bytes: MOST_BYTES };
            search.is_in(Path::new("file"), hay).unwrap()
        };
        for before in CHUNK - 40..CHUNK + 40 {
            let hay = |text: &str| [&vec![b'.'; before], text.as_bytes(), &[b'.'; 99]].concat();
            assert!(is_in(&hay("romeo@school.test")), "after {before} bytes");
            assert!(is_in(&hay("oromeo@school.test")), "after {before} bytes");
            assert!(!is_in(&hay("dromeo@school.test")), "after {before} bytes");
            assert!(is_in(&hay("dromeo@school.testromeo@school.test")), "after {before} bytes");
        }
    }

    #[test]
    fn more_than_can_be_searched_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("one"), [0; 600]).unwrap();
        fs::write(folder.path().join("two"), [0; 600]).unwrap();
        let needle = Needle::new(b"the mark");
        let search = |most_bytes| {
            let mut search = Search { needle: &needle, found: Found::default(), names: 0, most_bytes };
            search.take(folder.path(), Untrusted::open(folder.path()).unwrap()).map(|()| search.found.bytes)
        };
        assert_eq!(search(1200).unwrap(), 1200);
        let error = search(1199).unwrap_err().to_string();
        assert!(error.ends_with("there are more than the 1199 bytes to be searched"), "{error}");
    }

    proptest! {
        #[test]
        fn a_needle_is_found_in_base64_wherever_it_stands(
            before in proptest::collection::vec(any::<u8>(), 0..9),
            needle in proptest::collection::vec(any::<u8>(), 9..40),
            after in proptest::collection::vec(any::<u8>(), 0..9),
        ) {
            let hay = [before, needle.clone(), after].concat();
            prop_assert!(Needle::new(&needle).is_in(&hay));
            prop_assert!(Needle::new(&needle).is_in(BASE64_STANDARD.encode(hay).as_bytes()));
        }
    }
}
