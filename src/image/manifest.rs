//! `manifest.json`: what an image says about itself, and by which it is checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::tree::{Entry, EntryPath, Mode, Tree};
use crate::{
    base::Provenance,
    daemon::{BuildInputs, SourceDateEpoch},
    digest::Sha256,
    error::{Context as _, Error, Result},
    pkg_list::Flavour,
    policy::SERVER_TO_SERVER,
    target::Target,
};

/// Where the manifest lies in an image. It is the one file that it does not list.
pub const MANIFEST: &str = "manifest.json";

/// The version of the images that this program makes: its own.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The version of the format that this program reads and writes.
const FORMAT: u32 = 1;

/// What is in an image, and what it was made from.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// The version of this format.
    pub format: u32,
    /// `schoolchat`, or `schoolchat-debug`.
    pub name: String,
    /// The version of `jailbuild` and of the daemon.
    pub version: String,
    /// What it runs on.
    pub target: Target,
    /// How much was put in.
    pub flavour: Flavour,
    /// Where the base files came from.
    pub base: Provenance,
    /// What the network may do, whatever its addresses will be.
    pub network: Network,
    /// What the daemon was made from.
    pub build: BuildInputs,
    /// The time of every entry.
    pub source_date_epoch: SourceDateEpoch,
    /// Every folder, with its permissions.
    pub folders: BTreeMap<EntryPath, Mode>,
    /// Every file but the manifest.
    pub files: BTreeMap<EntryPath, File>,
}

/// A file of an image.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The digest of its content.
    pub sha256: Sha256,
    /// Its length in bytes.
    pub size: u64,
    /// Its permissions.
    pub mode: Mode,
    /// Why it is there.
    pub why: String,
}

/// The facts of the network policy that hold for every school; addresses come with the site.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Network {
    /// The TCP ports that clients on the school's network reach: STARTTLS and direct TLS.
    pub open_from_lan: Vec<u16>,
    /// The ports dropped in both directions: server-to-server.
    pub blocked_both_ways: Vec<u16>,
    /// The networks beyond the school's own that the jail has a route to: none.
    pub routes_out: Vec<String>,
}

impl Network {
    /// The policy of every image.
    pub fn closed() -> Self {
        Self {
            open_from_lan: vec![5222, 5223],
            blocked_both_ways: vec![SERVER_TO_SERVER],
            routes_out: Vec::new(),
        }
    }
}

/// What a manifest says besides the list of entries.
#[derive(Clone, Debug)]
pub struct Description {
    /// What it runs on.
    pub target: Target,
    /// How much was put in.
    pub flavour: Flavour,
    /// Where the base files came from.
    pub base: Provenance,
    /// What the daemon was made from.
    pub build: BuildInputs,
    /// The time of every entry.
    pub source_date_epoch: SourceDateEpoch,
}

/// The name of an image's file: `NAME-VERSION-TARGET.tar.gz`.
pub fn file_name(name: &str, version: &str, target: Target) -> String {
    format!("{name}-{version}-{target}.tar.gz")
}

impl Manifest {
    /// The manifest of a tree that is complete but for the manifest itself. `reasons` says why files are there.
    pub fn of(description: Description, tree: &Tree, reasons: &BTreeMap<EntryPath, String>) -> Self {
        let mut folders = BTreeMap::new();
        let mut files = BTreeMap::new();
        for (path, entry) in tree.iter() {
            match entry {
                Entry::Folder { mode } => drop(folders.insert(path.clone(), *mode)),
                Entry::File { mode, bytes } => {
                    let why = reasons.get(path).cloned().unwrap_or_default();
                    let file = File { sha256: Sha256::of(bytes), size: bytes.len() as u64, mode: *mode, why };
                    files.insert(path.clone(), file);
                }
            }
        }
        Self {
            format: FORMAT,
            name: description.flavour.image_name().to_owned(),
            version: VERSION.to_owned(),
            target: description.target,
            flavour: description.flavour,
            base: description.base,
            network: Network::closed(),
            build: description.build,
            source_date_epoch: description.source_date_epoch,
            folders,
            files,
        }
    }

    /// Reads a manifest, if it is in this program's format.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Versioned {
            format: u32,
        }
        let Versioned { format } = serde_json::from_slice(bytes).doing("read `manifest.json`")?;
        if format != FORMAT {
            return Err(Error::failed_with_hint(
                format_args!("the image's format is {format}, but this program reads {FORMAT}"),
                "use the version of jailbuild that the image came with, or a later one",
            ));
        }
        serde_json::from_slice(bytes).doing("read `manifest.json`")
    }

    /// The manifest as it stands in the image.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let mut json = serde_json::to_vec_pretty(self).doing("write `manifest.json`")?;
        json.push(b'\n');
        Ok(json)
    }

    /// The name of the image's file: `NAME-VERSION-TARGET.tar.gz`.
    pub fn file_name(&self) -> String {
        file_name(&self.name, &self.version, self.target)
    }

    /// Whether a tree is exactly what this manifest says, to the last entry and byte. The error names the first difference.
    pub fn check(&self, tree: &Tree) -> Result<()> {
        let mut entries = 0;
        for (path, entry) in tree.iter().filter(|(path, _)| path.as_str() != MANIFEST) {
            entries += 1;
            let difference = match entry {
                Entry::Folder { mode } => self.folder_difference(path, *mode),
                Entry::File { mode, bytes } => self.file_difference(path, *mode, bytes),
            };
            if let Some(difference) = difference {
                return Err(Error::failed(format_args!("`{path}` {difference}")));
            }
        }
        if entries == self.folders.len() + self.files.len() {
            return Ok(());
        }
        let absent = |path: &&EntryPath| !tree.iter().any(|(present, _)| present == *path);
        let missing = self.folders.keys().chain(self.files.keys()).find(absent);
        Err(Error::failed(match missing {
            Some(path) => format!("`{path}` is in the manifest, but not in the archive"),
            None => "the manifest lists an entry both as a folder and as a file".to_owned(),
        }))
    }

    fn folder_difference(&self, path: &EntryPath, mode: Mode) -> Option<String> {
        match self.folders.get(path) {
            None => Some("is a folder in the archive, but not in the manifest".to_owned()),
            Some(expected) if *expected != mode => {
                Some(format!("has the mode {mode}, but {expected} in the manifest"))
            }
            Some(_) => None,
        }
    }

    fn file_difference(&self, path: &EntryPath, mode: Mode, bytes: &[u8]) -> Option<String> {
        let Some(expected) = self.files.get(path) else {
            return Some("is a file in the archive, but not in the manifest".to_owned());
        };
        let found = Sha256::of(bytes);
        if expected.mode != mode {
            return Some(format!("has the mode {mode}, but {} in the manifest", expected.mode));
        }
        if expected.sha256 != found {
            return Some(format!("has the SHA-256 digest {found}, but {} in the manifest", expected.sha256));
        }
        (expected.size != bytes.len() as u64)
            .then(|| format!("has {} bytes, but {} in the manifest", bytes.len(), expected.size))
    }
}
