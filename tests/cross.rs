//! A real cross build for FreeBSD, and an image of it over a base that stands in for a release.
//!
//! It takes minutes, so it is done where `CI` is set, and said to be skipped elsewhere.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod support;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use jailbuild::{
    digest::Sha256,
    elf::Binary,
    host::ThisHost,
    image::Image,
    probe::registry,
    site::Folder,
    target::{Machine, System, Target},
    trust::{Sources, Trusted, judge},
};
use liblzma::write::XzEncoder;
use serde_json::Value;
use specimen::Specimen;
use support::{jailbuild, said, skipped};

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../src/elf/specimen.rs"]
mod specimen;

const TARGET: Target = Target::new(Machine::X86_64, System::FreeBsd);

/// All that the daemon may ask the system for.
const LIBRARIES: [&str; 3] = ["libc.so.7", "libm.so.5", "libthr.so.3"];

fn stand_in_base(folder: &Path) -> (PathBuf, Sha256) {
    let mut builder = tar::Builder::new(XzEncoder::new(Vec::new(), 1));
    let mut add = |path: &str, content: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o444);
        builder.append_data(&mut header, path, content).unwrap();
    };
    add("./bin/freebsd-version", b"USERLAND_VERSION=\"15.1-STAND-IN\"\n");
    add("./libexec/ld-elf.so.1", &Specimen::freebsd().bytes());
    add("./lib/libsys.so.7", &Specimen::freebsd().bytes());
    for library in LIBRARIES {
        add(&format!("./lib/{library}"), &Specimen::freebsd().needs(&["libsys.so.7"]).bytes());
    }
    let bytes = builder.into_inner().unwrap().finish().unwrap();
    let path = folder.join("base.txz");
    fs::write(&path, &bytes).unwrap();
    (path, Sha256::of(&bytes))
}

#[test]
fn a_freebsd_image_is_made_on_this_machine() {
    if env::var_os("CI").is_none() {
        skipped("it takes minutes; set `CI` to have it done");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (base, digest) = stand_in_base(folder.path());
    let made = jailbuild(folder.path())
        .args(["make", "--json", "--target", TARGET.triple(), "--base-sha256", &digest.to_string()])
        .arg("--base")
        .arg(&base)
        .output()
        .unwrap();
    assert_eq!(made.status.code(), Some(4), "made, but not started here: {}", said(&made));
    check_report(&serde_json::from_slice(&made.stdout).unwrap());

    let archive = fs::read_dir(folder.path().join("dist")).unwrap().map(|entry| entry.unwrap().path());
    let archive = archive.into_iter().find(|path| path.extension().is_some_and(|end| end == "gz")).unwrap();
    let keys = Folder::at(folder.path().join("example-site")).signing_public_key();
    let image = Image::open(&archive).unwrap();
    let own = Sources { own: Some(keys), ..Sources::default() };
    assert_eq!(judge(image.signer, &own, &ThisHost).unwrap(), Trusted::Own);
    for path in ["rootfs/libexec/ld-elf.so.1", "rootfs/lib/libc.so.7", "rootfs/lib/libsys.so.7"] {
        assert!(image.tree.file(path).is_some(), "{path}");
    }
    check_daemon(&Binary::parse(image.tree.file("rootfs/usr/local/sbin/xmppd").unwrap()).unwrap());
}

/// What can be looked at was, and passed; of all else the report says that it was not started here.
fn check_report(proof: &Value) {
    assert_eq!(proof["started"], false);
    let outcomes = proof["outcomes"].as_array().unwrap();
    let verdict = |outcome: &Value| outcome["verdict"].as_str().unwrap().to_owned();
    let probes = registry();
    let needs_start = |outcome: &&Value| {
        let name = outcome["probe"].as_str().unwrap();
        probes.iter().any(|probe| probe.name == name && probe.needs_start())
    };
    let (started, image): (Vec<_>, Vec<_>) = outcomes.iter().partition(needs_start);
    assert!(image.len() > 5 && image.iter().all(|outcome| verdict(outcome) == "passed"), "{image:#?}");
    for outcome in started {
        assert_eq!(verdict(outcome), "not-checked", "{outcome:#}");
        assert!(outcome["why"].as_str().unwrap().contains("not started here"), "{outcome:#}");
    }
}

fn check_daemon(daemon: &Binary) {
    assert!(daemon.freebsd && daemon.freebsd_version.is_some_and(|version| version >= 1_400_000));
    assert_eq!(daemon.interpreter.as_deref(), Some(Path::new("/libexec/ld-elf.so.1")));
    assert!(daemon.needed.iter().all(|name| LIBRARIES.contains(&name.as_str())), "{:?}", daemon.needed);
    assert!(daemon.position_independent && daemon.relro && daemon.bind_now);
}
