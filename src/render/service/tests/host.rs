//! The script run on a host on which nothing is real.

use std::{
    fs::{self, File},
    process::Command,
};

use tempfile::TempDir;

use super::example;
use crate::{appliance::machine::is_known, render::lint::variants::Variant};

/// A host on which nothing is real: see `tests/freebsd/rc.subr`. What it has besides is a file in its folder.
pub(super) struct Host {
    state: TempDir,
    script: String,
}

impl Host {
    pub(super) fn new() -> Self {
        Self::of(&example())
    }

    pub(super) fn of(variant: &Variant) -> Self {
        Self { state: tempfile::tempdir().unwrap(), script: variant.service().render().unwrap() }
    }

    /// One on which it was started.
    pub(super) fn started() -> Self {
        let host = Self::new();
        assert!(host.service("start").ends_with("schoolchat started.\nexit 0"));
        host
    }

    pub(super) fn with(self, file: &str) -> Self {
        self.holding(file, "906\n")
    }

    pub(super) fn holding(self, file: &str, text: &str) -> Self {
        fs::write(self.state.path().join(file), text).unwrap();
        self
    }

    pub(super) fn without(self, file: &str) -> Self {
        fs::remove_file(self.state.path().join(file)).unwrap();
        self
    }

    pub(super) fn has(&self, file: &str) -> bool {
        self.state.path().join(file).exists()
    }

    /// What the script asks of the host for a verb, and the code that it ends with.
    pub(super) fn service(&self, verb: &str) -> String {
        self.service_with_broken(verb, "nothing")
    }

    pub(super) fn service_with_broken(&self, verb: &str, broken: &str) -> String {
        let commands = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/freebsd/rc.subr");
        let state = self.state.path().to_str().unwrap();
        let text = self
            .script
            .replace("/etc/rc.subr", commands)
            .replace("/usr/sbin/daemon", "supervise")
            .replace("/usr/local/jailbuild/schoolchat/bin/jailbuild", "tool")
            .replace("/var/run/schoolchat.pid", &format!("{state}/pid"));
        let path = self.state.path().join("script");
        fs::write(&path, text).unwrap();
        let trace = self.state.path().join("trace");
        let output = || File::options().append(true).create(true).open(&trace).unwrap();
        let mut script = Command::new("sh");
        script.arg(&path).arg(verb).envs([("state", state), ("broken", broken)]);
        let status = script.stdout(output()).stderr(output()).status().unwrap();
        let said = fs::read_to_string(&trace).unwrap().replace(state, "STATE");
        fs::remove_file(&trace).unwrap();
        self.assert_forms();
        format!("{said}exit {}", status.code().unwrap())
    }

    /// Every command, questions as well, has a form that was seen on a real host or is stated by its manual.
    fn assert_forms(&self) {
        let asked = fs::read_to_string(self.state.path().join("asked")).unwrap_or_default();
        for command in asked.lines() {
            assert!(is_known(&command.split('\t').collect::<Vec<_>>()), "`{command}` is of no known form");
        }
    }

    /// What is left: processes, interfaces, mounts, rules, limits.
    fn left(&self) -> Vec<String> {
        let names = fs::read_dir(self.state.path()).unwrap();
        let mut names: Vec<_> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let mounts = fs::read_to_string(self.state.path().join("mounts")).unwrap_or_default();
        names.retain(|name| {
            ["jail", "pid", "supervisor", "daemon", "rules", "limits"].contains(&name.as_str())
                || name.starts_with("interface.")
                || name == "mounts" && !mounts.is_empty()
        });
        names.sort();
        names
    }

    pub(super) fn assert_clean(&self, trace: &str) {
        assert_eq!(self.left(), [""; 0], "{trace}");
    }
}
