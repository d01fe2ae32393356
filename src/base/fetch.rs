//! The cache of releases' base.txz, and how they get there.

use std::{
    env,
    fs::File,
    path::{Path, PathBuf},
};

use super::KnownArchive;
use crate::{
    digest::Sha256,
    error::{Context as _, Error, Result},
    host::{
        command::{self, Command},
        file,
    },
};

/// Where downloads are kept: `jailbuild` in `$XDG_CACHE_HOME` or, without one, in `~/.cache`.
pub fn cache_folder() -> Result<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    caches.map(|caches| caches.join("jailbuild")).ok_or_else(|| {
        Error::host(
            "there is no folder for the cache: neither `XDG_CACHE_HOME` nor `HOME` is set",
            "set one of them",
        )
    })
}

/// Where a release's base.txz lies in the cache; an error that says how to get it there, if it is not yet.
pub fn cached(known: &KnownArchive) -> Result<PathBuf> {
    let path = cache_folder()?.join(known.file_name());
    if path.is_file() {
        return Ok(path);
    }
    Err(Error::host(
        format_args!("the base of FreeBSD {} is not in the cache", known.release),
        format_args!("run `jailbuild base fetch {}`, or {}", known.release, by_hand(known, &path)),
    ))
}

/// Ensures that a release's base.txz is in the cache, and is the right one. Returns where, and whether it was downloaded now.
pub fn fetch(known: &KnownArchive) -> Result<(PathBuf, bool)> {
    let path = cache_folder()?.join(known.file_name());
    if path.is_file() && digest(&path)? == known.sha256 {
        return Ok((path, false));
    }
    let folder = cache_folder()?;
    file::create_folder(&folder, 0o755)?;
    let draft =
        tempfile::Builder::new().prefix(".fetch-").tempfile_in(&folder).doing_to("write into", &folder)?;
    download(known, draft.path(), &path)?;
    let found = digest(draft.path())?;
    if found != known.sha256 {
        return Err(Error::untrusted(
            format_args!("{} has the SHA-256 digest {found}, but {} was expected", known.url(), known.sha256),
            "nothing was kept of it: try again, from another network if it happens again",
        ));
    }
    draft.persist(&path).map_err(|failure| failure.error).doing_to("write", &path)?;
    Ok((path, true))
}

fn digest(path: &Path) -> Result<Sha256> {
    let stream = File::open(path).doing_to("open", path)?;
    Sha256::of_stream(stream).doing_to("read", path)
}

fn download(known: &KnownArchive, draft: &Path, path: &Path) -> Result<()> {
    let Some(downloader) = downloader(&known.url(), draft) else {
        return Err(Error::host(
            "there is no fetch(1), curl or wget to download with",
            format_args!("install one of them, or {}", by_hand(known, path)),
        ));
    };
    downloader.run().map(drop).map_err(|failure| {
        Error::host(
            format_args!("cannot download {}: {failure}", known.url()),
            format_args!("or {}", by_hand(known, path)),
        )
    })
}

/// The first program that is here for downloading a file.
fn downloader(url: &str, into: &Path) -> Option<Command> {
    let options: [(&str, &[&str]); 3] = [
        ("fetch", &["-q", "-o"]),
        ("curl", &["--fail", "--silent", "--show-error", "--location", "--proto", "=https", "--output"]),
        ("wget", &["--no-verbose", "--output-document"]),
    ];
    let (program, options) = options.into_iter().find(|(program, _)| command::find(program).is_some())?;
    Some(Command::new(program).args(options).arg(into).arg(url))
}

fn by_hand(known: &KnownArchive, path: &Path) -> String {
    format!("download {} on a machine with a network and put it at `{}`", known.url(), path.display())
}
