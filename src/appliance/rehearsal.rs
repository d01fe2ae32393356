//! A rehearsal: the daemon of an image tries whether it takes a copy of the data, and its settings, in a throw-away jail
//! without a network. What it does there is thrown away with it.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Content, Layout, Owner, Plan, Step};
use crate::{
    digest::Sha256,
    error::{Error, Result},
    host::{Host, command::Command, file},
    image::ROOTFS,
    runtime::{
        DATA, SETTINGS,
        freebsd::{self, Present},
    },
};

/// How often an unmount is tried before it is forced: right after a jail is gone its root can be busy.
const UNMOUNT_TRIES: usize = 5;

/// A rehearsal, as data.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// What is done before.
    pub set_up: Plan,
    /// The daemon brings the copy up to date.
    pub migrate: Command,
    /// The daemon reads its settings.
    pub check: Command,
    /// What is done after it. Where one was interrupted, this must be done before anything else.
    pub clear: Plan,
}

/// What a daemon did to a copy of the data, as `xmppd migrate --json` says.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Migration {
    /// The schema that it found.
    pub from: u32,
    /// The schema that it left.
    pub to: u32,
    /// How many accounts there are.
    pub accounts: u64,
    /// How many messages wait for somebody.
    pub messages: u64,
}

impl Rehearsal {
    /// The rehearsal of an image of this appliance on its data, with the settings that it would get.
    pub fn of(layout: &Layout, image: Sha256, settings: &str) -> Self {
        Self::on(layout.data(), layout, image, settings)
    }

    /// The rehearsal on other data.
    pub fn on(data: PathBuf, layout: &Layout, image: Sha256, settings: &str) -> Self {
        let place = Place::of(layout);
        Self {
            set_up: Plan::new(place.set_up(data, layout, image, settings)),
            migrate: place.run("migrate --json"),
            check: place.run("check"),
            clear: Plan::new(place.clear()),
        }
    }

    /// Carries it out, and takes everything of it away, however it ends.
    pub fn carry_out(&self, host: &dyn Host) -> Result<Option<Migration>> {
        let tell = &mut |_: &Step| ();
        let rehearsed = self.set_up.carry_out(host, tell).and_then(|()| self.perform(host));
        let cleared = self.clear.carry_out(host, tell);
        let migration = rehearsed?;
        cleared.map(|()| migration)
    }

    fn perform(&self, host: &dyn Host) -> Result<Option<Migration>> {
        let said = perform(host, &self.migrate, "the daemon of that image does not take the data")?;
        perform(host, &self.check, "the daemon of that image does not take its settings")?;
        let json = said.lines().rev().find(|line| line.starts_with('{'));
        Ok(json.and_then(|json| serde_json::from_str(json).ok()))
    }
}

/// Nothing is left of a rehearsal of this appliance.
pub fn cleared(layout: &Layout) -> Vec<Step> {
    Place::of(layout).clear()
}

fn perform(host: &dyn Host, command: &Command, failure: &str) -> Result<String> {
    let output = host.output(command)?;
    if output.code == Some(0) {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(Error::failed_with_hint(format_args!("{failure}: {}", complaint.trim()), "nothing was changed"))
}

/// Where a rehearsal takes place.
struct Place {
    jail: String,
    folder: PathBuf,
}

impl Place {
    fn of(layout: &Layout) -> Self {
        Self { jail: format!("{}_rehearsal", layout.name()), folder: layout.rehearsal() }
    }

    fn root(&self) -> PathBuf {
        self.folder.join("root")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn settings(&self) -> PathBuf {
        self.folder.join("settings")
    }

    fn set_up(&self, data: PathBuf, layout: &Layout, image: Sha256, settings: &str) -> Vec<Step> {
        let folder = |path: PathBuf, mode| Step::Folder { path, mode, owner: Owner::Root };
        let copy = |from: PathBuf, to: PathBuf| Step::Run(Command::new("cp").arg("-Rp").arg(from).arg(to));
        let mount = |options: &str, from: &Path, to: PathBuf| {
            Step::Run(Command::new("mount").args(["-t", "nullfs", "-o", options]).arg(from).arg(to))
        };
        let settings = Step::File {
            path: self.settings().join("xmppd.toml"),
            mode: file::SECRET,
            owner: Owner::Daemon,
            content: Content::new(settings),
        };
        vec![
            folder(self.folder.clone(), 0o700),
            folder(self.root(), 0o755),
            copy(data, self.data()),
            copy(layout.settings(), self.settings()),
            settings,
            mount("ro", &layout.image(image).join(ROOTFS), self.root()),
            mount("ro,nosuid,noexec", &self.settings(), below(&self.root(), SETTINGS)),
            mount("rw,nosuid,noexec", &self.data(), below(&self.root(), DATA)),
        ]
    }

    /// A jail that ends as its program ends. No address is its own, and no word of this environment gets in.
    fn run(&self, verb: &str) -> Command {
        Command::new("env").args(["-i", "jail", "-c"]).args([
            format!("name={}", self.jail),
            format!("path={}", self.root().display()),
            "children.max=0".to_owned(),
            "securelevel=3".to_owned(),
            "ip4=disable".to_owned(),
            "ip6=disable".to_owned(),
            "exec.system_jail_user".to_owned(),
            "exec.jail_user=xmppd".to_owned(),
            format!("exec.start=/usr/local/sbin/xmppd {verb}"),
        ])
    }

    fn clear(&self) -> Vec<Step> {
        let jail = Step::Gone(freebsd::Step::Gone {
            present: Present::Prints(Command::new("jls").args(["-j", &self.jail, "jid"])),
            remove: vec![
                Command::new("jail").args(["-r", &self.jail]),
                Command::new("jail").args(["-R", &self.jail]),
            ],
        });
        // What was mounted last goes first.
        let unmounted =
            [below(&self.root(), DATA), below(&self.root(), SETTINGS), self.root()].map(unmounted);
        let folder = Step::Absent { path: self.folder.clone() };
        [jail].into_iter().chain(unmounted).chain([folder]).collect()
    }
}

fn unmounted(path: PathBuf) -> Step {
    let mut remove = vec![Command::new("umount").arg(&path); UNMOUNT_TRIES];
    remove.push(Command::new("umount").arg("-f").arg(&path));
    Step::Gone(freebsd::Step::Gone { present: Present::Mounted(path), remove })
}

fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

impl fmt::Display for Rehearsal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tried = [Step::Run(self.migrate.clone()), Step::Run(self.check.clone())];
        let steps = self.set_up.steps.iter().cloned().chain(tried).chain(self.clear.steps.iter().cloned());
        Plan::new(steps).fmt(formatter)
    }
}

impl fmt::Display for Migration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, accounts, messages } = self;
        if from == to {
            write!(formatter, "schema {to}")?;
        } else {
            write!(formatter, "schema {from} brought to {to}")?;
        }
        write!(formatter, ", {accounts} accounts, {messages} messages that wait")
    }
}
