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
    cached_in(&cache_folder()?, known)
}

/// Ensures that a release's base.txz is in the cache, and is the right one. Returns where, and whether it was downloaded now.
pub fn fetch(known: &KnownArchive) -> Result<(PathBuf, bool)> {
    fetch_into(&cache_folder()?, known, download)
}

fn cached_in(folder: &Path, known: &KnownArchive) -> Result<PathBuf> {
    let path = folder.join(known.file_name());
    if path.is_file() {
        return Ok(path);
    }
    Err(Error::host(
        format_args!("the base of FreeBSD {} is not in the cache", known.release),
        format_args!("run `jailbuild base fetch {}`, or {}", known.release, by_hand(known, &path)),
    ))
}

fn fetch_into(
    folder: &Path,
    known: &KnownArchive,
    download: impl FnOnce(&str, &Path) -> Result<()>,
) -> Result<(PathBuf, bool)> {
    let path = folder.join(known.file_name());
    if path.is_file() && digest(&path)? == known.sha256 {
        return Ok((path, false));
    }
    file::create_folder(folder, 0o755)?;
    let draft =
        tempfile::Builder::new().prefix(".fetch-").tempfile_in(folder).doing_to("write into", folder)?;
    download(&known.url(), draft.path()).map_err(|failure| {
        Error::host(format_args!("cannot download {}: {failure}", known.url()), by_hand(known, &path))
    })?;
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

fn download(url: &str, into: &Path) -> Result<()> {
    let downloader = downloader(url, into).ok_or_else(|| {
        Error::host("there is no fetch(1), curl or wget to download with", "install one of them")
    })?;
    downloader.run().map(drop)
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::{base::known_archives, target::Machine};

    fn known() -> KnownArchive {
        let release = "15.1".parse().unwrap();
        KnownArchive { machine: Machine::X86_64, release, sha256: Sha256::of(b"the base") }
    }

    fn files(folder: &Path) -> Vec<String> {
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn what_is_downloaded_is_kept_if_it_is_right_and_not_downloaded_again() {
        let cache = tempfile::tempdir().unwrap();
        let (path, downloaded) = fetch_into(cache.path(), &known(), |url, into| {
            assert_eq!(url, "https://download.freebsd.org/releases/amd64/amd64/15.1-RELEASE/base.txz");
            file::write(into, b"the base", 0o600)
        })
        .unwrap();
        assert!(downloaded);
        assert_eq!(cached_in(cache.path(), &known()).unwrap(), path);
        let again = fetch_into(cache.path(), &known(), |_, _| panic!("downloaded again")).unwrap();
        assert_eq!(again, (path, false));
    }

    #[test]
    fn nothing_is_kept_of_what_has_another_digest() {
        let cache = tempfile::tempdir().unwrap();
        let failure =
            fetch_into(cache.path(), &known(), |_, into| file::write(into, b"another", 0o600)).unwrap_err();
        assert_eq!(failure.exit_code(), 5);
        assert!(files(cache.path()).is_empty());
    }

    #[test]
    fn without_a_network_one_is_told_how_to_do_it_by_hand() {
        let cache = tempfile::tempdir().unwrap();
        let path = cache.path().join("base-15.1-RELEASE-amd64-amd64.txz");
        let by_hand = format!(
            "download https://download.freebsd.org/releases/amd64/amd64/15.1-RELEASE/base.txz on a machine with a network \
             and put it at `{}`",
            path.display()
        );
        let failure =
            fetch_into(cache.path(), &known(), |_, _| Err(Error::failed("no route to host"))).unwrap_err();
        let Error::Host { what, hint } = failure else { panic!("{failure}") };
        assert!(what.ends_with("base.txz: no route to host"), "{what}");
        assert_eq!(hint, by_hand);
        assert!(files(cache.path()).is_empty());

        let Error::Host { hint, .. } = cached_in(cache.path(), &known_archives()[4]).unwrap_err() else {
            panic!()
        };
        assert_eq!(hint, format!("run `jailbuild base fetch 15.1`, or {by_hand}"));
    }
}
