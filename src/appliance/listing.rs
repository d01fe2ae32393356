//! The appliances of a host, as they are listed.

use std::fmt;

use serde::Serialize;

use super::{Layout, Operation, Record, service::State, step};
use crate::{
    digest::Sha256,
    error::Result,
    host::Host,
    image::{MANIFEST, Manifest},
};

/// All of them, by name.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    /// One each.
    pub appliances: Vec<Listed>,
}

/// One appliance, as far as it can be told.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Whether all of it runs.
    pub running: bool,
    /// What its service says, where only a part of it runs or nothing guards it.
    pub impaired: Option<String>,
    /// What is installed; nothing where its record cannot be read.
    pub installed: Option<Installed>,
    /// What is wrong with it.
    pub trouble: Option<String>,
}

/// What is installed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Installed {
    /// The domain of everybody's address.
    pub domain: String,
    /// The image in service.
    pub image: Sha256,
    /// The version of the daemon.
    pub version: String,
    /// The interfaces at which clients come in.
    pub interfaces: Vec<String>,
    /// The ports for clients.
    pub ports: Vec<u16>,
    /// What was begun and has not ended.
    pub under_way: Option<Operation>,
}

impl Listing {
    /// Looks at all that there are.
    pub fn of(host: &dyn Host) -> Result<Self> {
        let names = Layout::names(host)?;
        let appliances = names.iter().map(|name| Listed::of(name, host)).collect::<Result<_>>()?;
        Ok(Self { appliances })
    }
}

impl Listed {
    /// Looks at one. That another cannot be read is no reason not to list this one.
    pub fn of(name: &str, host: &dyn Host) -> Result<Self> {
        let (installed, trouble) = match Installed::of(name, host) {
            Ok(installed) => {
                let under_way = installed.under_way;
                let trouble = under_way.map(|operation| {
                    format!("{operation} was begun and has not ended: {}", operation.goes_on_by(name))
                });
                (Some(installed), trouble)
            }
            Err(error) => (
                None,
                Some(format!("{error}; `jailbuild uninstall {name}` takes it away, and keeps its data")),
            ),
        };
        let (running, impaired) = match State::of(host, name)? {
            State::Running => (true, None),
            State::Stopped => (false, None),
            State::Impaired(how) => (false, Some(how)),
        };
        Ok(Self { name: name.to_owned(), running, impaired, installed, trouble })
    }
}

impl Installed {
    fn of(name: &str, host: &dyn Host) -> Result<Self> {
        let record = Record::find(host, Some(name))?;
        let site = record.site(host)?;
        let manifest = host.read(&Layout::of(name).current().join(MANIFEST))?.unwrap_or_default();
        Ok(Self {
            domain: site.domain.to_string(),
            image: record.image,
            version: Manifest::parse(&manifest)?.version,
            ports: record.policy(&site).open,
            interfaces: record.externals,
            under_way: record.under_way,
        })
    }
}

/// A line each: `schoolchat  school.test  0.1.0 (image 0123456789ab)  running  vtnet0: 5222, 5223`.
impl fmt::Display for Listing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.appliances.is_empty() {
            return formatter.write_str("no appliance is installed here");
        }
        let lines: Vec<_> = self.appliances.iter().map(ToString::to_string).collect();
        formatter.write_str(&lines.join("\n"))
    }
}

impl Listed {
    /// Without what is wrong with it.
    pub fn in_one_line(&self) -> String {
        let state = match (self.running, &self.impaired) {
            (true, _) => "running",
            (false, None) => "stopped",
            (false, Some(_)) => "impaired",
        };
        let installed = self.installed.as_ref().map(|installed| format!("  {installed}"));
        format!("{:<13}  {state}{}", self.name, installed.unwrap_or_default())
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.in_one_line())?;
        let mut lines = self.impaired.iter().chain(&self.trouble);
        lines.try_for_each(|line| write!(formatter, "\n{:15}{line}", ""))
    }
}

impl fmt::Display for Installed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports: Vec<_> = self.ports.iter().map(ToString::to_string).collect();
        write!(
            formatter,
            "{}  {} (image {})  {}: {}",
            self.domain,
            self.version,
            step::short(self.image),
            self.interfaces.join(", "),
            ports.join(", ")
        )
    }
}
