//! A school with its folder, made by the commands that its administrator types.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use jailbuild::{
    image::{Image, ROOTFS},
    policy::Policy,
    runtime::{DAEMON_USER, Deployment},
    site::{Folder, Site},
};
use tempfile::TempDir;

use crate::support::{jailbuild, said};

/// A school's folder, which goes away.
pub(crate) struct School {
    place: TempDir,
    pub(crate) domain: &'static str,
}

impl School {
    /// An empty folder.
    pub(crate) fn new(domain: &'static str) -> Self {
        Self { place: tempfile::tempdir().expect("a temporary folder"), domain }
    }

    /// Somewhere in its folder.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.place.path().join(path)
    }

    /// Types a command in its folder.
    pub(crate) fn types(&self, words: &[&str]) -> Output {
        jailbuild(self.place.path()).args(words).output().expect("the tool runs")
    }

    /// Types a command that must end with this code, and takes what it prints.
    pub(crate) fn gets(&self, words: &[&str], code: i32) -> String {
        let output = self.types(words);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {}", said(&output));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Types a command at a terminal, and answers what it asks.
    pub(crate) fn answers(&self, typed: &str, answers: &str) -> Output {
        let line = format!("{} {typed}", env!("CARGO_BIN_EXE_jailbuild"));
        let mut terminal = Command::new("script");
        terminal.args(["-qec", &line, "/dev/null"]).current_dir(self.place.path()).env("NO_COLOR", "1");
        let mut terminal = terminal
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("script(1) of bsdutils");
        std::io::Write::write_all(&mut terminal.stdin.take().expect("it is piped"), answers.as_bytes())
            .expect("it listens");
        terminal.wait_with_output().expect("it ends")
    }

    /// The folder with its keys and certificates.
    pub(crate) fn folder(&self) -> Folder {
        Folder::at(self.at("site"))
    }

    /// The image unpacked, with this school's settings, ready to be started again and again with the same data.
    pub(crate) fn deployment(&self, image: &Path) -> Deployment {
        let site = Site::load(&self.at("jailbuild.toml")).expect("the school's file");
        self.gets(&["settings", "--out", "settings"], 0);
        Image::open(image).and_then(|image| image.unpack(&self.at("image"))).expect("an image");
        fs::create_dir(self.at("data")).expect("a folder");
        let policy = Policy::of(&site);
        Deployment {
            rootfs: self.at("image").join(ROOTFS),
            settings: self.at("settings"),
            data: self.at("data"),
            log: self.at("log"),
            firewall: policy.nft().expect("rules"),
            policy,
            uid: DAEMON_USER,
            gid: DAEMON_USER,
            hostname: site.name.to_string(),
            program: Deployment::daemon(),
            sabotage: Vec::new(),
        }
    }
}
