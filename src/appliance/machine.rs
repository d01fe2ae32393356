//! A FreeBSD host of which nothing is real: files are kept in a temporary folder, commands are simulated, all is recorded.
//!
//! It refuses every command whose form is not in `tests/freebsd/forms.tsv`: what a real FreeBSD was not seen to take, or its
//! manual does not state, is not run. It can die between any two acts, as a host does that loses its power.

mod commands;
mod daemons;
mod forms;
mod services;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};

use tempfile::TempDir;

pub(crate) use forms::is_known;
pub(crate) use services::Impairment;

use super::step::short;
use crate::{
    digest::Sha256,
    error::{Error, Result},
    host::{
        Found, Host, ThisHost,
        command::{Command, Output},
    },
};

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
    /// Those of them that do not run as they should.
    pub(crate) impaired: BTreeMap<String, Impairment>,
    /// Those whose daemon ends as soon as it is started with this image on these files.
    pub(crate) crashing: BTreeMap<String, (PathBuf, Vec<u8>)>,
    /// Services that end as soon as they are started with this image.
    pub(crate) broken_image: Option<PathBuf>,
    /// The main ruleset of pf that is loaded.
    pub(crate) pf: String,
    /// ZFS datasets, each with its mount point.
    pub(crate) datasets: BTreeMap<String, String>,
    /// Those of them that are not mounted.
    pub(crate) unmounted: BTreeSet<String>,
    /// What listens, as sockstat(1) lists it.
    pub(crate) listens: String,
    /// How many KiB are free on its disk.
    pub(crate) free: u64,
    /// Whether pf is in the kernel.
    pub(crate) pf_loaded: bool,
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
            impaired: BTreeMap::new(),
            crashing: BTreeMap::new(),
            broken_image: None,
            datasets: BTreeMap::new(),
            unmounted: BTreeSet::new(),
            pf: RULES.to_owned(),
            listens: String::new(),
            free: 5_000_000,
            pf_loaded: true,
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

    /// Lets act again who was killed: the host itself went on.
    pub(crate) fn revive(&self) {
        self.state().left = None;
    }

    /// Lets it die after so many more acts; `None` brings it to life again, with no service running.
    pub(crate) fn dies_after(&self, acts: Option<usize>) {
        let mut state = self.state();
        state.left = acts;
        if acts.is_none() {
            state.running.clear();
            state.impaired.clear();
        }
    }

    /// Lets something happen to a service that runs.
    pub(crate) fn impair(&self, name: &str, impairment: Impairment) {
        let what_it_runs_on = self.what_it_runs_on(name);
        let mut state = self.state();
        state.impaired.insert(name.to_owned(), impairment);
        let crashing = what_it_runs_on.filter(|_| impairment == Impairment::Crashing);
        state.crashing.extend(crashing.map(|on| (name.to_owned(), on)));
    }

    /// The same host without forwarding or a main ruleset, and with a pf that was never loaded.
    pub(crate) fn bare() -> Self {
        let machine = Self::new();
        std::fs::remove_file(machine.root.path().join("etc/pf.conf")).unwrap();
        let mut state = machine.state();
        state.pf.clear();
        state.pf_enabled = false;
        state.pf_loaded = false;
        state.rc.clear();
        state.sysctls.insert("net.inet.ip.forwarding".into(), "0".into());
        drop(state);
        machine
    }

    /// Another one in the same state, of which nothing was recorded.
    pub(crate) fn twin(&self) -> Self {
        let twin = Self { root: place(), state: Mutex::new(self.state().clone()) };
        let [from, to] = [self, &twin].map(|machine| machine.root.path());
        Command::new("cp").arg("-a").arg(from.join(".")).arg(to).run().unwrap();
        twin.journal();
        twin
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
}

/// In memory where it can be: each file is written through to the disk, and there are many.
fn place() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

impl Host for Machine {
    fn output(&self, command: &Command) -> Result<Output> {
        self.act(&command.to_string())?;
        let words = command.words();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert!(is_known(&words), "`{command}` is of no form in tests/freebsd/forms.tsv");
        let said = self.pf_without_files(&words, command.given()).or_else(|| self.rehearse(&words));
        let (succeeds, stdout, stderr) = match said {
            Some(said) => said,
            None => self.simulate(&words).map(|(succeeds, stdout)| (succeeds, stdout, String::new()))?,
        };
        Ok(Output { code: Some(i32::from(!succeeds)), stdout: stdout.into(), stderr: stderr.into() })
    }

    fn pause(&self) {}

    fn look(&self, path: &Path) -> Result<Option<Found>> {
        if path == Path::new("/dev/pf") {
            return Ok(self.state().pf_loaded.then_some(Found::File { mode: 0o600 }));
        }
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
