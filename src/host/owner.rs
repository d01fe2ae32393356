//! Who owns files.

use std::{fs, os::unix::fs::lchown, path::Path};

use crate::error::{Context as _, Result};

/// Gives a file, or a folder with all that is in it, to a user and group. Symbolic links are given, not followed.
pub fn give(path: &Path, uid: u32, gid: u32) -> Result<()> {
    lchown(path, Some(uid), Some(gid)).doing_to("change the owner of", path)?;
    if !path.symlink_metadata().doing_to("look at", path)?.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(path).doing_to("read", path)? {
        give(&entry.doing_to("read", path)?.path(), uid, gid)?;
    }
    Ok(())
}
