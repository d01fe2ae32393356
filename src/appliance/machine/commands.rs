//! What the commands of a FreeBSD host do and print, as far as appliances ask them.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::Machine;
use crate::{
    appliance::Layout,
    error::{Error, Result},
    host::{Found, Host, ThisHost},
};

impl Machine {
    /// What a command prints, and whether it succeeds.
    pub(super) fn simulate(&self, words: &[&str]) -> Result<(bool, String)> {
        match words {
            ["id" | "pw", ..] => Ok(self.accounts(words)),
            ["chmod" | "chown" | "cp" | "stat", ..] => Ok(self.permissions(words)),
            ["sysctl" | "sysrc", ..] => Ok(self.settings(words)),
            ["ifconfig" | "route", ..] => Ok(network(words)),
            ["service", "pf", verb] => self.enable_pf(*verb == "onestart"),
            ["service", name, verb] => self.service(name, verb),
            ["pfctl", arguments @ ..] => self.pf(arguments),
            ["kldload", "-n", "pf"] => {
                self.state().pf_loaded = true;
                Ok((true, String::new()))
            }
            ["zfs", arguments @ ..] => Ok(self.zfs(arguments)),
            ["which", programs @ ..] => Ok((true, programs.join("\n"))),
            ["df", ..] => {
                let head = "Filesystem 1024-blocks Used Avail Capacity Mounted on";
                Ok((true, format!("{head}\n/dev/vtbd0 5056344 1 {} 1% /\n", self.state().free)))
            }
            ["sockstat", ..] => Ok((true, self.state().listens.clone())),
            ["env", "-i", "jexec", "-u", "xmppd", name, ..] => {
                Ok((self.state().answers(name), "{}".to_owned()))
            }
            ["jls", "-j", name, "jid"] => Ok((self.state().running.contains_key(*name), "1".to_owned())),
            _ => Ok((true, String::new())),
        }
    }

    fn accounts(&self, words: &[&str]) -> (bool, String) {
        let accounts = &mut self.state().accounts;
        let done = match words {
            ["pw", "groupshow", _] | ["id", "-g", _] => accounts.contains("group"),
            ["pw", "usershow", _] | ["id", "-u" | "-un", _] => accounts.contains("user"),
            ["pw", "groupadd", ..] => accounts.insert("group"),
            ["pw", "useradd", ..] => accounts.insert("user"),
            ["pw", "userdel", ..] => accounts.remove("user"),
            ["pw", "groupdel", ..] => accounts.remove("group"),
            _ => true,
        };
        let said = match words {
            ["id", "-u"] => "0",
            ["id", "-un", _] => "xmppd",
            _ => "5222",
        };
        (done, said.to_owned())
    }

    fn permissions(&self, words: &[&str]) -> (bool, String) {
        match words {
            ["stat", "-f", "%u:%g", path] => {
                let owner = self.state().owners.get(Path::new(path)).cloned();
                return (true, owner.unwrap_or_else(|| "0:0".to_owned()));
            }
            ["chown", owner, path] | ["chown", "-R", owner, path] => {
                self.state().owners.insert(PathBuf::from(path), (*owner).to_owned());
            }
            ["chmod", mode, path] => {
                let mode = u32::from_str_radix(mode, 8).unwrap();
                let permissions = PermissionsExt::from_mode(mode);
                std::fs::set_permissions(self.real(Path::new(path)), permissions).unwrap();
            }
            ["cp", "-Rp", from, to] => self.copy(Path::new(from), Path::new(to)),
            _ => {}
        }
        (true, String::new())
    }

    fn settings(&self, words: &[&str]) -> (bool, String) {
        let mut state = self.state();
        let found = |value: Option<&String>| (value.is_some(), value.cloned().unwrap_or_default());
        match words {
            ["sysctl", "-N", "security.jail.param"] => {
                (true, crate::test_support::transcript::jail_parameters())
            }
            ["sysctl", "-n", name] => found(state.sysctls.get(*name)),
            ["sysrc", "-n", name] => found(state.rc.get(*name)),
            ["sysrc", "-a"] => {
                let lines: Vec<_> = state.rc.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                (true, lines.join("\n"))
            }
            ["sysrc", "-x", name] => (state.rc.remove(*name).is_some(), String::new()),
            [program, assignment] => {
                let (name, value) = assignment.split_once('=').unwrap();
                let settings = if *program == "sysctl" { &mut state.sysctls } else { &mut state.rc };
                let before = settings.insert(name.to_owned(), value.to_owned()).unwrap_or_default();
                (true, format!("{name}: {before} -> {value}"))
            }
            _ => (true, String::new()),
        }
    }

    /// What pfctl(8) says of rules that it is given, and of all while there is no device.
    pub(super) fn pf_without_files(&self, words: &[&str], given: &[u8]) -> Option<(bool, String, String)> {
        let complaint = match words {
            ["pfctl", ..] if !self.state().pf_loaded => "pfctl: /dev/pf: No such file or directory",
            ["pfctl", "-nf", "-"] if given.windows(7).any(|window| window == b"garbage") => {
                "stdin:1: syntax error"
            }
            ["pfctl", "-nf", "-"] => "",
            _ => return None,
        };
        Some((complaint.is_empty(), String::new(), complaint.to_owned()))
    }

    fn pf(&self, arguments: &[&str]) -> Result<(bool, String)> {
        let mut state = self.state();
        let rules =
            |path: &str| Ok::<_, Error>(ThisHost.text(&self.real(Path::new(path)))?.unwrap_or_default());
        match arguments {
            ["-s", "info"] if state.pf_enabled => {
                Ok((true, "Status: Enabled for 0 days 00:00:01           Debug: Urgent".to_owned()))
            }
            ["-s", "info"] => {
                Ok((true, "Status: Disabled for 0 days 00:00:00          Debug: Urgent".to_owned()))
            }
            ["-s", "nat"] => Ok((true, lines(&state.pf, |line| line.starts_with("rdr-")))),
            ["-s", "rules"] => Ok((true, lines(&state.pf, |line| !line.starts_with("rdr-")))),
            ["-nf", path] => Ok((!rules(path)?.contains("garbage"), String::new())),
            ["-f", path] => {
                state.pf = rules(path)?;
                Ok((true, String::new()))
            }
            _ => Ok((true, String::new())),
        }
    }

    fn enable_pf(&self, on: bool) -> Result<(bool, String)> {
        let rules = ThisHost.text(&self.real(Path::new("/etc/pf.conf")))?.unwrap_or_default();
        let mut state = self.state();
        state.pf_enabled = on;
        if on {
            state.pf_loaded = true;
            state.pf = rules;
        }
        Ok((true, String::new()))
    }

    /// What zfs(8) does: a dataset is a folder, its snapshot another, out of sight.
    fn zfs(&self, words: &[&str]) -> (bool, String) {
        let state = self.state().clone();
        let place = |name: &str| match name.split_once('@') {
            Some(_) => Path::new("/.zfs").join(name.replace('/', "_")),
            None => PathBuf::from(&state.datasets[name]),
        };
        let is_there = |name: &str| {
            if name.contains('@') {
                self.real(&place(name)).exists()
            } else {
                state.datasets.contains_key(name)
            }
        };
        match words {
            ["list", "-H", "-o", "name", name] => (is_there(name), format!("{name}\n")),
            ["list", "-H", "-o", "mounted,mountpoint", name] => (
                is_there(name),
                state.datasets.get(*name).map_or_else(String::new, |at| {
                    let mounted = if state.unmounted.contains(*name) { "no" } else { "yes" };
                    format!("{mounted}\t{at}\n")
                }),
            ),
            ["create", "-o", property, name] => {
                let at = property.strip_prefix("mountpoint=").unwrap();
                ThisHost.create_folder(&self.real(Path::new(at)), 0o755).unwrap();
                self.state().datasets.insert((*name).to_owned(), at.to_owned());
                (true, String::new())
            }
            ["snapshot", name] => {
                let dataset = name.split_once('@').unwrap().0;
                self.copy(&place(dataset), &place(name));
                (true, String::new())
            }
            ["rollback", "-r", name] => {
                let at = place(name.split_once('@').unwrap().0);
                ThisHost.remove(&self.real(&at)).unwrap();
                self.copy(&place(name), &at);
                (true, String::new())
            }
            ["destroy", .., name] => {
                ThisHost.remove(&self.real(&place(name))).unwrap();
                // It goes with the last snapshot, if it is there.
                drop(std::fs::remove_dir(self.real(Path::new("/.zfs"))));
                self.state().datasets.remove(*name);
                (true, String::new())
            }
            other => panic!("the stand-in knows no `zfs {other:?}`"),
        }
    }

    fn copy(&self, from: &Path, to: &Path) {
        ThisHost.create_folder(&self.real(to), 0o700).unwrap();
        self.copy_owner(from, to);
        for name in ThisHost.names(&self.real(from)).unwrap() {
            let (from, to) = (from.join(&name), to.join(&name));
            if let Found::Folder { .. } = ThisHost.look(&self.real(&from)).unwrap().unwrap() {
                self.copy(&from, &to);
            } else {
                std::fs::copy(self.real(&from), self.real(&to)).unwrap();
                self.copy_owner(&from, &to);
            }
        }
    }

    fn copy_owner(&self, from: &Path, to: &Path) {
        let mut state = self.state();
        if let Some(owner) = state.owners.get(from).cloned() {
            state.owners.insert(to.to_owned(), owner);
        }
    }
}

/// What is mounted for the services that run.
pub(super) fn mounts<'a>(running: impl Iterator<Item = &'a String>) -> String {
    let mounts = running.map(|name| {
        let home = Layout::of(name).home();
        let [source, at] = [home.join("data"), home.join("root/var/db/xmppd")];
        format!("{} on {} (nullfs, local, noexec, nosuid)\n", source.display(), at.display())
    });
    mounts.collect()
}

fn network(words: &[&str]) -> (bool, String) {
    match words {
        ["route", ..] => (true, "   route to: 192.168.0.1\n  interface: vtnet0\n".to_owned()),
        ["ifconfig", "-a", "inet"] => {
            let listing =
                "vtnet0: flags=1008843<UP> metric 0 mtu 1500\n\tinet 192.168.7.1 netmask 0xffffff00\n";
            (true, listing.to_owned())
        }
        [_, name] => (matches!(*name, "vtnet0" | "vtnet1"), String::new()),
        _ => (true, String::new()),
    }
}

fn lines(text: &str, wanted: impl Fn(&str) -> bool) -> String {
    text.split_inclusive('\n').filter(|line| wanted(line)).collect()
}
