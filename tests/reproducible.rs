//! Two builds from two folders, at two times, for two schools, give the same bytes, daemon included.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use support::{jailbuild, said};

/// What an image is made from. The rest of the project must not matter.
const SOURCES: [&str; 9] =
    ["Cargo.lock", "Cargo.toml", "bench", "build.rs", "jail-templates", "pkg-lists", "rc.d", "src", "xmppd"];

#[test]
fn the_same_source_gives_the_same_bytes() {
    let folders = tempfile::tempdir().unwrap();
    let one = make(&folders.path().join("one"), "north.example");
    let other = make(&folders.path().join("another/folder, deeper"), "south.example");
    assert_eq!(one.file_name(), other.file_name());
    let (one, other) = (fs::read(one).unwrap(), fs::read(other).unwrap());
    assert!(one == other, "the two images differ: {} and {} bytes", one.len(), other.len());
}

/// Builds daemon and image in a copy of the sources, and returns the image's path.
fn make(folder: &Path, domain: &str) -> PathBuf {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    for source in SOURCES {
        copy(&project.join(source), &folder.join(source));
    }
    let init = jailbuild(folder).args(["init", "--domain", domain]).output().unwrap();
    assert!(init.status.success(), "{}", said(&init));
    let made = jailbuild(folder).args(["make", "--no-start"]).output().unwrap();
    assert_eq!(made.status.code(), Some(4), "made, but not started: {}", said(&made));
    let mut images = fs::read_dir(folder.join("dist")).unwrap().map(|entry| entry.unwrap().path());
    images.find(|path| path.extension().is_some_and(|end| end == "gz")).unwrap()
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else if from.exists() {
        fs::copy(from, to).unwrap();
    }
}
