//! What is installed, and how, written down on the host: `appliance.json`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Layout, step::short};
use crate::{
    digest::Sha256,
    error::{Context as _, Error, Result},
    host::Host,
    policy::{Policy, Stack},
    site::Site,
};

/// The version of the form that this program reads and writes.
const FORMAT: u32 = 1;

/// What is installed under a name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Record {
    /// The version of this form.
    pub format: u32,
    /// The appliance's name.
    pub name: String,
    /// The image in service.
    pub image: Sha256,
    /// The image that was in service before, if it is still there.
    pub previous: Option<Sha256>,
    /// Which network stack it has.
    pub stack: Stack,
    /// The interfaces of the host at which clients come in.
    pub externals: Vec<String>,
    /// Whether the firewall logs what it drops.
    pub log_blocked: bool,
    /// The ZFS dataset below which images and data have theirs, if they have.
    pub zfs: Option<String>,
    /// What was begun and has not ended.
    pub under_way: Option<Operation>,
}

/// Something that changes an appliance in several steps.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "operation")]
pub enum Operation {
    /// It is put in place.
    Install,
    /// It gets another image.
    Upgrade {
        /// The image that it gets.
        to: Sha256,
        /// Whether its service ran, and is to run again.
        runs: bool,
        /// How far it has come.
        reached: Reached,
    },
    /// It gets its previous image back.
    Rollback {
        /// The image that it gets back.
        to: Sha256,
        /// Whether its service ran, and is to run again.
        runs: bool,
        /// How far it has come.
        reached: Reached,
    },
    /// Its data comes out of a backup.
    Restore {
        /// The digest of the database that it gets.
        database: Sha256,
        /// Whether its service ran, and is to run again.
        runs: bool,
        /// How far it has come.
        reached: Reached,
    },
    /// It is taken away.
    Uninstall,
}

/// How far the change to another image, or other data, has come.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reached {
    /// What was in service still is; what was saved of its data may be half a copy.
    Begun,
    /// The other may have run: what was saved is the data as it was before, whole.
    Switched,
    /// It failed: what was in service before comes back, with its data.
    TakenBack,
    /// The other is in service; what was needed for the way back goes.
    Done,
}

impl Operation {
    /// What to type so that it ends.
    pub fn goes_on_by(self, name: &str) -> String {
        match self {
            Self::Install => format!(
                "`jailbuild install` with the same image goes on, `jailbuild uninstall {name}` takes it back"
            ),
            Self::Upgrade { to, .. } => format!(
                "`jailbuild upgrade` with the image {} goes on, `jailbuild rollback {name}` takes it back",
                short(to)
            ),
            Self::Rollback { .. } => format!("`jailbuild rollback {name}` goes on"),
            Self::Restore { .. } => format!(
                "`jailbuild restore` with the same backup goes on, `jailbuild rollback {name}` takes it back"
            ),
            Self::Uninstall => format!("`jailbuild uninstall {name}` goes on"),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Install => "its installation",
            Self::Upgrade { .. } => "an upgrade",
            Self::Rollback { .. } => "a rollback",
            Self::Restore { .. } => "a restoration",
            Self::Uninstall => "its removal",
        })
    }
}

impl Record {
    /// What a new appliance begins with.
    pub fn new(name: &str, image: Sha256) -> Self {
        Self {
            format: FORMAT,
            name: name.to_owned(),
            image,
            previous: None,
            stack: Stack::Own,
            externals: Vec::new(),
            log_blocked: false,
            zfs: None,
            under_way: None,
        }
    }

    /// What is installed under this name; `None` if nothing is.
    pub fn read(host: &dyn Host, layout: &Layout) -> Result<Option<Self>> {
        let path = layout.record();
        let Some(text) = host.text(&path)? else { return Ok(None) };
        let record: Self = serde_json::from_str(&text).doing_to("understand", &path)?;
        if record.name != layout.name() {
            return Err(Error::failed_with_hint(
                format_args!("`{}` is the record of another appliance, `{}`", path.display(), record.name),
                "was its folder copied, or renamed? Put it back where it was",
            ));
        }
        if record.format == FORMAT {
            return Ok(Some(record));
        }
        Err(Error::failed_with_hint(
            format_args!(
                "`{}` is of format {}, but this program reads {FORMAT}",
                path.display(),
                record.format
            ),
            format_args!("use the jailbuild that installed it: `{}`", layout.tool().display()),
        ))
    }

    /// All appliances of this host.
    pub fn all(host: &dyn Host) -> Result<Vec<Self>> {
        let read = |name: String| Self::read(host, &Layout::of(&name)).transpose();
        Layout::names(host)?.into_iter().filter_map(read).collect()
    }

    /// The appliance that was named or, where none was, the only one that there is.
    pub fn find(host: &dyn Host, wanted: Option<&str>) -> Result<Self> {
        let name = Self::name(host, wanted)?;
        // Another one whose record is damaged is no reason to leave this one alone.
        Self::read(host, &Layout::of(&name))?.ok_or_else(|| {
            Error::failed_with_hint(
                format_args!(
                    "`{name}` has no record: it was not put in place, or not taken away, to the end"
                ),
                format_args!("`jailbuild uninstall {name}` takes it away, and keeps its data"),
            )
        })
    }

    /// The name of that appliance, also where its record cannot be read.
    pub fn name(host: &dyn Host, wanted: Option<&str>) -> Result<String> {
        let mut names = Layout::names(host)?;
        match (wanted, names.len()) {
            (Some(name), _) if names.iter().any(|known| known == name) => Ok(name.to_owned()),
            (None, 1) => Ok(names.remove(0)),
            (Some(name), _) => Err(Error::configuration(
                format_args!("no appliance `{name}` is installed here"),
                installed(&names),
            )),
            (None, 0) => Err(Error::configuration("no appliance is installed here", installed(&names))),
            (None, _) => Err(Error::configuration(
                "several appliances are installed here: which one?",
                installed(&names),
            )),
        }
    }

    /// The school's file, as it was installed.
    pub fn site(&self, host: &dyn Host) -> Result<Site> {
        let path = Layout::of(&self.name).site();
        let text = host.text(&path)?.ok_or_else(|| {
            Error::failed_with_hint(
                format_args!("there is no `{}`", path.display()),
                "`jailbuild install` with the same image puts it there",
            )
        })?;
        Site::parse(&path, &text)
    }

    /// What its school's file allows in the network.
    pub fn policy(&self, site: &Site) -> Policy {
        Policy::of(site).with_stack(self.stack)
    }

    /// The form in which it is written down.
    ///
    /// # Panics
    /// Never: a record is plain data.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a record is plain data");
        text.push('\n');
        text
    }
}

fn installed(names: &[String]) -> String {
    match names {
        [] => "`jailbuild install IMAGE` installs one".to_owned(),
        names => format!("name one of `{}`", names.join("`, `")),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::{appliance::machine::Machine, host::file};

    fn install(host: &Machine, name: &str) -> Record {
        let record = Record::new(name, Sha256::of(name.as_bytes()));
        host.write(&Layout::of(name).record(), record.to_json().as_bytes(), file::PUBLIC).unwrap();
        record
    }

    #[test]
    fn the_only_one_need_not_be_named() {
        let host = Machine::new();
        assert_eq!(Record::find(&host, None).unwrap_err().to_string(), "no appliance is installed here");
        let one = install(&host, "schoolchat");
        host.write(&Layout::trusted_signers(), b"", file::PUBLIC).unwrap();
        assert_eq!(Record::find(&host, None).unwrap(), one);
        let other = install(&host, "otherschool");
        assert_eq!(Record::find(&host, None).unwrap_err().exit_code(), 3);
        assert_eq!(Record::find(&host, Some("otherschool")).unwrap(), other);
        assert_eq!(
            Record::find(&host, Some("nobody")).unwrap_err().to_string(),
            "no appliance `nobody` is installed here"
        );
    }

    #[test]
    fn a_record_of_another_form_is_refused() {
        let host = Machine::new();
        let mut record = install(&host, "schoolchat");
        record.format = 2;
        let layout = Layout::of("schoolchat");
        host.write(&layout.record(), record.to_json().as_bytes(), file::PUBLIC).unwrap();
        let error = Record::read(&host, &layout).unwrap_err().to_string();
        assert!(error.ends_with("is of format 2, but this program reads 1"), "{error}");
    }

    #[test]
    fn a_copied_record_does_not_lead_to_another_appliance() {
        let host = Machine::new();
        let record = install(&host, "schoolchat");
        let copy = Layout::of("copy");
        host.write(&copy.record(), record.to_json().as_bytes(), file::PUBLIC).unwrap();
        let error = Record::find(&host, Some("copy")).unwrap_err().to_string();
        assert!(error.ends_with("is the record of another appliance, `schoolchat`"), "{error}");
    }
}
