//! Folders that the daemon can write to, opened so that a hostile one cannot lead astray who looks, most often root:
//! no link is followed, no pipe waited for, and what was opened is what is read, whatever its name stands for by then.

use std::{
    ffi::CStr,
    fs::File,
    os::fd::{AsFd, BorrowedFd},
    path::Path,
};

use nix::{
    NixPath,
    dir::Dir,
    errno::Errno,
    fcntl::{AT_FDCWD, OFlag, openat},
    sys::stat::{Mode, SFlag, fstat},
};

/// What a name stood for when it was opened.
pub(super) enum Untrusted {
    /// A regular file.
    File(File),
    /// A folder.
    Folder(Dir),
    /// A link, a pipe, a socket or a device; or nothing any more.
    Other,
}

impl Untrusted {
    /// Opens a file or folder by its path; only its last component is not trusted.
    pub(super) fn open(path: &Path) -> nix::Result<Self> {
        Self::open_at(AT_FDCWD, path)
    }

    /// Opens one of the names in a folder that is open.
    pub(super) fn open_in(folder: &Dir, name: &CStr) -> nix::Result<Self> {
        Self::open_at(folder.as_fd(), name)
    }

    fn open_at(folder: BorrowedFd, name: &(impl NixPath + ?Sized)) -> nix::Result<Self> {
        // open(2): without `O_NONBLOCK` a pipe would make us wait for someone to write into it.
        let flags =
            OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let handle = match openat(folder, name, flags, Mode::empty()) {
            Ok(handle) => handle,
            // Gone, such as a journal; a link (`EMLINK` on FreeBSD); a socket (`EOPNOTSUPP` there).
            Err(Errno::ENOENT | Errno::ELOOP | Errno::EMLINK | Errno::ENXIO | Errno::EOPNOTSUPP) => {
                return Ok(Self::Other);
            }
            Err(error) => return Err(error),
        };
        let kind = SFlag::from_bits_truncate(fstat(&handle)?.st_mode) & SFlag::S_IFMT;
        Ok(match kind {
            SFlag::S_IFREG => Self::File(handle.into()),
            SFlag::S_IFDIR => Self::Folder(Dir::from_fd(handle)?),
            _ => Self::Other,
        })
    }
}
