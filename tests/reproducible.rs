//! Two builds from two folders, at two times, for two schools and under another administrator's settings of cargo, give the same bytes,
//! daemon included.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod support;

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use support::{jailbuild, said};

/// What an image is made from, and what cargo wants to find of the rest.
const SOURCES: [&str; 11] = [
    "Cargo.lock",
    "Cargo.toml",
    "bench",
    "control",
    "jail-templates",
    "pkg-lists",
    "rc.d",
    "src",
    "tests",
    "texts",
    "xmppd",
];

/// Settings of cargo under which the daemon would be another, if they counted.
const HOSTILE: &str = "[build]\nrustflags = [\"-Cforce-frame-pointers\"]\nrustc-wrapper = \"/nonexistent\"\n\
    [profile.appliance]\nopt-level = 0\nstrip = false\n";

#[test]
fn the_same_source_gives_the_same_bytes() {
    let folders = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "another/folder, deeper"].map(|name| folders.path().join(name));
    // Both first: the sources may change while the daemon is built.
    for folder in [&one, &other] {
        for source in SOURCES {
            copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(source), &folder.join(source));
        }
    }
    write(&folders.path().join("another/.cargo/config.toml"), HOSTILE);
    let own = cargo_home();
    let one = make(&one, "north.example", &own);
    let other = make(&other, "south.example", &hostile_home(&folders.path().join("another/home"), &own));
    assert_eq!(one.file_name(), other.file_name());
    let (one, other) = (fs::read(one).unwrap(), fs::read(other).unwrap());
    assert!(one == other, "the two images differ: {} and {} bytes", one.len(), other.len());
}

/// Builds daemon and image in a copy of the sources, and returns the image's path.
fn make(folder: &Path, domain: &str, cargo_home: &Path) -> PathBuf {
    let init = jailbuild(folder).args(["init", "--domain", domain]).output().unwrap();
    assert!(init.status.success(), "{}", said(&init));
    let made = jailbuild(folder).args(["make", "--no-start"]).env("CARGO_HOME", cargo_home).output().unwrap();
    assert_eq!(made.status.code(), Some(4), "made, but not started: {}", said(&made));
    let mut images = fs::read_dir(folder.join("dist")).unwrap().map(|entry| entry.unwrap().path());
    images.find(|path| path.extension().is_some_and(|end| end == "gz")).unwrap()
}

fn cargo_home() -> PathBuf {
    let home = || Path::new(&env::var_os("HOME").unwrap()).join(".cargo");
    env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

/// Another administrator's cargo, who has downloaded the same crates but has settings.
fn hostile_home(home: &Path, own: &Path) -> PathBuf {
    write(&home.join("config.toml"), HOSTILE);
    symlink(own.join("registry"), home.join("registry")).unwrap();
    home.to_owned()
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
}
