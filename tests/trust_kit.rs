//! The kit for devices, read by programs that had no part in making it.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod support;

use std::{fs, process::Command};

use support::{jailbuild, said, skipped};
use tempfile::TempDir;

/// Prints the certificate in a profile, as Apple's format is read by Python.
const READ_PROFILE: &str = "\
import plistlib, sys
profile = plistlib.load(open(sys.argv[1], 'rb'))
[root] = profile['PayloadContent']
assert profile['PayloadType'] == 'Configuration' and root['PayloadType'] == 'com.apple.security.root'
assert profile['PayloadVersion'] == root['PayloadVersion'] == 1
sys.stdout.buffer.write(root['PayloadContent'])
";

fn kit(languages: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let school = format!(
        "domain = \"chat.linden.example\"\norganisation = \"Lindenschule\"\nname = \"linden\"\nlanguages = [{languages}]\n"
    );
    fs::write(folder.path().join("jailbuild.toml"), school).unwrap();
    for arguments in [&["cert", "renew"][..], &["trust-kit", "--out", "kit"]] {
        let output = jailbuild(folder.path()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
    folder
}

#[test]
fn python_finds_the_certificate_in_the_profile() {
    let folder = kit("\"en\"");
    let kit = folder.path().join("kit");
    let python =
        Command::new("python3").args(["-c", READ_PROFILE]).arg(kit.join("linden.mobileconfig")).output();
    let Ok(read) = python else { return skipped("there is no python3 here") };
    assert!(read.status.success(), "{}", said(&read));
    assert_eq!(read.stdout, fs::read(kit.join("ca.crt")).unwrap());
}

#[test]
fn openssl_shows_the_fingerprints_that_are_to_be_compared() {
    let folder = kit("\"en\"");
    let kit = folder.path().join("kit");
    let told = fs::read_to_string(kit.join("FINGERPRINTS.txt")).unwrap().replace('\n', ":");
    for (form, file, digest) in
        [("DER", "ca.crt", "-sha256"), ("PEM", "ca.pem", "-sha256"), ("DER", "ca.crt", "-sha1")]
    {
        let openssl = Command::new("openssl")
            .args(["x509", "-noout", "-fingerprint", digest, "-inform", form, "-in"])
            .arg(kit.join(file))
            .output();
        let Ok(shown) = openssl else { return skipped("there is no openssl here") };
        assert!(shown.status.success(), "{}", said(&shown));
        let shown = String::from_utf8(shown.stdout).unwrap();
        let (_, fingerprint) = shown.trim().split_once('=').unwrap();
        assert!(told.contains(fingerprint), "{fingerprint} is not in {told}");
    }
}

#[test]
fn each_page_is_one_sheet() {
    let folder = kit("\"en\"");
    let pages = fs::read_dir(folder.path().join("kit")).unwrap().map(|entry| entry.unwrap().path());
    let pages: Vec<_> =
        pages.filter(|path| path.extension().is_some_and(|extension| extension == "pdf")).collect();
    assert_eq!(pages.len(), 5);
    for page in pages {
        let Ok(shown) = Command::new("pdfinfo").arg(&page).output() else {
            return skipped("there is no pdfinfo here: apt install poppler-utils");
        };
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        let sheets = shown.lines().find_map(|line| line.strip_prefix("Pages:")).map(str::trim);
        assert_eq!(sheets, Some("1"), "{}", page.display());
    }
}
