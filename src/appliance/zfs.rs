//! ZFS: datasets for the images and the data of an appliance, and the snapshot that an upgrade goes back to.

use std::path::{Path, PathBuf};

use super::{Layout, Step};
use crate::{
    error::{Error, Result},
    host::{Host, command::Command},
};

/// The datasets of an appliance, below the one that was named when it was installed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Datasets {
    images: (String, PathBuf),
    data: (String, PathBuf),
}

impl Datasets {
    /// Those of the appliance with this layout, below `parent`, such as `zroot/chat`.
    pub fn of(layout: &Layout, parent: &str) -> Self {
        let dataset = |what: &str, at: PathBuf| (format!("{parent}/{}-{what}", layout.name()), at);
        Self { images: dataset("images", layout.images()), data: dataset("data", layout.data()) }
    }

    /// They are there, mounted where the images and the data go: before the folders get their owners.
    pub fn created(&self) -> Vec<Step> {
        let created = |(name, at): &(String, PathBuf)| Step::Dataset { name: name.clone(), at: at.clone() };
        vec![created(&self.images), created(&self.data)]
    }

    /// The dataset of the images is gone, with all that is in it.
    pub fn images_gone(&self) -> Step {
        Step::NoDataset { name: self.images.0.clone() }
    }

    /// The dataset of the data is gone, with all that is in it and every snapshot.
    pub fn data_gone(&self) -> Step {
        Step::NoDataset { name: self.data.0.clone() }
    }

    /// Whether the dataset of the data is there but not mounted: an empty folder then says nothing of what is in it.
    pub fn hides_data(&self, host: &dyn Host) -> Result<bool> {
        let (name, at) = &self.data;
        Ok(exists(host, name)? && !is_mounted(host, name, at)?)
    }

    /// The snapshot that an upgrade goes back to when it fails.
    pub fn snapshot(&self) -> String {
        format!("{}@before-upgrade", self.data.0)
    }
}

/// Refuses a dataset that is not there: `zfs create` makes none but the last of a path.
pub fn require(host: &dyn Host, parent: &str) -> Result<()> {
    if exists(host, parent)? {
        return Ok(());
    }
    Err(Error::host(
        format_args!("there is no ZFS dataset `{parent}`"),
        format_args!("type `zfs create {parent}`, or name another one"),
    ))
}

/// Whether there is this dataset or snapshot.
pub(super) fn exists(host: &dyn Host, name: &str) -> Result<bool> {
    Ok(host.output(&Command::new("zfs").args(["list", "-H", "-o", "name", name]))?.code == Some(0))
}

/// Whether a dataset is mounted at this place.
pub(super) fn is_mounted(host: &dyn Host, name: &str, at: &Path) -> Result<bool> {
    let state = Command::new("zfs").args(["list", "-H", "-o", "mounted,mountpoint", name]);
    let output = host.output(&state)?;
    let state = String::from_utf8_lossy(&output.stdout);
    Ok(output.code == Some(0) && state.trim() == format!("yes\t{}", at.display()))
}

/// Mounts a dataset at this place, which is made where there is none. What is in that place already would be hidden.
pub(super) fn mount(host: &dyn Host, name: &str, at: &Path) -> Result<()> {
    if !host.names(at)?.is_empty() {
        return Err(Error::failed_with_hint(
            format_args!("`{}` is not empty: a ZFS dataset would hide what is in it", at.display()),
            "move it away, or leave out `--zfs`",
        ));
    }
    let command = if exists(host, name)? {
        Command::new("zfs").args(["mount", name])
    } else {
        Command::new("zfs").args(["create", "-o", &format!("mountpoint={}", at.display()), name])
    };
    host.ask(&command).map(drop)
}

/// Takes a snapshot.
pub(super) fn snapshot(host: &dyn Host, name: &str) -> Result<()> {
    host.ask(&Command::new("zfs").args(["snapshot", name])).map(drop)
}

/// Destroys a snapshot, or a dataset with its snapshots.
pub(super) fn destroy(host: &dyn Host, name: &str) -> Result<()> {
    host.ask(&to_destroy(name)).map(drop)
}

/// Makes a dataset be as its snapshot has it. The snapshot then goes: what is written afterwards is to stay.
pub(super) fn roll_back(host: &dyn Host, snapshot: &str) -> Result<()> {
    host.ask(&to_roll_back(snapshot))?;
    destroy(host, snapshot)
}

/// Snapshots that somebody took meanwhile go: there is no way back past them.
pub(super) fn to_roll_back(snapshot: &str) -> Command {
    Command::new("zfs").args(["rollback", "-r", snapshot])
}

pub(super) fn to_destroy(name: &str) -> Command {
    let destroy = Command::new("zfs").arg("destroy");
    if name.contains('@') { destroy.arg(name) } else { destroy.args(["-r", name]) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;
    use crate::{
        appliance::{Done, carry_out, machine::Machine},
        host::file,
    };

    fn datasets() -> Datasets {
        Datasets::of(&Layout::of("schoolchat"), "zroot/chat")
    }

    fn pool() -> Machine {
        let host = Machine::new();
        host.state().datasets.insert("zroot/chat".to_owned(), String::new());
        host
    }

    #[test]
    fn datasets_are_made_once_and_mounted_where_they_belong() {
        let host = pool();
        require(&host, "zroot/chat").unwrap();
        for expected in [Done::Now, Done::Already] {
            for step in datasets().created() {
                assert_eq!(carry_out(&step, &host).unwrap(), expected, "{step}");
            }
        }
        let made = host.state().datasets.clone();
        assert_eq!(made["zroot/chat/schoolchat-data"], "/usr/local/jailbuild/schoolchat/data");
        for step in [datasets().data_gone(), datasets().images_gone()] {
            assert_eq!(carry_out(&step, &host).unwrap(), Done::Now);
            assert_eq!(carry_out(&step, &host).unwrap(), Done::Already);
        }
        assert_eq!(host.state().datasets.len(), 1);
    }

    #[test]
    fn a_dataset_that_is_not_there_is_the_hosts_lack() {
        let error = require(&Machine::new(), "zroot/chat").unwrap_err();
        assert_eq!(
            (error.exit_code(), error.to_string().as_str()),
            (6, "there is no ZFS dataset `zroot/chat`")
        );
    }

    #[test]
    fn nothing_is_hidden_below_a_dataset() {
        let host = pool();
        host.write(&Layout::of("schoolchat").data().join("store"), b"messages", file::SECRET).unwrap();
        let refused = datasets().created().iter().find_map(|step| carry_out(step, &host).err());
        let refused = refused.unwrap().to_string();
        assert!(refused.contains("schoolchat/data` is not empty"), "{refused}");
    }

    #[test]
    fn what_was_rolled_back_is_not_rolled_back_again() {
        let host = pool();
        for step in datasets().created() {
            carry_out(&step, &host).unwrap();
        }
        let store = Layout::of("schoolchat").data().join("store");
        let written = |text: &str| host.write(&store, text.as_bytes(), file::SECRET).unwrap();
        written("before");
        carry_out(&Step::Snapshot { name: datasets().snapshot() }, &host).unwrap();
        written("after");
        let back = Step::RolledBack { snapshot: datasets().snapshot() };
        assert_eq!(carry_out(&back, &host).unwrap(), Done::Now);
        assert_eq!(host.text(&store).unwrap().unwrap(), "before");
        written("later");
        assert_eq!(carry_out(&back, &host).unwrap(), Done::Already);
        assert_eq!(host.text(&store).unwrap().unwrap(), "later");
    }
}
