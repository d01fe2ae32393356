//! A FreeBSD image in the OCI layout, judged by skopeo and umoci; and what `export` and `inspect` say of it from outside.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use jailbuild::host::command;
use serde_json::Value;
use specimen::Specimen;
use support::{jailbuild, said, skipped};

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../src/elf/specimen.rs"]
mod specimen;

/// A base of a loader and a library, and a daemon that needs it.
fn ingredients(folder: &Path) {
    let write = |path: &str, bytes: &[u8]| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    write("base/bin/freebsd-version", b"USERLAND_VERSION=\"15.1-RELEASE\"\n");
    write("base/lib/libsys.so.7", &Specimen::freebsd().bytes());
    write("base/libexec/ld-elf.so.1", &Specimen::freebsd().bytes());
    write("xmppd", &Specimen::freebsd().interpreter("/libexec/ld-elf.so.1").bytes());
}

/// Makes the image, also as `oci`; returns its path.
fn made(folder: &Path) -> PathBuf {
    ingredients(folder);
    let made = jailbuild(folder)
        .args(["make", "--target", "x86_64-unknown-freebsd", "--daemon", "xmppd", "--base", "./base"])
        .args(["--format", "oci", "--format", "jail"])
        .output()
        .unwrap();
    assert!(made.status.code() == Some(4), "made, but not started here: {}", said(&made));
    let images = fs::read_dir(folder.join("dist")).unwrap().map(|entry| entry.unwrap().path());
    images.into_iter().find(|path| path.extension().is_some_and(|end| end == "gz")).unwrap()
}

#[test]
fn make_and_export_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let image = made(folder.path());
    let exported = jailbuild(folder.path())
        .args(["export", "--json", "--format", "oci", "--out", "exported"])
        .arg(&image)
        .output()
        .unwrap();
    assert!(exported.status.success(), "{}", said(&exported));
    let exported: Value = serde_json::from_slice(&exported.stdout).unwrap();
    let path = folder.path().join(exported["wrapped"][0]["path"].as_str().unwrap());
    let by_make = folder.path().join("dist").join(path.file_name().unwrap());
    assert!(fs::read(path).unwrap() == fs::read(by_make).unwrap());
}

#[test]
fn the_bill_of_materials_comes_out_as_it_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let image = made(folder.path());
    let inspect = |arguments: &[&str]| {
        let inspected = jailbuild(folder.path()).arg("inspect").arg(&image).args(arguments).output().unwrap();
        assert!(inspected.status.success(), "{}", said(&inspected));
        inspected.stdout
    };
    let sbom = inspect(&["--sbom"]);
    assert_eq!(sbom, inspect(&["--sbom", "--json"]));
    assert_eq!(serde_json::from_slice::<Value>(&sbom).unwrap()["bomFormat"], "CycloneDX");

    let same = inspect(&["--diff", image.to_str().unwrap()]);
    assert!(String::from_utf8(same).unwrap().starts_with("the same image, byte for byte"));
}

#[test]
fn skopeo_and_umoci_find_the_root_file_system_of_the_image() {
    if let Some(missing) = ["skopeo", "umoci"].into_iter().find(|name| command::find(name).is_none()) {
        skipped(&format!("no `{missing}`: `apt-get install skopeo umoci`"));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let image = made(folder.path());
    let checked = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oci.sh"))
        .arg(env!("CARGO_BIN_EXE_jailbuild"))
        .arg(&image)
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", said(&checked));

    let archive = image.to_str().unwrap().replace(".tar.gz", ".oci.tar");
    let source = format!("oci-archive:{archive}");
    let config = Command::new("skopeo").args(["inspect", "--config", &source]).output().unwrap();
    let config: Value = serde_json::from_slice(&config.stdout).unwrap();
    assert_eq!((&config["os"], &config["architecture"]), (&"freebsd".into(), &"amd64".into()));
    assert_eq!(config["config"]["Entrypoint"][0], "/usr/local/sbin/xmppd");
    let raw = Command::new("skopeo").args(["inspect", "--raw", &source]).output().unwrap();
    let manifest: Value = serde_json::from_slice(&raw.stdout).unwrap();
    assert_eq!(manifest["annotations"]["org.freebsd.jail.vnet"], "new");
}
