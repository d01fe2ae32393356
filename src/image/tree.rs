//! What an image holds, as a value: sorted, complete, and without anything that must not be in it.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::secret;
use crate::error::{Error, Result};

/// The entries of an image, sorted by path. Symbolic links do not exist in it: nothing needs them, and none can lead astray.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tree {
    entries: BTreeMap<EntryPath, Entry>,
}

/// A folder or a file of an image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Entry {
    /// A regular file.
    File {
        /// Its permissions.
        mode: Mode,
        /// Its content.
        bytes: Vec<u8>,
    },
    /// A folder.
    Folder {
        /// Its permissions.
        mode: Mode,
    },
}

/// Where an entry lies: relative to the image's top, of printable ASCII, without `.`, `..` or anything to normalise.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct EntryPath(String);

/// Permissions without setuid, setgid or sticky bit. Written in octal.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct Mode(u32);

impl Tree {
    /// Adds a file. What is there already, and what looks like a secret, is refused.
    pub fn add_file(&mut self, path: EntryPath, mode: Mode, bytes: Vec<u8>) -> Result<()> {
        if let Some(why) = secret::found_in(path.as_str(), &bytes) {
            return Err(Error::failed_with_hint(
                format_args!("`{path}` must not go into an image: {why}"),
                "an image is handed on: what is the school's own stays in its site",
            ));
        }
        self.add(path, Entry::File { mode, bytes })
    }

    /// Adds a folder, which others may be put into later.
    pub fn add_folder(&mut self, path: EntryPath, mode: Mode) -> Result<()> {
        self.add(path, Entry::Folder { mode })
    }

    /// Adds the folders that lead to the entries, where they are not there yet.
    pub fn add_parents(&mut self) {
        let parents: Vec<EntryPath> = self.entries.keys().flat_map(EntryPath::parents).collect();
        for parent in parents {
            self.entries.entry(parent).or_insert(Entry::Folder { mode: Mode::FOLDER });
        }
    }

    /// The entries by path, each folder before what is in it.
    pub fn iter(&self) -> impl Iterator<Item = (&EntryPath, &Entry)> {
        self.entries.iter()
    }

    /// The content of a file.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        match self.entries.get(&EntryPath(path.to_owned()))? {
            Entry::File { bytes, .. } => Some(bytes),
            Entry::Folder { .. } => None,
        }
    }

    /// What is in a folder, as a tree whose top that folder is.
    pub fn below(&self, folder: &str) -> Result<Self> {
        let mut below = Self::default();
        for (path, entry) in &self.entries {
            let Some(rest) = path.as_str().strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'))
            else {
                continue;
            };
            below.add(rest.parse()?, entry.clone())?;
        }
        Ok(below)
    }

    fn add(&mut self, path: EntryPath, entry: Entry) -> Result<()> {
        for parent in path.parents() {
            if matches!(self.entries.get(&parent), Some(Entry::File { .. })) {
                return Err(Error::failed(format_args!(
                    "`{path}` would lie within `{parent}`, which is a file"
                )));
            }
        }
        if self.entries.contains_key(&path) {
            return Err(Error::failed(format_args!("`{path}` is in the image twice")));
        }
        self.entries.insert(path, entry);
        Ok(())
    }
}

impl EntryPath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folders that lead to it, outermost first.
    fn parents(&self) -> Vec<Self> {
        self.0.match_indices('/').map(|(end, _)| Self(self.0[..end].to_owned())).collect()
    }
}

impl FromStr for EntryPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let is_name = |part: &str| !matches!(part, "" | "." | "..");
        let is_printable = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if text.split('/').all(is_name) && is_printable {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::failed(format_args!("`{}` is not a path within an image", text.escape_debug())))
    }
}

impl fmt::Display for EntryPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl From<EntryPath> for String {
    fn from(path: EntryPath) -> Self {
        path.0
    }
}

impl TryFrom<String> for EntryPath {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl Mode {
    /// Of folders.
    pub const FOLDER: Self = Self(0o755);
    /// Of programs and shared objects: nothing in an image is ever written to.
    pub const PROGRAM: Self = Self(0o555);
    /// Of everything else.
    pub const PLAIN: Self = Self(0o444);

    /// These permission bits, if none of them lends someone else's rights (chmod(2): `S_ISUID`, `S_ISGID`, `S_ISVTX`).
    pub fn new(bits: u32) -> Result<Self> {
        if bits & !0o777 == 0 {
            return Ok(Self(bits));
        }
        Err(Error::failed(format_args!("the mode {bits:04o} has a setuid, setgid or sticky bit")))
    }

    /// The permission bits.
    pub const fn bits(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04o}", self.0)
    }
}

impl From<Mode> for String {
    fn from(mode: Mode) -> Self {
        mode.to_string()
    }
}

impl TryFrom<String> for Mode {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        let bits = u32::from_str_radix(&text, 8);
        bits.map_err(|_| Error::failed(format_args!("`{text}` is not a mode in octal"))).and_then(Self::new)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> EntryPath {
        text.parse().unwrap()
    }

    #[test]
    fn paths_that_lead_elsewhere_do_not_parse() {
        for text in ["", "/etc", "a/../b", "..", "./a", "a//b", "a/", "a\\b", "a\0", "a b", "ä"] {
            assert!(text.parse::<EntryPath>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn no_path_is_taken_twice_and_no_file_is_a_folder() {
        let mut tree = Tree::default();
        tree.add_file(path("a/b"), Mode::PLAIN, vec![]).unwrap();
        let failure = tree.add_folder(path("a/b"), Mode::FOLDER).unwrap_err();
        assert_eq!(failure.to_string(), "`a/b` is in the image twice");
        let failure = tree.add_file(path("a/b/c"), Mode::PLAIN, vec![]).unwrap_err();
        assert_eq!(failure.to_string(), "`a/b/c` would lie within `a/b`, which is a file");
    }

    #[test]
    fn parents_come_before_what_is_in_them() {
        let mut tree = Tree::default();
        tree.add_file(path("a/b/c"), Mode::PLAIN, vec![]).unwrap();
        tree.add_parents();
        let paths: Vec<&str> = tree.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["a", "a/b", "a/b/c"]);
    }

    #[test]
    fn what_is_below_a_folder_is_a_tree_of_its_own() {
        let mut tree = Tree::default();
        tree.add_file(path("rootfs/bin/sh"), Mode::PROGRAM, vec![1]).unwrap();
        tree.add_file(path("rootfs.txt"), Mode::PLAIN, vec![2]).unwrap();
        tree.add_parents();
        let below = tree.below("rootfs").unwrap();
        let paths: Vec<&str> = below.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["bin", "bin/sh"]);
    }

    #[test]
    fn secrets_are_kept_out() {
        let mut tree = Tree::default();
        let failure = tree.add_file(path("rootfs/etc/master.passwd"), Mode::PLAIN, vec![]).unwrap_err();
        assert!(
            failure.to_string().starts_with("`rootfs/etc/master.passwd` must not go into an image: "),
            "{failure}"
        );
    }

    #[test]
    fn lent_rights_are_refused() {
        for bits in [0o4755, 0o2755, 0o1777, 0o10_644] {
            assert!(Mode::new(bits).is_err());
        }
        assert_eq!(Mode::try_from("0555".to_owned()).unwrap(), Mode::PROGRAM);
        assert!(Mode::try_from("4755".to_owned()).is_err());
    }

    proptest! {
        #[test]
        fn whatever_parses_stays_below_the_top(text in "[a/.\\\\ ]{0,8}") {
            if let Ok(path) = text.parse::<EntryPath>() {
                let inside = std::path::Path::new(path.as_str());
                prop_assert!(inside.components().all(|part| matches!(part, std::path::Component::Normal(_))));
            }
        }
    }
}
