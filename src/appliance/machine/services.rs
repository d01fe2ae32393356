//! What rc(8) does with the scripts of appliances, and what they say.

use std::path::PathBuf;

use super::{Machine, State};
use crate::{
    appliance::Layout,
    error::{Error, Result},
};

/// How a service runs that does not run as it should.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Impairment {
    /// Its jail is there, but its daemon ends as often as it is started.
    Crashing,
    /// Nobody would start its daemon again.
    Unsupervised,
    /// Its rules were lost.
    Unguarded,
}

impl Impairment {
    /// Each of them.
    pub(crate) const ALL: [Self; 3] = [Self::Crashing, Self::Unsupervised, Self::Unguarded];

    /// As the script says it.
    fn said(self, name: &str) -> String {
        match self {
            Self::Crashing => format!("{name} is not running: its jail is there, its daemon is not\n"),
            Self::Unsupervised => format!("{name} is running without its supervisor\n"),
            Self::Unguarded => format!("{name} is running, but its firewall rules are not in force\n"),
        }
    }
}

impl State {
    /// Whether a daemon answers.
    pub(super) fn answers(&self, name: &str) -> bool {
        self.running.contains_key(name) && self.impaired.get(name) != Some(&Impairment::Crashing)
    }

    fn status(&self, name: &str) -> (bool, String) {
        match self.impaired.get(name) {
            Some(impairment) => (false, impairment.said(name)),
            None => (self.running.contains_key(name), String::new()),
        }
    }
}

impl Machine {
    /// The image of a service, and its data, settings and certificate.
    pub(super) fn what_it_runs_on(&self, name: &str) -> Option<(PathBuf, Vec<u8>)> {
        let layout = Layout::of(name);
        let current = std::fs::read_link(self.real(&layout.current())).ok()?;
        let settings = ["xmppd.toml", "chain.pem"].map(|file| layout.settings().join(file));
        let files = [layout.database()].into_iter().chain(settings);
        let bytes = files.flat_map(|file| std::fs::read(self.real(&file)).unwrap_or_default());
        Some((current, bytes.collect()))
    }

    pub(super) fn service(&self, name: &str, verb: &str) -> Result<(bool, String)> {
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
        let current = std::fs::read_link(self.real(&layout.current())).ok();
        let crashes = self.what_it_runs_on(name);
        let ready = [layout.jail_conf(), layout.pf_conf(), layout.settings().join("xmppd.toml")]
            .iter()
            .all(|path| self.real(path).exists());
        match verb {
            "status" => Ok(state.status(name)),
            "reload" => Ok((state.answers(name), String::new())),
            "stop" => {
                state.running.remove(name);
                state.impaired.remove(name);
                Ok((true, String::new()))
            }
            "start" | "restart" => {
                let Some(current) = current.filter(|_| ready) else { return Ok((false, String::new())) };
                if crashes.is_some() && state.crashing.get(name) == crashes.as_ref() {
                    state.running.insert(name.to_owned(), current);
                    state.impaired.insert(name.to_owned(), Impairment::Crashing);
                } else if state.broken_image.as_ref() != Some(&current)
                    && self.serves(&state, &layout, &current)
                {
                    state.running.insert(name.to_owned(), current);
                    state.impaired.remove(name);
                }
                Ok((true, String::new()))
            }
            other => Err(Error::failed(format_args!("the stand-in knows no `service {name} {other}`"))),
        }
    }
}
