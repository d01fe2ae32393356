//! What is trusted, and what is refused: a base that has changed since it was locked, an image of a signer whom nobody here knows.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::Value;

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

/// Where `make` leaves an image.
fn image_in(folder: &Path) -> PathBuf {
    folder.join("dist").join(format!("schoolchat-{}-{TARGET}.tar.gz", env!("CARGO_PKG_VERSION")))
}

#[test]
fn a_base_that_changed_is_refused_until_it_is_locked_anew() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    lay_out(folder);
    let image = image_in(folder);

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

#[test]
fn a_strangers_image_is_taken_for_what_it_is_until_somebody_is_trusted() {
    let [stranger, here] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    lay_out(stranger.path());
    assert_eq!(run(stranger.path(), &["make", "--no-start"]).status.code(), Some(4));
    let verify = |options: &[&str]| {
        let mut command = jailbuild(here.path());
        command.args(["verify", "--json", "--no-start"]).arg(image_in(stranger.path())).args(options);
        command.output().unwrap()
    };
    let key = stranger.path().join("example-site/signing/id_ed25519.pub");
    let signers = here.path().join("signers");
    write(
        &signers,
        format!("north namespaces=\"jailbuild\" {}", fs::read_to_string(&key).unwrap()).as_bytes(),
    );

    let mut own = jailbuild(stranger.path());
    let own = own.args(["inspect", "--json"]).arg(image_in(stranger.path())).output().unwrap();
    let description: Value = serde_json::from_slice(&own.stdout).unwrap();
    assert_eq!(description["signer"]["trusted"], true, "one's own key needs no option");

    let unknown = verify(&[]);
    assert_eq!(unknown.status.code(), Some(4), "{}", said(&unknown));
    let proof: Value = serde_json::from_slice(&unknown.stdout).unwrap();
    assert_eq!(proof["image"]["signer_trusted"], false);
    let fingerprint = proof["image"]["signer"].as_str().unwrap();
    let refused = verify(&["--strict"]);
    assert_eq!(refused.status.code(), Some(5), "{}", said(&refused));
    assert!(said(&refused).contains(&format!("`--trust-this {fingerprint}`")), "{}", said(&refused));

    for trust in [["--trust-this", fingerprint], ["--trust", signers.to_str().unwrap()]] {
        let proof: Value = serde_json::from_slice(&verify(&trust).stdout).unwrap();
        assert_eq!(proof["image"]["signer_trusted"], true, "{trust:?}");
    }
    let another = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
    assert_eq!(verify(&["--trust-this", another]).status.code(), Some(5));
}
