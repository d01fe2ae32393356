//! The only effects: commands, files, mounts, namespaces.
//!
//! What changes a host for good goes through a [`Host`], so that the whole of it can be recorded and tried on one that
//! is not real.

pub mod command;
#[cfg(target_os = "linux")]
pub mod descriptors;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
pub(crate) mod double;
pub mod file;
#[cfg(target_os = "linux")]
pub mod links;
#[cfg(target_os = "linux")]
pub mod mounts;
#[cfg(target_os = "linux")]
pub mod namespaces;
pub mod owner;
#[cfg(target_os = "linux")]
pub mod privileges;
pub mod terminal;
mod this;

use std::{
    fs::File,
    path::{Path, PathBuf},
};

pub use this::ThisHost;

use self::command::{Command, Output};
use crate::error::{Error, Result};

/// A host: its commands and its files. In tests, one that records what is done to it and is not real.
///
/// Each act is whole or did not happen: whoever is ended between two of them can go on, or undo, from what is there. What was
/// done to files is on the disk when the act is over, so that a power failure ends things in the order in which they were done.
pub trait Host: Send + Sync {
    /// Runs a command to its end, whatever that end is.
    fn output(&self, command: &Command) -> Result<Output>;

    /// Waits a second, for something to happen that was asked for.
    fn pause(&self);

    /// What is at this path, links not followed; `None` where there is nothing.
    fn look(&self, path: &Path) -> Result<Option<Found>>;

    /// The content of a file; `None` where there is none.
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>>;

    /// The names in a folder, sorted; none where there is no such folder.
    fn names(&self, folder: &Path) -> Result<Vec<String>>;

    /// Makes a file appear whole, with this mode, also where there was another. Its folder is made where there is none.
    fn write(&self, path: &Path, content: &[u8], mode: u32) -> Result<()>;

    /// Ensures that there is a folder with this mode, whatever its mode was.
    fn create_folder(&self, path: &Path, mode: u32) -> Result<()>;

    /// Makes a symbolic link to `target`, also where there was one to something else.
    fn link(&self, path: &Path, target: &Path) -> Result<()>;

    /// Gives a file or a folder another name, where there is none of that name. All that is in it is on the disk by then.
    fn rename(&self, from: &Path, to: &Path) -> Result<()>;

    /// Removes a file, a link, or a folder with all that is in it; nothing may be there.
    fn remove(&self, path: &Path) -> Result<()>;

    /// Waits until nobody else holds this folder, and holds it until the result is dropped.
    fn hold(&self, folder: &Path) -> Result<File>;

    /// Runs a command that must succeed, and takes what it printed, without the white space around it.
    fn ask(&self, command: &Command) -> Result<String> {
        let output = self.output(command)?;
        if output.code == Some(0) {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(Error::failed(format_args!("`{command}` failed: {}", complaint.trim())))
    }

    /// The text of a file; `None` where there is none.
    fn text(&self, path: &Path) -> Result<Option<String>> {
        Ok(self.read(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// What is at a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Found {
    /// A file, or something else that is neither of the others.
    File {
        /// Its permission bits, setuid and its kin included.
        mode: u32,
    },
    /// A folder.
    Folder {
        /// Its permission bits.
        mode: u32,
    },
    /// A symbolic link.
    Link {
        /// Where it points to, as it says.
        target: PathBuf,
    },
}
