//! The twin as an appliance: facts about it as the tests want them.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};

use serde_json::{Value, json};

use super::{Habit, Twin};
use crate::{
    Error, Result,
    probe::account::DAEMON,
    runtime::{Appliance, Firewall, Listener, Mount, Output, Process},
};

/// What the runtime would report of the appliance.
#[expect(clippy::struct_excessive_bools, reason = "each is one thing to break")]
pub(super) struct Facts {
    pub(super) processes: Vec<Process>,
    /// Beside the doors.
    pub(super) listening: Vec<Listener>,
    /// Whether the doors themselves are seen.
    pub(super) doors_listen: bool,
    pub(super) mounts: Vec<Mount>,
    pub(super) routes: Vec<String>,
    pub(super) firewall: Firewall,
    /// Whether the firewall counts what it drops.
    pub(super) counts: bool,
    /// What `inside --connect` says of every target but the appliance itself, and of the appliance itself.
    pub(super) reach: &'static str,
    pub(super) reach_itself: &'static str,
    /// What can be written from within, as prefixes, and what can be run.
    pub(super) writable: Vec<&'static str>,
    pub(super) runnable: Vec<&'static str>,
    /// Whom a program within runs as.
    pub(super) inside_uid: u32,
    /// Targets that are named though nothing listens there.
    pub(super) dead_target: bool,
    pub(super) no_target: bool,
    /// Why `user …` does nothing, if so.
    pub(super) refuses_to_administer: Option<&'static str>,
    counter: AtomicU64,
}

impl Facts {
    pub(super) fn healthy() -> Self {
        let data = mount("/var/db/xmppd", &["rw", "nosuid", "nodev", "noexec"]);
        Self {
            processes: vec![Process {
                pid: 4711,
                command: "xmppd serve".to_owned(),
                uids: vec![5222; 3],
                gids: vec![5222],
                capabilities: Some(0),
                no_new_privileges: Some(true),
            }],
            listening: Vec::new(),
            doors_listen: true,
            mounts: vec![
                mount("/", &["ro", "nosuid", "nodev"]),
                mount("/usr/local/etc/xmppd", &["ro", "nosuid", "nodev", "noexec"]),
                data,
            ],
            routes: vec!["10.52.22.0/30".to_owned()],
            firewall: Firewall::InForce { rules: vec!["drop".to_owned()], blocked_packets: 0 },
            counts: true,
            reach: "timeout",
            reach_itself: "open",
            writable: vec!["/var/db/xmppd/"],
            runnable: vec![DAEMON],
            inside_uid: 5222,
            dead_target: false,
            no_target: false,
            refuses_to_administer: None,
            counter: AtomicU64::new(0),
        }
    }
}

pub(super) fn mount(at: &str, options: &[&str]) -> Mount {
    let options = options.iter().map(|&option| option.to_owned()).collect();
    Mount { at: at.into(), kind: "ext4".to_owned(), options }
}

impl Appliance for Twin {
    fn address(&self) -> Ipv4Addr {
        Ipv4Addr::LOCALHOST
    }

    fn forbidden_targets(&self) -> Vec<SocketAddrV4> {
        if self.facts.no_target {
            return Vec::new();
        }
        let port = if self.facts.dead_target { 1 } else { self.target.local_addr().unwrap().port() };
        vec![SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)]
    }

    fn run_inside(&self, arguments: &[&str], input: &[u8]) -> Result<Output> {
        if let ([DAEMON, "user", ..], Some(complaint)) = (arguments, self.facts.refuses_to_administer) {
            return Ok(Output { code: 1, stdout: Vec::new(), stderr: complaint.as_bytes().to_vec() });
        }
        let stdout = match arguments {
            [
                DAEMON,
                "user",
                "add",
                name,
                "--kind",
                "teacher",
                "--group",
                ".unlisted",
                "--password-stdin",
            ] => {
                self.world.add(name, std::str::from_utf8(input).unwrap());
                Vec::new()
            }
            [DAEMON, "user", "add", name, "--kind", "child", ..] => {
                if !self.world.has(Habit::IgnoresConsent) {
                    let complaint = format!("xmppd: no consent of the parents is recorded for `{name}`");
                    return Ok(Output { code: 1, stdout: Vec::new(), stderr: complaint.into_bytes() });
                }
                self.world.add(name, std::str::from_utf8(input).unwrap());
                Vec::new()
            }
            [DAEMON, "user", "remove", name] => {
                self.world.remove(name);
                Vec::new()
            }
            [DAEMON, "user", "disable", name] => {
                self.world.disable(name);
                Vec::new()
            }
            [DAEMON, "inside", tries @ ..] => self.inside(tries).to_string().into_bytes(),
            other => return Err(Error::failed(format_args!("the twin cannot run {other:?}"))),
        };
        Ok(Output { code: 0, stdout, stderr: Vec::new() })
    }

    fn processes(&self) -> Result<Vec<Process>> {
        Ok(self.facts.processes.clone())
    }

    fn listening(&self) -> Result<Vec<Listener>> {
        let tcp = |port| Listener { protocol: "tcp".to_owned(), port };
        let mut listening = self.facts.listening.clone();
        if self.facts.doors_listen {
            listening.extend(self.doors.wanted().into_iter().map(tcp));
        }
        // Port 0 stands for that of server-to-server XMPP, which only the twin knows.
        listening.iter_mut().filter(|it| it.port == 0).for_each(|it| it.port = self.doors.server_to_server);
        Ok(listening)
    }

    fn mounts(&self) -> Result<Vec<Mount>> {
        Ok(self.facts.mounts.clone())
    }

    fn routes(&self) -> Result<Vec<String>> {
        Ok(self.facts.routes.clone())
    }

    fn firewall(&self) -> Firewall {
        let mut firewall = self.facts.firewall.clone();
        if let (Firewall::InForce { blocked_packets, .. }, true) = (&mut firewall, self.facts.counts) {
            *blocked_packets = self.facts.counter.fetch_add(1, Ordering::Relaxed);
        }
        firewall
    }

    fn written(&self) -> Vec<PathBuf> {
        vec![self.world.folder()]
    }

    fn stop(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl Twin {
    /// What the daemon's `inside` would print.
    fn inside(&self, tries: &[&str]) -> Value {
        let (mut connect, mut write, mut exec) = (Vec::new(), Vec::new(), Vec::new());
        for pair in tries.chunks(2) {
            let [option, value] = pair else { panic!("`{pair:?}` is no pair") };
            match *option {
                "--connect" => connect.push(json!({"target": value, "result": self.reach(value)})),
                "--write" => {
                    let writable = self.facts.writable.iter().any(|prefix| value.starts_with(prefix));
                    write.push(
                        json!({"path": value, "result": if writable { "written" } else { "read-only" }}),
                    );
                }
                "--exec" => {
                    let runnable = self.facts.runnable.contains(value);
                    exec.push(json!({"path": value, "result": if runnable { "ran" } else { "not-found" }}));
                }
                other => panic!("`{other}` is no option of `inside`"),
            }
        }
        json!({"uid": self.facts.inside_uid, "gid": 5222, "connect": connect, "write": write, "exec": exec})
    }

    fn reach(&self, target: &str) -> &'static str {
        let itself = format!("{}:{}", self.address(), self.doors.starttls);
        if target == itself { self.facts.reach_itself } else { self.facts.reach }
    }
}
