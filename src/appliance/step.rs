//! What can be done to a host, as data: printed for who asks what would be done, compared in tests, and carried out by
//! [`super::execute`].

use std::{fmt, path::PathBuf, sync::Arc};

use serde::Serialize;
use zeroize::Zeroizing;

use super::zfs;
use crate::{digest::Sha256, host::command::Command, image::Tree, runtime::freebsd};

/// Steps in their order; each is carried out only after the one before it held.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step. Each says what is to be so, not what is to be done: where it is so already, nothing happens.
#[derive(Clone, Debug)]
pub enum Step {
    /// The host has the user and the group that daemons run as.
    User,
    /// The host has neither of them.
    NoUser,
    /// There is a folder.
    Folder {
        /// Where.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Whose it is.
        owner: Owner,
    },
    /// There is a file.
    File {
        /// Where.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Whose it is.
        owner: Owner,
        /// What is in it.
        content: Content,
    },
    /// There is a symbolic link.
    Link {
        /// Where.
        path: PathBuf,
        /// Where it points to.
        target: PathBuf,
    },
    /// A folder has another name, where it had the first; where it is gone, the other one must be there.
    Renamed {
        /// Its name.
        from: PathBuf,
        /// Its other name.
        to: PathBuf,
    },
    /// Nothing is there.
    Absent {
        /// Where.
        path: PathBuf,
    },
    /// A folder that was saved is back in its place, and what was there is gone; where it is not there, that was done before.
    Restored {
        /// Where it was saved.
        saved: PathBuf,
        /// Where it belongs.
        place: PathBuf,
    },
    /// Something that a throw-away jail may have left behind is gone.
    Gone(freebsd::Step),
    /// A ZFS dataset is mounted.
    Dataset {
        /// Its name.
        name: String,
        /// Where it is mounted.
        at: PathBuf,
    },
    /// There is no such ZFS dataset or snapshot.
    NoDataset {
        /// Its name.
        name: String,
    },
    /// There is a snapshot of a ZFS dataset.
    Snapshot {
        /// Its name.
        name: String,
    },
    /// A ZFS dataset is as a snapshot of it, which is then destroyed; where there is no such snapshot, that was done before.
    RolledBack {
        /// The snapshot's name.
        snapshot: String,
    },
    /// A command has run, and succeeded. It must do no harm when it is run twice.
    Run(Command),
    /// A command has run, unless another one succeeds.
    Unless {
        /// What succeeds where nothing is to be done.
        holds: Command,
        /// What is run else, after which `holds` must succeed.
        run: Command,
    },
    /// An image is unpacked: whole, or not there at all.
    Unpacked {
        /// What is in it.
        tree: Arc<Tree>,
        /// Where.
        into: PathBuf,
    },
    /// A folder is gone, unless something is in it.
    Pruned {
        /// Where.
        path: PathBuf,
    },
    /// A variable of rc.conf(5) has this value.
    Variable {
        /// Its name.
        name: String,
        /// Its value; `None` where it is not to be set at all.
        value: Option<String>,
    },
    /// The kernel's setting has this value, until the host starts anew.
    Kernel {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// pf takes the main ruleset as it will be; it must be in the kernel.
    Understood {
        /// Where it lies.
        rules: PathBuf,
        /// What will be in it; `None` where it stays as it is.
        draft: Option<Content>,
    },
    /// The host's pf is enabled, and evaluates the anchors of appliances: with the rules of this file where it did not.
    Firewall {
        /// The main ruleset.
        rules: PathBuf,
    },
    /// The rules of this file are the host's, where pf is enabled.
    Rules {
        /// The main ruleset.
        rules: PathBuf,
    },
    /// A service is as it is wanted.
    Service {
        /// Its name.
        name: String,
        /// What is wanted of it.
        state: Service,
    },
    /// Somebody is told something; nothing is done.
    Note(String),
}

/// What is wanted of a service.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// It runs, and its daemon answers.
    Started,
    /// It does not run, and nothing of it is left in memory.
    Stopped,
    /// It was started anew.
    Restarted,
    /// It has taken its settings and its certificate in anew, and those who are connected did not notice.
    Reloaded,
}

/// Whose a file or folder is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// root and its group, wheel.
    Root,
    /// The daemon's user and group.
    Daemon,
}

/// What is in a file. Nobody sees it who prints a plan: it may be a key.
#[derive(Clone, Eq, PartialEq)]
pub struct Content(Zeroizing<Vec<u8>>);

impl Content {
    /// These bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Content({} bytes)", self.0.len())
    }
}

impl Plan {
    /// A plan of one step after the other.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect() }
    }

    /// A plan of one after the other.
    pub fn joined<'a>(plans: impl IntoIterator<Item = &'a Self>) -> Self {
        Self::new(plans.into_iter().flat_map(|plan| plan.steps.clone()))
    }
}

impl Owner {
    /// As chown(8) takes it, and `ls -ln` prints it: numbers, for names may not be there yet.
    pub fn ids(self) -> String {
        match self {
            Self::Root => "0:0".to_owned(),
            Self::Daemon => format!("{0}:{0}", crate::runtime::DAEMON_USER),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            let end = if index + 1 == self.steps.len() { "" } else { "\n" };
            write!(formatter, "{:>3}. {step}{end}", index + 1)?;
        }
        Ok(())
    }
}

impl Serialize for Plan {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.steps.iter().map(Step::to_string))
    }
}

/// As it is to be: `the folder PATH, mode 0700, xmppd's`.
impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => write!(formatter, "the user and the group xmppd ({})", crate::runtime::DAEMON_USER),
            Self::Folder { path, mode, owner } => {
                write!(formatter, "the folder {}, mode {mode:04o}, {owner}", path.display())
            }
            Self::File { path, mode, owner, content } => {
                let length = content.bytes().len();
                write!(formatter, "the file {}, mode {mode:04o}, {owner}, {length} bytes", path.display())
            }
            Self::Link { path, target } => {
                write!(formatter, "the link {} to {}", path.display(), target.display())
            }
            Self::Renamed { from, to } => write!(formatter, "{} renamed {}", from.display(), to.display()),
            Self::Absent { path } => write!(formatter, "no {}", path.display()),
            Self::Dataset { name, at } => {
                write!(formatter, "the ZFS dataset {name}, mounted at {}", at.display())
            }
            Self::Restored { saved, place } => {
                write!(
                    formatter,
                    "if {} is there: it takes the place of {}",
                    saved.display(),
                    place.display()
                )
            }
            Self::Gone(gone) => gone.fmt(formatter),
            Self::NoDataset { name } => write!(formatter, "no ZFS dataset {name}"),
            Self::Snapshot { name } => write!(formatter, "the ZFS snapshot {name}"),
            Self::RolledBack { snapshot } => {
                write!(
                    formatter,
                    "if {snapshot} is there: `{}`, `{}`",
                    zfs::to_roll_back(snapshot),
                    zfs::to_destroy(snapshot)
                )
            }
            Self::Run(command) => write!(formatter, "run `{command}`"),
            Self::Unless { holds, run } => write!(formatter, "run `{run}` unless `{holds}` succeeds"),
            Self::NoUser => formatter.write_str("neither the user nor the group xmppd"),
            Self::Unpacked { tree, into } => {
                write!(formatter, "the image unpacked in {}, {} entries", into.display(), tree.iter().count())
            }
            Self::Pruned { path } => write!(formatter, "no {}, unless something is in it", path.display()),
            Self::Variable { name, value: Some(value) } => write!(formatter, "{name}={value} in rc.conf"),
            Self::Variable { name, value: None } => write!(formatter, "no {name} in rc.conf"),
            Self::Kernel { name, value } => write!(formatter, "the kernel's {name}={value}"),
            Self::Understood { rules, .. } => {
                write!(formatter, "pf takes {} with the lines for appliances", rules.display())
            }
            Self::Firewall { rules } => write!(
                formatter,
                "pf enabled, and evaluating the anchors jailbuild/*: with the rules of {} where it does not",
                rules.display()
            ),
            Self::Rules { rules } => write!(formatter, "the rules of {} in force", rules.display()),
            Self::Service { name, state } => write!(formatter, "the service {name} {state}"),
            Self::Note(text) => write!(formatter, "note: {text}"),
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Started => "started, and ready",
            Self::Stopped => "stopped",
            Self::Restarted => "restarted, and ready",
            Self::Reloaded => "reloaded, and ready",
        })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Root => "root's",
            Self::Daemon => "xmppd's",
        })
    }
}

/// A short name of an image, for people: the first digits of its digest.
pub fn short(image: Sha256) -> String {
    image.to_string()[..12].to_owned()
}
