//! A small FreeBSD image over a base of three files, for tests.

use std::path::Path;

use tempfile::TempDir;

use super::{Assembled, Extra, Ingredients, Mode, SigningKey, Written, assemble, write};
use crate::{
    base::{Base, Folder, Kind},
    daemon::{BuildInputs, Crate, Daemon, Origin, SourceDateEpoch},
    digest::Sha256,
    elf::{Binary, specimen::Specimen},
    error::Result,
    host::file,
    pkg_list::{Flavour, PkgList},
};

pub(crate) fn daemon() -> Daemon {
    let bytes = Specimen::freebsd().interpreter("/libexec/ld-elf.so.1").needs(&["libc.so.7"]).bytes();
    Daemon {
        binary: Binary::parse(&bytes).unwrap(),
        bytes,
        target: "x86_64-unknown-freebsd".parse().unwrap(),
        build: BuildInputs::Workspace {
            rustc: "rustc 1.95.0".into(),
            cc: None,
            zig: Some("0.16.0".into()),
            builds_std: true,
            cargo_lock: Sha256::of(b"lock"),
            profile: "appliance".into(),
        },
        crates: Some(crates()),
        source_date_epoch: SourceDateEpoch::default(),
    }
}

/// A daemon that uses one crate.
pub(crate) fn crates() -> Vec<Crate> {
    let ring = Crate {
        name: "ring".into(),
        version: "0.17.14".into(),
        origin: Origin::CratesIo,
        license: Some("Apache-2.0 AND ISC".into()),
        sha256: Some(Sha256::of(b"ring")),
        dependencies: Vec::new(),
        root: false,
    };
    let xmppd = Crate {
        name: "xmppd".into(),
        version: "0.1.0".into(),
        origin: Origin::Local,
        license: Some("MIT".into()),
        sha256: None,
        dependencies: vec![0],
        root: true,
    };
    vec![ring, xmppd]
}

/// A base with a shell whose mode is the test's choice.
pub(crate) fn base(shell_mode: u32) -> (TempDir, Folder) {
    let folder = tempfile::tempdir().unwrap();
    let add = |path: &str, bytes: &[u8], mode| file::write(&folder.path().join(path), bytes, mode).unwrap();
    let library = Specimen::freebsd().bytes();
    add("bin/freebsd-version", b"USERLAND_VERSION=\"14.3-RELEASE\"\n", 0o755);
    add(
        "bin/sh",
        &Specimen::freebsd().interpreter("/libexec/ld-elf.so.1").needs(&["libedit.so.8"]).bytes(),
        shell_mode,
    );
    add("lib/libc.so.7", &library, 0o644);
    add("lib/libedit.so.8", &library, 0o644);
    add("libexec/ld-elf.so.1", &library, 0o755);
    let base = Folder::open(folder.path(), Kind::Folder).unwrap();
    (folder, base)
}

pub(crate) fn extra(path: &str, bytes: &[u8]) -> Extra {
    Extra {
        path: path.parse().unwrap(),
        mode: Mode::PLAIN,
        bytes: bytes.to_vec(),
        why: "a test wants it".into(),
    }
}

pub(crate) fn assembled(base: &dyn Base, list: &str, extras: Vec<Extra>) -> Result<Assembled> {
    let list = PkgList::parse("test.list", list).unwrap();
    assemble(Ingredients { daemon: &daemon(), base, flavour: Flavour::Minimal, list: &list, extras })
}

pub(crate) fn minimal() -> Assembled {
    let (_folder, base) = base(0o755);
    assembled(
        &base,
        "",
        vec![extra("host/jail.conf", b"template\n"), extra("HANDOVER.md", b"# Hand it over\n")],
    )
    .unwrap()
}

/// The minimal image on disk, and the key that signed it.
pub(crate) fn written(folder: &Path) -> (Written, SigningKey) {
    let key = SigningKey::of_folder(&folder.join("signing")).unwrap();
    (write(&minimal(), &folder.join("dist"), &key).unwrap(), key)
}
