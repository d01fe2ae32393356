//! What the data takes, and what is left for it.

use std::{fs, io, path::Path};

use nix::sys::statvfs::statvfs;
use serde::Serialize;

/// The disk on which data lies.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Disk {
    /// What the data takes.
    pub data_bytes: u64,
    /// What is left on its file system.
    pub free_bytes: u64,
    /// All that its file system has.
    pub all_bytes: u64,
}

impl Disk {
    /// Looks at this folder; `None` where it cannot be looked at.
    pub fn of(data: &Path) -> Option<Self> {
        let of_file_system = statvfs(data).ok()?;
        let block = of_file_system.fragment_size();
        Some(Self {
            data_bytes: bytes_in(data).ok()?,
            free_bytes: of_file_system.blocks_available() * block,
            all_bytes: of_file_system.blocks() * block,
        })
    }

    /// How much of the file system is taken, in percent.
    pub fn used_percent(self) -> u64 {
        let used = self.all_bytes.saturating_sub(self.free_bytes);
        (used * 100).checked_div(self.all_bytes).unwrap_or(0)
    }
}

/// The length of all files together. What goes away meanwhile is not counted.
fn bytes_in(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes += match entry.metadata() {
            Ok(found) if found.is_dir() => bytes_in(&entry.path())?,
            Ok(found) => found.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(bytes)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn all_that_lies_there_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), [0; 1000]).unwrap();
        fs::create_dir(folder.path().join("uploads")).unwrap();
        fs::write(folder.path().join("uploads/b"), [0; 234]).unwrap();
        let disk = Disk::of(folder.path()).unwrap();
        assert_eq!(disk.data_bytes, 1234);
        assert!(disk.free_bytes > 0 && disk.free_bytes <= disk.all_bytes && disk.used_percent() <= 100);
        assert_eq!(Disk::of(&folder.path().join("nothing")), None);
    }

    #[test]
    fn a_disk_is_as_full_as_what_is_left_says() {
        let disk = Disk { data_bytes: 1, free_bytes: 5, all_bytes: 100 };
        assert_eq!(disk.used_percent(), 95);
        assert_eq!(Disk { all_bytes: 0, ..disk }.used_percent(), 0);
    }
}
