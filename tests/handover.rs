//! Handing an image over, from outside: what is said, what is written, and when nothing is.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use specimen::Specimen;
use support::{jailbuild, said};

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../src/elf/specimen.rs"]
mod specimen;

const TARGET: &str = "x86_64-unknown-freebsd";

/// A school whose base has this at the end of its C library, with its image made.
struct Sender(tempfile::TempDir);

impl Sender {
    fn new(appended: &[u8]) -> Self {
        let sender = Self(tempfile::tempdir().unwrap());
        let daemon = Specimen::freebsd().interpreter("/libexec/ld-elf.so.1").needs(&["libc.so.7"]);
        sender.write("xmppd", &daemon.bytes());
        sender.write("base/bin/freebsd-version", b"USERLAND_VERSION=\"15.1-STAND-IN\"\n");
        for path in ["base/libexec/ld-elf.so.1", "base/lib/libsys.so.7"] {
            sender.write(path, &Specimen::freebsd().bytes());
        }
        sender.write("base/lib/libc.so.7", &[&Specimen::freebsd().bytes(), appended].concat());
        sender.ends(&["init", "--domain", "chat.north.example", "--organisation", "North School"], 0);
        let recipe = ["--target", TARGET, "--base", "./base", "--daemon", "xmppd"];
        sender.ends(&[&["make", "--no-start"], &recipe[..]].concat(), 4);
        sender
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, content: &[u8]) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn types(&self, words: &[&str]) -> Output {
        jailbuild(self.0.path()).args(words).output().unwrap()
    }

    fn ends(&self, words: &[&str], code: i32) -> String {
        let output = self.types(words);
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        said(&output)
    }

    fn hands_over(&self, options: &[&str], code: i32) -> String {
        self.ends(&[&["handover", &image()], options].concat(), code)
    }
}

/// Where the image is.
fn image() -> String {
    format!("dist/schoolchat-{}-{TARGET}.tar.gz", env!("CARGO_PKG_VERSION"))
}

/// What is said, with what differs from run to run made the same.
fn steady(said: &str) -> String {
    // Whether a host's name is long enough to be searched for differs.
    let lines = said.lines().filter(|line| !line.starts_with("  this host"));
    let mut lines: Vec<String> = lines.map(str::to_owned).collect();
    for line in &mut lines {
        for (begin, steady) in [
            ("  digest  ", "  digest  DIGEST"),
            ("  signer  ", "  signer  SIGNER"),
            ("searched all ", "searched all BYTES bytes of the image …"),
        ] {
            if line.starts_with(begin) {
                steady.clone_into(line);
            }
        }
        let is_file = line.len() > 12 && line.as_bytes()[11] == b' ' && line.as_bytes()[9].is_ascii_digit();
        if is_file {
            line.replace_range(..10, "     BYTES");
        }
    }
    lines.join("\n")
}

#[test]
fn what_is_handed_over_is_said() {
    let sender = Sender::new(b"");
    let rehearsed = sender.hands_over(&["--dry-run"], 0);
    assert!(rehearsed.contains("would write `handover`"), "{rehearsed}");
    assert!(!sender.at("handover").exists());
    let said = sender.hands_over(&["--out", "stick/schoolchat"], 0);
    insta::assert_snapshot!(steady(&said));
    let mut names: Vec<_> = fs::read_dir(sender.at("stick/schoolchat"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names.len(), 6, "{names:?}");
    let there = sender.hands_over(&["--out", "stick/schoolchat"], 3);
    assert!(there.contains("`stick/schoolchat` is there already"), "{there}");
}

#[test]
fn an_image_with_something_of_the_school_in_it_stays_here() {
    let sender = Sender::new(b"built for CHAT.north.example");
    let refused = sender.hands_over(&[], 1);
    insta::assert_snapshot!(refused);
    assert!(!sender.at("handover").exists());
    assert!(
        !Path::new(&sender.at("."))
            .read_dir()
            .unwrap()
            .any(|entry| { entry.unwrap().file_name().to_string_lossy().starts_with(".handover") }),
        "no draft is left"
    );
}

#[test]
fn what_is_no_image_is_not_handed_over() {
    let refused = Sender::new(b"").ends(&["handover", "none.tar.gz"], 3);
    assert!(refused.contains("cannot read the image `none.tar.gz`"), "{refused}");
}

#[test]
fn names_are_searched_for_or_nothing_is_handed_over() {
    let sender = Sender::new(b"");
    let refused = sender.hands_over(&["--socket", "control.sock"], 1);
    assert!(refused.contains("no daemon answers on `control.sock`"), "{refused}");
    let mut of_environment = jailbuild(sender.0.path());
    of_environment.args(["handover", &image()]).env("JAILBUILD_SOCKET", "other.sock");
    let refused = said(&of_environment.output().unwrap());
    assert!(refused.contains("no daemon answers on `other.sock`"), "{refused}");
    assert!(!sender.at("handover").exists());
}

#[test]
fn an_image_that_nobody_here_trusts_stays_here() {
    let (sender, stranger) = (Sender::new(b""), Sender::new(b""));
    let image = stranger.at(&image());
    let refused = sender.ends(&["handover", &image.to_string_lossy()], 5);
    assert!(refused.contains("which is no trusted key"), "{refused}");
    assert!(!sender.at("handover").exists());
}
