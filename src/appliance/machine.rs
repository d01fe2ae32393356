//! A FreeBSD host of which nothing is real: files are kept in a temporary folder, commands are simulated, all is recorded.
//!
//! It refuses every command whose form is not in `tests/freebsd/forms.tsv`: what a real FreeBSD was not seen to take, or its
//! manual does not state, is not run. It can die between any two acts, as a host does that loses its power.

mod daemons;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};

use tempfile::TempDir;

use super::{Layout, step::short};
use crate::{
    digest::Sha256,
    error::{Error, Result},
    host::{
        Found, Host, ThisHost,
        command::{Command, Output},
    },
};

/// Which commands may be run: a form a line, then where it was seen or is stated.
const FORMS: &str = include_str!("../../tests/freebsd/forms.tsv");

/// Its main ruleset.
const RULES: &str = "rdr-anchor \"jailbuild/*\"\nanchor \"jailbuild/*\"\npass all\n";

/// A host, and what has become of it.
pub(crate) struct Machine {
    root: TempDir,
    state: Mutex<State>,
}

/// All but the files.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// Whose files are that are not root's, as `user:group`.
    pub(crate) owners: BTreeMap<PathBuf, String>,
    /// The databases of users and groups that hold xmppd.
    pub(crate) accounts: BTreeSet<&'static str>,
    /// The variables of rc.conf(5).
    pub(crate) rc: BTreeMap<String, String>,
    /// The kernel's settings.
    pub(crate) sysctls: BTreeMap<String, String>,
    /// The services that run, each with the image that it was started with.
    pub(crate) running: BTreeMap<String, PathBuf>,
    /// Services that end as soon as they are started with this image.
    pub(crate) broken_image: Option<PathBuf>,
    /// The main ruleset of pf that is loaded.
    pub(crate) pf: String,
    /// ZFS datasets, each with its mount point.
    pub(crate) datasets: BTreeMap<String, String>,
    /// Whether pf looks at packets.
    pub(crate) pf_enabled: bool,
    /// The schema that the daemon of an image knows, where it is not 1.
    pub(crate) schemas: BTreeMap<String, u32>,
    /// An image whose daemon does not know a word of the settings.
    pub(crate) unknown_setting: Option<(String, String)>,
    /// What is mounted, and where.
    pub(crate) mounts: Vec<(PathBuf, PathBuf)>,
    /// What was done, a line each.
    journal: Vec<String>,
    /// After so many more acts it dies.
    left: Option<usize>,
}

impl Machine {
    /// A FreeBSD 15.1 with pf, forwarding and nothing else.
    pub(crate) fn new() -> Self {
        let sysctls = [
            ("kern.features.vimage", "1"),
            ("kern.osreldate", "1501501"),
            ("kern.racct.enable", "1"),
            ("net.inet.ip.forwarding", "1"),
        ];
        let state = State {
            owners: BTreeMap::new(),
            accounts: BTreeSet::new(),
            rc: ["gateway_enable", "pf_enable"].map(|name| (name.to_owned(), "YES".to_owned())).into(),
            sysctls: sysctls.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            running: BTreeMap::new(),
            broken_image: None,
            datasets: BTreeMap::new(),
            pf: RULES.to_owned(),
            pf_enabled: true,
            schemas: BTreeMap::new(),
            unknown_setting: None,
            mounts: Vec::new(),
            journal: Vec::new(),
            left: None,
        };
        let machine = Self { root: place(), state: Mutex::new(state) };
        for folder in ["etc", "usr/local/etc/newsyslog.conf.d", "usr/local/etc/rc.d", "var/log", "var/run"] {
            std::fs::create_dir_all(machine.root.path().join(folder)).unwrap();
        }
        std::fs::write(machine.root.path().join("etc/pf.conf"), RULES).unwrap();
        machine
    }

    /// All but the files, to be looked at and changed.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Another one in the same state, of which nothing was recorded.
    pub(crate) fn twin(&self) -> Self {
        let twin = Self { root: place(), state: Mutex::new(self.state().clone()) };
        let [from, to] = [self, &twin].map(|machine| machine.root.path());
        Command::new("cp").arg("-a").arg(from.join(".")).arg(to).run().unwrap();
        twin.journal();
        twin
    }

    /// Lets it die after so many more acts; `None` brings it to life again, with no service running.
    pub(crate) fn dies_after(&self, acts: Option<usize>) {
        let mut state = self.state();
        state.left = acts;
        if acts.is_none() {
            state.running.clear();
        }
    }

    /// Goes on where only the program that changed it was killed.
    pub(crate) fn lives_on(&self) {
        self.state().left = None;
    }

    /// The same host without pf, forwarding, or a main ruleset.
    pub(crate) fn bare() -> Self {
        let machine = Self::new();
        std::fs::remove_file(machine.root.path().join("etc/pf.conf")).unwrap();
        let mut state = machine.state();
        state.pf.clear();
        state.pf_enabled = false;
        state.rc.clear();
        state.sysctls.insert("net.inet.ip.forwarding".into(), "0".into());
        drop(state);
        machine
    }

    /// What was done, a line each; and forgets it.
    pub(crate) fn journal(&self) -> String {
        std::mem::take(&mut self.state().journal).join("\n")
    }

    /// Every file, folder and link, with modes, owners and contents or targets: what remains of what was done.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.walk(Path::new("/"), &mut found);
        found
    }

    fn walk(&self, folder: &Path, found: &mut Vec<String>) {
        for name in ThisHost.names(&self.real(folder)).unwrap() {
            let path = folder.join(name);
            let there = ThisHost.look(&self.real(&path)).unwrap().unwrap();
            let owner = self.state().owners.get(&path).cloned().unwrap_or_default();
            let content = ThisHost.read(&self.real(&path)).ok().flatten();
            let content = content.map(|bytes| format!(" {}", short(Sha256::of(&bytes)))).unwrap_or_default();
            found.push(format!("{} {there:?} {owner}{content}", path.display()));
            if matches!(there, Found::Folder { .. }) {
                self.walk(&path, found);
            }
        }
    }

    fn real(&self, path: &Path) -> PathBuf {
        self.root.path().join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Counts an act: after the last one, nothing happens any more.
    fn act(&self, what: &str) -> Result<()> {
        let mut state = self.state();
        match &mut state.left {
            Some(0) => return Err(Error::failed("the host has died")),
            Some(left) => *left -= 1,
            None => {}
        }
        state.journal.push(what.to_owned());
        Ok(())
    }

    fn act_on(&self, verb: &str, path: &Path) -> Result<()> {
        self.act(&format!("{verb} {}", path.display()))
    }

    /// What a command prints, and whether it succeeds.
    fn simulate(&self, words: &[&str]) -> Result<(bool, String)> {
        let said = |text: &str| Ok((true, text.to_owned()));
        let mut state = self.state();
        match words {
            ["pw", "groupshow", _] => Ok((state.accounts.contains("group"), String::new())),
            ["pw", "usershow", _] => Ok((state.accounts.contains("user"), String::new())),
            ["pw", "groupadd", ..] => Ok((state.accounts.insert("group"), String::new())),
            ["pw", "useradd", ..] => Ok((state.accounts.insert("user"), String::new())),
            ["pw", "userdel", ..] => Ok((state.accounts.remove("user"), String::new())),
            ["pw", "groupdel", ..] => Ok((state.accounts.remove("group"), String::new())),
            ["id", "-u"] => said("0"),
            ["id", "-un", "5222"] => Ok((state.accounts.contains("user"), "xmppd".to_owned())),
            ["which", programs @ ..] => said(&programs.join("\n")),
            ["df", "-k", _] => said(
                "Filesystem 1024-blocks Used Avail Capacity Mounted on\n/dev/vtbd0 5056344 1 5000000 1% /\n",
            ),
            ["id", "-u", "xmppd"] => Ok((state.accounts.contains("user"), "5222".to_owned())),
            ["id", "-g", "xmppd"] => Ok((state.accounts.contains("group"), "5222".to_owned())),
            ["stat", "-f", "%u:%g", path] => {
                said(state.owners.get(Path::new(path)).map_or("0:0", String::as_str))
            }
            ["chown", owner, path] | ["chown", "-R", owner, path] => {
                state.owners.insert(PathBuf::from(path), (*owner).to_owned());
                said("")
            }
            ["chmod", mode, path] => {
                let mode = u32::from_str_radix(mode, 8).unwrap();
                let permissions = PermissionsExt::from_mode(mode);
                std::fs::set_permissions(self.real(Path::new(path)), permissions).unwrap();
                said("")
            }
            ["sysctl", "-n", name] => {
                Ok((state.sysctls.contains_key(*name), state.sysctls.get(*name).cloned().unwrap_or_default()))
            }
            ["sysctl", "-N", "security.jail.param"] => {
                said(&crate::test_support::transcript::jail_parameters())
            }
            ["sysctl", assignment] => {
                let (name, value) = assignment.split_once('=').unwrap();
                let before = state.sysctls.insert(name.to_owned(), value.to_owned()).unwrap_or_default();
                said(&format!("{name}: {before} -> {value}"))
            }
            ["sysrc", "-n", name] => {
                Ok((state.rc.contains_key(*name), state.rc.get(*name).cloned().unwrap_or_default()))
            }
            ["sysrc", "-a"] => {
                let lines: Vec<_> = state.rc.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                said(&lines.join("\n"))
            }
            ["sysrc", "-x", name] => Ok((state.rc.remove(*name).is_some(), String::new())),
            ["sysrc", assignment] => {
                let (name, value) = assignment.split_once('=').unwrap();
                state.rc.insert(name.to_owned(), value.to_owned());
                said("")
            }
            ["service", "pf", verb] => {
                state.pf_enabled = *verb == "onestart";
                if state.pf_enabled {
                    state.pf = ThisHost.text(&self.real(Path::new("/etc/pf.conf")))?.unwrap_or_default();
                }
                said("")
            }
            ["service", name, verb] => {
                drop(state);
                self.service(name, verb)
            }
            ["route", "-n", "get", _] => said("   route to: 192.168.0.1\n  interface: vtnet0\n"),
            ["ifconfig", "-a", "inet"] => {
                said("vtnet0: flags=1008843<UP> metric 0 mtu 1500\n\tinet 192.168.7.1 netmask 0xffffff00\n")
            }
            ["ifconfig", name] => Ok((matches!(*name, "vtnet0" | "vtnet1"), String::new())),
            ["pfctl", "-s", "info"] if state.pf_enabled => {
                said("Status: Enabled for 0 days 00:00:01           Debug: Urgent")
            }
            ["pfctl", "-s", "info"] => said("Status: Disabled for 0 days 00:00:00          Debug: Urgent"),
            ["pfctl", "-s", "nat"] => said(&lines(&state.pf, |line| line.starts_with("rdr-"))),
            ["pfctl", "-s", "rules"] => said(&lines(&state.pf, |line| !line.starts_with("rdr-"))),
            ["pfctl", "-nf", path] => {
                let text = ThisHost.text(&self.real(Path::new(path)))?.unwrap_or_default();
                Ok((!text.contains("garbage"), String::new()))
            }
            ["pfctl", "-f", path] => {
                state.pf = ThisHost.text(&self.real(Path::new(path)))?.unwrap_or_default();
                said("")
            }
            ["cp", "-Rp", from, to] => {
                drop(state);
                self.copy(Path::new(from), Path::new(to));
                said("")
            }
            ["zfs", words @ ..] => {
                drop(state);
                Ok(self.zfs(words))
            }
            ["env", "-i", "jexec", "-u", "xmppd", name, ..] => {
                Ok((state.running.contains_key(*name), "{}".to_owned()))
            }
            ["jls", "-j", name, "jid"] => Ok((state.running.contains_key(*name), "1".to_owned())),
            _ => said(""),
        }
    }

    /// What rc(8) does with the script of an appliance.
    fn service(&self, name: &str, verb: &str) -> Result<(bool, String)> {
        let layout = Layout::of(name);
        let has_script = self.real(&layout.service()).exists();
        let mut state = self.state();
        let enabled = state.rc.get(&format!("{name}_enable")).is_some_and(|value| value == "YES");
        let Some(verb) = verb.strip_prefix("one").or_else(|| enabled.then_some(verb)) else {
            return Ok((verb == "stop", String::new()));
        };
        if !has_script {
            return Ok((false, String::new()));
        }
        let runs = state.running.contains_key(name);
        let current = std::fs::read_link(self.real(&layout.current())).ok();
        let ready = [layout.jail_conf(), layout.pf_conf(), layout.settings().join("xmppd.toml")]
            .iter()
            .all(|path| self.real(path).exists());
        match verb {
            "status" | "reload" => Ok((runs, String::new())),
            "stop" => Ok((true, drop_text(state.running.remove(name)))),
            "start" | "restart" => {
                let Some(current) = current.filter(|_| ready) else { return Ok((false, String::new())) };
                if state.broken_image.as_ref() != Some(&current) && self.serves(&state, &layout, &current) {
                    state.running.insert(name.to_owned(), current);
                }
                Ok((true, String::new()))
            }
            other => Err(Error::failed(format_args!("the stand-in knows no `service {name} {other}`"))),
        }
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
                state.datasets.get(*name).map(|at| format!("yes\t{at}\n")).unwrap_or_default(),
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
            if matches!(ThisHost.look(&self.real(&from)).unwrap(), Some(Found::Folder { .. })) {
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

/// In memory where it can be: each file is written through to the disk, and there are many.
fn place() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// What is mounted for the services that run.
fn mounts<'a>(running: impl Iterator<Item = &'a String>) -> String {
    let mounts = running.map(|name| {
        let home = Layout::of(name).home();
        let [source, at] = [home.join("data"), home.join("root/var/db/xmppd")];
        format!("{} on {} (nullfs, local, noexec, nosuid)\n", source.display(), at.display())
    });
    mounts.collect()
}

fn lines(text: &str, wanted: impl Fn(&str) -> bool) -> String {
    text.split_inclusive('\n').filter(|line| wanted(line)).collect()
}

fn drop_text<T>(_: T) -> String {
    String::new()
}

/// Whether a command is of a form that is known to work: `*` is any word, `**` any rest.
pub(crate) fn is_known(words: &[&str]) -> bool {
    let forms = FORMS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    forms.map(|(form, _)| form.split(' ').collect::<Vec<_>>()).any(|form| fits(&form, words))
}

fn fits(form: &[&str], words: &[&str]) -> bool {
    match (form, words) {
        (["**"], _) | ([], []) => true,
        (["*", form @ ..], [_, words @ ..]) => fits(form, words),
        ([literal, form @ ..], [word, words @ ..]) if literal == word => fits(form, words),
        _ => false,
    }
}

impl Host for Machine {
    fn output(&self, command: &Command) -> Result<Output> {
        self.act(&command.to_string())?;
        let words = command.words();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert!(is_known(&words), "`{command}` is of no form in tests/freebsd/forms.tsv");
        if words == ["pfctl", "-nf", "-"] {
            let garbled = command.given().windows(7).any(|window| window == b"garbage");
            let stderr = if garbled { "stdin:1: syntax error" } else { "" };
            return Ok(Output { code: Some(i32::from(garbled)), stdout: Vec::new(), stderr: stderr.into() });
        }
        let (succeeds, stdout, stderr) = match self.rehearse(&words) {
            Some(said) => said,
            None => self.simulate(&words).map(|(succeeds, stdout)| (succeeds, stdout, String::new()))?,
        };
        Ok(Output { code: Some(i32::from(!succeeds)), stdout: stdout.into(), stderr: stderr.into() })
    }

    fn pause(&self) {}

    fn look(&self, path: &Path) -> Result<Option<Found>> {
        ThisHost.look(&self.real(path))
    }

    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        ThisHost.read(&self.real(path))
    }

    fn names(&self, folder: &Path) -> Result<Vec<String>> {
        ThisHost.names(&self.real(folder))
    }

    fn write(&self, path: &Path, content: &[u8], mode: u32) -> Result<()> {
        self.act_on("write", path)?;
        self.state().owners.remove(path);
        // Without the care that is for hosts which can lose their power.
        let real = self.real(path);
        std::fs::create_dir_all(real.parent().unwrap()).unwrap();
        ThisHost.remove(&real)?;
        std::fs::write(&real, content).unwrap();
        std::fs::set_permissions(&real, PermissionsExt::from_mode(mode)).unwrap();
        Ok(())
    }

    fn create_folder(&self, path: &Path, mode: u32) -> Result<()> {
        self.act_on("create", path)?;
        ThisHost.create_folder(&self.real(path), mode)
    }

    fn link(&self, path: &Path, target: &Path) -> Result<()> {
        self.act_on("link", path)?;
        ThisHost.link(&self.real(path), target)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.act_on("rename", from)?;
        ThisHost.rename(&self.real(from), &self.real(to))?;
        let mut state = self.state();
        let moved: Vec<_> = state.owners.keys().filter(|path| path.starts_with(from)).cloned().collect();
        for path in moved {
            let owner = state.owners.remove(&path).unwrap();
            let below = path.strip_prefix(from).unwrap();
            let path = if below.as_os_str().is_empty() { to.to_owned() } else { to.join(below) };
            state.owners.insert(path, owner);
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<()> {
        self.act_on("remove", path)?;
        self.state().owners.retain(|owned, _| !owned.starts_with(path));
        ThisHost.remove(&self.real(path))
    }

    fn hold(&self, folder: &Path) -> Result<File> {
        ThisHost.hold(&self.real(folder))
    }
}

#[test]
fn forms_are_told_from_others() {
    assert!(is_known(&["service", "schoolchat", "start"]));
    assert!(!is_known(&["service", "schoolchat", "start", "now"]));
    assert!(!is_known(&["rm", "-rf", "/"]));
}

#[test]
fn every_form_says_where_it_is_from() {
    for line in FORMS.lines().filter(|line| !line.starts_with('#')) {
        let (form, source) = line.split_once('\t').unwrap();
        let seen = (1..=4).any(|number| source == format!("transcript {number}"));
        assert!(
            seen || source.ends_with(|end: char| end.is_ascii_digit()) && source.contains('/'),
            "{form}: {source}"
        );
    }
}
