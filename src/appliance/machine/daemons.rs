//! What daemons do to their data, in service and in rehearsals: a store says in its first line which schema it has.

use std::path::{Path, PathBuf};

use super::{Machine, State};
use crate::{
    appliance::Layout,
    host::{Host as _, ThisHost, file},
};

/// What a command says, and whether it succeeds.
type Said = (bool, String, String);

impl Machine {
    /// Writes data that the daemon of schema 1 has left.
    pub(crate) fn write_store(&self, layout: &Layout, messages: &str) {
        let store = self.real(&layout.database());
        file::write(&store, format!("schema 1\n{messages}\n").as_bytes(), file::SECRET).unwrap();
    }

    /// What is in the store of an appliance.
    pub(crate) fn store(&self, layout: &Layout) -> String {
        ThisHost.text(&self.real(&layout.database())).unwrap().unwrap_or_default()
    }

    /// The host starts after its power failed: what is enabled and whole is started, nothing is mounted.
    pub(crate) fn boot(&self) {
        self.dies_after(None);
        self.state().mounts.clear();
        let enabled = |(name, value): (&String, &String)| {
            (value == "YES").then(|| name.strip_suffix("_enable").map(str::to_owned)).flatten()
        };
        let names: Vec<_> = self.state().rc.iter().filter_map(enabled).collect();
        for name in names {
            self.service(&name, "start").unwrap();
        }
    }

    /// Whether the daemon of this image can serve: it brings the data up to its schema, unless that is newer.
    pub(super) fn serves(&self, state: &State, layout: &Layout, current: &Path) -> bool {
        let image = current.file_name().unwrap().to_str().unwrap();
        let jail = ThisHost.text(&self.real(&layout.jail_conf())).unwrap().unwrap();
        assert!(jail.contains(image), "{image} was started with the files of another image:\n{jail}");
        let text = ThisHost.text(&self.real(&layout.settings().join("xmppd.toml"))).unwrap().unwrap();
        self.migrate(state, image, &layout.data()).is_ok() && !refuses_settings(state, image, &text)
    }

    /// What mount(8), umount(8) and jail(8) do for a rehearsal; nothing if it is none of their business.
    pub(super) fn rehearse(&self, words: &[&str]) -> Option<Said> {
        let said = |text: String| Some((true, text, String::new()));
        let mut state = self.state();
        match words {
            ["mount"] => {
                let rehearsed = state.mounts.iter().map(|(from, at)| line(from, at));
                said(rehearsed.chain([super::commands::mounts(state.running.keys())]).collect())
            }
            ["mount", "-t", "nullfs", "-o", _, from, at] => {
                state.mounts.push((from.into(), at.into()));
                said(String::new())
            }
            ["umount", .., at] => {
                state.mounts.retain(|(_, mounted)| mounted != Path::new(at));
                said(String::new())
            }
            ["env", "-i", "jail", "-c", parameters @ ..] => {
                let value = |name: &str| parameters.iter().find_map(|word| word.strip_prefix(name)).unwrap();
                let root = PathBuf::from(value("path="));
                Some(self.perform(&state, &root, value("exec.start=/usr/local/sbin/xmppd ")))
            }
            _ => None,
        }
    }

    fn perform(&self, state: &State, root: &Path, verb: &str) -> Said {
        let mounted = |below: &str| {
            let at = if below.is_empty() { root.to_owned() } else { root.join(below) };
            state.mounts.iter().find(|(_, mounted)| *mounted == at).expect("it is mounted").0.clone()
        };
        let rootfs = mounted("");
        let image = rootfs.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let done = match verb {
            "migrate --json" => self.migrate(state, image, &mounted("var/db/xmppd")).map(|(from, to)| {
                format!("{{\"from\":{from},\"to\":{to},\"accounts\":40,\"messages\":3}}\n")
            }),
            "check" => {
                let settings = mounted("usr/local/etc/xmppd").join("xmppd.toml");
                match ThisHost.text(&self.real(&settings)).unwrap() {
                    Some(text) if !refuses_settings(state, image, &text) => Ok("can be used\n".to_owned()),
                    _ => Err("xmppd: unknown key `new-fangled`".to_owned()),
                }
            }
            other => panic!("the stand-in knows no `xmppd {other}`"),
        };
        match done {
            Ok(said) => (true, said, String::new()),
            Err(complaint) => (false, String::new(), complaint),
        }
    }

    fn migrate(&self, state: &State, image: &str, data: &Path) -> Result<(u32, u32), String> {
        let store = self.real(&data.join(crate::backup::database::FILE));
        let to = state.schemas.get(image).copied().unwrap_or(1);
        let Some(text) = ThisHost.text(&store).unwrap() else { return Ok((0, to)) };
        let (first, rest) = text.split_once('\n').unwrap();
        let from: u32 = first.strip_prefix("schema ").unwrap().parse().unwrap();
        if from > to {
            return Err(format!("xmppd: the data has schema {from}, and this xmppd knows {to} at most"));
        }
        file::write(&store, format!("schema {to}\n{rest}").as_bytes(), file::SECRET).unwrap();
        Ok((from, to))
    }
}

fn refuses_settings(state: &State, image: &str, text: &str) -> bool {
    state.unknown_setting.as_ref().is_some_and(|(old, key)| old == image && text.contains(key))
}

fn line(from: &Path, at: &Path) -> String {
    format!("{} on {} (nullfs, local)\n", from.display(), at.display())
}
