//! Looking for bytes in everything that was written.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use memchr::memmem;
use zeroize::Zeroizing;

use crate::{Result, error::Context};

/// Some bytes, as they are and in base64, wherever in a longer text they may stand.
pub(super) struct Needle {
    forms: Vec<Zeroizing<Vec<u8>>>,
}

impl Needle {
    /// The shortest that is sought in disguise too; shorter ones would be found anywhere.
    const SHORTEST: usize = 9;

    /// These bytes and their disguises.
    pub(super) fn new(bytes: &[u8]) -> Self {
        let mut forms = vec![Zeroizing::new(bytes.to_vec())];
        if bytes.len() >= Self::SHORTEST {
            forms.extend((0..3).map(|shift| in_base64(bytes, shift)));
        }
        Self { forms }
    }

    /// These bytes, in no disguise.
    pub(super) fn bare(bytes: &[u8]) -> Self {
        Self { forms: vec![Zeroizing::new(bytes.to_vec())] }
    }

    /// Whether it is in there.
    pub(super) fn is_in(&self, hay: &[u8]) -> bool {
        self.forms.iter().any(|form| memmem::find(hay, form).is_some())
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

/// What a search went through.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Found {
    /// The files that hold it.
    pub(super) files: Vec<PathBuf>,
    /// How many files were read.
    pub(super) searched: usize,
    /// How many bytes those had.
    pub(super) bytes: usize,
}

/// Reads every file in these folders, or these files, whole.
pub(super) fn search(places: &[PathBuf], needle: &Needle) -> Result<Found> {
    let mut found = Found::default();
    for place in places {
        search_one(place, needle, &mut found)?;
    }
    Ok(found)
}

fn search_one(place: &Path, needle: &Needle, found: &mut Found) -> Result<()> {
    // A file may go away while we look, such as a journal.
    let Ok(metadata) = fs::symlink_metadata(place) else { return Ok(()) };
    if metadata.is_dir() {
        for entry in fs::read_dir(place).doing_to("look into", place)? {
            search_one(&entry.doing_to("look into", place)?.path(), needle, found)?;
        }
    } else if metadata.is_file() {
        let content = match fs::read(place) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            content => content.doing_to("read", place)?,
        };
        found.searched += 1;
        found.bytes += content.len();
        if needle.is_in(&content) {
            found.files.push(place.to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
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
