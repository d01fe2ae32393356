//! A real cross build for FreeBSD, and an image of it over a base that stands in for a release.
//!
//! It takes minutes, so it is done where `CI` is set, and said to be skipped elsewhere.

#![allow(clippy::unwrap_used, reason = "a test may stop at once")]

use std::{
    env,
    path::{Path, PathBuf},
};

use jailbuild::{
    base::Archive,
    daemon::Build,
    digest::Sha256,
    image::{self, Image, Ingredients, SigningKey},
    pkg_list::Flavour,
    target::{Machine, System, Target},
};
use liblzma::write::XzEncoder;
use specimen::Specimen;

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
    std::fs::write(&path, &bytes).unwrap();
    (path, Sha256::of(&bytes))
}

#[test]
fn a_freebsd_image_is_made_on_this_machine() {
    if env::var_os("CI").is_none() {
        println!("skipped: it takes minutes; set `CI` to have it done");
        return;
    }
    let daemon = Build::here(TARGET).unwrap().run().unwrap();
    assert!(
        daemon.binary.freebsd && daemon.binary.freebsd_version.is_some_and(|version| version >= 1_400_000)
    );
    assert_eq!(daemon.binary.interpreter.as_deref(), Some(Path::new("/libexec/ld-elf.so.1")));
    assert!(
        daemon.binary.needed.iter().all(|name| LIBRARIES.contains(&name.as_str())),
        "{:?}",
        daemon.binary.needed
    );
    assert!(daemon.binary.position_independent && daemon.binary.relro && daemon.binary.bind_now);

    let folder = tempfile::tempdir().unwrap();
    let (path, digest) = stand_in_base(folder.path());
    let base = Archive::open(&path, TARGET, Some(digest)).unwrap();
    let list = Flavour::Minimal.list().unwrap();
    let flavour = Flavour::Minimal;
    let assembled =
        image::assemble(Ingredients { daemon: &daemon, base: &base, flavour, list: &list, extras: vec![] })
            .unwrap();
    let key = SigningKey::of_folder(&folder.path().join("signing")).unwrap();
    let written = image::write(&assembled, &folder.path().join("dist"), &key).unwrap();

    let image = Image::open(&written.archive, &[key.public().clone()]).unwrap();
    assert!(image.signer.trusted);
    for path in [
        "rootfs/usr/local/sbin/xmppd",
        "rootfs/libexec/ld-elf.so.1",
        "rootfs/lib/libc.so.7",
        "rootfs/lib/libsys.so.7",
    ] {
        assert!(image.tree.file(path).is_some(), "{path}");
    }
}
