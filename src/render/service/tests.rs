#![expect(clippy::unwrap_used, reason = "a test may")]

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use tempfile::TempDir;

use super::*;
use crate::{policy::Policy, site::Site, test_support::skip};

fn script() -> String {
    let policy = Policy::of(&Site::example());
    let word = |text: &str| Word::new(text).unwrap();
    let service = Service {
        policy: &policy,
        jail_conf: word("/usr/local/etc/jailbuild/schoolchat/jail.conf"),
        pf_conf: word("/usr/local/etc/jailbuild/schoolchat/pf.conf"),
        rootfs: word("/usr/local/jailbuild/schoolchat/current/rootfs"),
        root: word("/usr/local/jailbuild/schoolchat/root"),
        settings: word("/usr/local/etc/jailbuild/schoolchat/settings"),
        data: word("/usr/local/jailbuild/schoolchat/data"),
        log: word("/var/log/schoolchat.log"),
        device_rules: None,
        tool: word("/usr/local/jailbuild/schoolchat/bin/jailbuild"),
    };
    service.render().unwrap()
}

/// A host on which nothing is real: see `tests/freebsd/rc.subr`.
struct Host {
    state: TempDir,
}

impl Host {
    fn new() -> Self {
        Self { state: tempfile::tempdir().unwrap() }
    }

    fn with(self, file: &str) -> Self {
        fs::write(self.state.path().join(file), "").unwrap();
        self
    }

    /// What the script asks of the host for a verb, and the code that it ends with.
    fn service(&self, verb: &str) -> String {
        self.service_with_broken(verb, "nothing")
    }

    fn service_with_broken(&self, verb: &str, broken: &str) -> String {
        let commands = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/freebsd/rc.subr");
        let state = self.state.path().to_str().unwrap();
        let text = script()
            .replace("/etc/rc.subr", commands)
            .replace("/usr/sbin/daemon", "supervise")
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
        format!("{said}exit {}", status.code().unwrap())
    }

    fn is_clean(&self) -> bool {
        let there = |name: &str| self.state.path().join(name).exists();
        let mounts = fs::read_to_string(self.state.path().join("mounts")).unwrap_or_default();
        !["jail", "pid", "schoolchat_h", "schoolchat_j", "epair0a", "epair0b"].into_iter().any(there)
            && mounts.is_empty()
    }
}

#[test]
fn the_script_of_the_example_school() {
    insta::assert_snapshot!(script());
}

#[test]
fn it_starts_the_jail_behind_its_rules() {
    let host = Host::new();
    let trace = host.service("start");
    let position = |what: &str| trace.find(what).unwrap();
    assert!(position("pfctl -q -a jailbuild/schoolchat -f") < position("jail -q -f"));
    insta::assert_snapshot!(trace);
    assert_eq!(host.service("status"), "schoolchat is running as jail 1.\nexit 0");
    assert_eq!(host.service("start"), "schoolchat is running already.\nexit 0");
}

#[test]
fn it_stops_everything_in_order() {
    let host = Host::new();
    host.service("start");
    insta::assert_snapshot!(host.service("stop"));
    assert!(host.is_clean());
    assert_eq!(host.service("status"), "schoolchat is not running.\nexit 1");
}

#[test]
fn it_stops_what_is_left_when_the_supervisor_is_gone() {
    let host = Host::new();
    host.service("start");
    fs::remove_file(host.state.path().join("pid")).unwrap();
    assert!(host.service("stop").ends_with("exit 0"));
    assert!(host.is_clean());
}

#[test]
fn it_waits_for_a_busy_root_and_then_insists() {
    let host = Host::new();
    host.service("start");
    let host =
        ["1", "2", "3", "4", "5"].iter().fold(host, |host, number| host.with(&format!("busy{number}")));
    let trace = host.service("stop");
    assert!(trace.contains("umount -f") && trace.ends_with("exit 0"), "{trace}");
    assert!(host.is_clean());
}

#[test]
fn it_says_so_if_the_jail_stays_and_keeps_its_rules() {
    let host = Host::new();
    host.service("start");
    let trace = host.service_with_broken("stop", "jail*");
    assert!(trace.ends_with("error: schoolchat was not taken down altogether.\nexit 1"), "{trace}");
    assert!(!trace.contains("-F all"), "{trace}");
}

#[test]
fn it_starts_nothing_where_the_rules_would_do_nothing() {
    let host = Host::new().with("no-anchor");
    let trace = host.service("start");
    assert!(trace.contains("warning: add this line to /etc/pf.conf") && trace.ends_with("exit 1"), "{trace}");
    assert!(!trace.contains("jail -q"), "{trace}");
    assert!(host.is_clean());
}

#[test]
fn whatever_fails_on_the_way_nothing_stays() {
    for broken in [
        "ifconfig epair0a name*",
        "ifconfig epair0b name*",
        "ifconfig schoolchat_h inet*",
        "pfctl*-f*",
        "mount*data*",
        "jail*-c*",
        "ifconfig -j*",
        "route*",
        "daemon*",
    ] {
        let host = Host::new();
        let trace = host.service_with_broken("start", broken);
        assert!(trace.ends_with("error: schoolchat was not started.\nexit 1"), "{broken}: {trace}");
        assert!(host.is_clean(), "{broken}: {trace}");
    }
}

#[test]
fn shellcheck_finds_nothing() {
    // SC1091: rc.subr is on the host. SC2034: it reads the variables. SC2317 and SC2329: it calls the functions.
    let mut command = Command::new("shellcheck");
    command.args(["--shell=sh", "--exclude=SC1091,SC2034,SC2317,SC2329", "-"]);
    let Ok(mut shellcheck) = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
        return skip("shellcheck is not installed");
    };
    shellcheck.stdin.take().unwrap().write_all(script().as_bytes()).unwrap();
    let output = shellcheck.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_shell_can_parse_it() {
    let folder = tempfile::tempdir().unwrap();
    let path: &Path = &folder.path().join("script");
    fs::write(path, script()).unwrap();
    let output = Command::new("sh").arg("-n").arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
