//! A base that was locked and has changed since: `make` refuses it until somebody says that it is right.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod support;

use std::{fs, path::Path, process::Output};

use specimen::Specimen;
use support::{jailbuild, said};

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../src/elf/specimen.rs"]
mod specimen;

const TARGET: &str = "x86_64-unknown-freebsd";

fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// A daemon that needs one library, and a folder that has it.
fn lay_out(folder: &Path) {
    let daemon = Specimen::freebsd().interpreter("/libexec/ld-elf.so.1").needs(&["libc.so.7"]);
    write(&folder.join("xmppd"), &daemon.bytes());
    write(&folder.join("base/bin/freebsd-version"), b"USERLAND_VERSION=\"15.1-STAND-IN\"\n");
    for path in ["base/libexec/ld-elf.so.1", "base/lib/libc.so.7", "base/lib/libsys.so.7"] {
        write(&folder.join(path), &Specimen::freebsd().bytes());
    }
}

fn run(folder: &Path, verb: &[&str]) -> Output {
    let ingredients = ["--target", TARGET, "--base", "./base", "--daemon", "xmppd"];
    jailbuild(folder).args(verb).args(ingredients).output().unwrap()
}

#[test]
fn a_base_that_changed_is_refused_until_it_is_locked_anew() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lay_out(folder);
    let image = folder.join("dist").join(format!("schoolchat-{}-{TARGET}.tar.gz", env!("CARGO_PKG_VERSION")));

    let planned = run(folder, &["lock", "--dry-run"]);
    assert!(said(&planned).contains("+ /lib/libc.so.7 "), "{}", said(&planned));
    assert!(!folder.join("jailbuild.lock").exists());
    assert_eq!(run(folder, &["lock"]).status.code(), Some(0));
    assert!(said(&run(folder, &["lock"])).contains("is as it was locked"));

    write(&folder.join("base/lib/libc.so.7"), &Specimen::freebsd().needs(&[]).run_path("/evil").bytes());
    let refused = run(folder, &["--json", "make", "--no-start"]);
    assert_eq!(refused.status.code(), Some(5), "{}", said(&refused));
    assert!(said(&refused).contains("`/lib/libc.so.7` has the SHA-256 digest"), "{}", said(&refused));
    assert!(!image.exists());

    let changed = run(folder, &["lock"]);
    assert!(said(&changed).contains("\n- /lib/libc.so.7 "), "{}", said(&changed));
    let made = run(folder, &["make", "--no-start"]);
    assert_eq!(made.status.code(), Some(4), "{}", said(&made));
    assert!(said(&made).contains("does not say which crates are in it"), "{}", said(&made));
    assert!(image.exists());
}
