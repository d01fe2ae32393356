//! File descriptors that came with the process.

use std::{fs, os::fd::RawFd};

use crate::error::{Context as _, Result};

/// Closes every file descriptor above standard error. To be called first of all in a process, before it opens any:
/// what is open then was passed on by mistake, and would be passed on into the appliance.
pub fn close_inherited() -> Result<()> {
    let listing = fs::read_dir("/proc/self/fd").doing("list the open file descriptors")?;
    let inherited: Vec<RawFd> = listing
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|descriptor| *descriptor > 2)
        .collect();
    for descriptor in inherited {
        // The listing's own is among them, and closed by now: that it fails is as good.
        let _ = nix::unistd::close(descriptor);
    }
    Ok(())
}
