//! The data of an appliance put by before it is changed, and brought back where that fails.

use super::{Layout, Record, Step, zfs::Datasets};
use crate::host::command::Command;

/// Where the data is put by: in a snapshot, or in a copy.
pub(super) struct Saved {
    layout: Layout,
    datasets: Option<Datasets>,
}

impl Saved {
    /// The data of this appliance.
    pub(super) fn of(record: &Record) -> Self {
        let layout = Layout::of(&record.name);
        let datasets = record.zfs.as_ref().map(|parent| Datasets::of(&layout, parent));
        Self { layout, datasets }
    }

    /// A copy of the data, which is not called one before it is whole.
    pub(super) fn made(&self) -> Vec<Step> {
        let layout = &self.layout;
        let mut steps = self.gone();
        match &self.datasets {
            Some(datasets) => steps.push(Step::Snapshot { name: datasets.snapshot() }),
            None => steps.extend([
                Step::Run(Command::new("cp").arg("-Rp").arg(layout.data()).arg(layout.saving())),
                Step::Renamed { from: layout.saving(), to: layout.saved() },
            ]),
        }
        steps
    }

    /// Nothing is put by.
    pub(super) fn gone(&self) -> Vec<Step> {
        let layout = &self.layout;
        match &self.datasets {
            Some(datasets) => vec![Step::NoDataset { name: datasets.snapshot() }],
            None => [layout.saving(), layout.saved()].map(|path| Step::Absent { path }).to_vec(),
        }
    }

    /// The data is what was put by.
    pub(super) fn back(&self) -> Step {
        let layout = &self.layout;
        match &self.datasets {
            Some(datasets) => Step::RolledBack { snapshot: datasets.snapshot() },
            None => Step::Restored { saved: layout.saved(), place: layout.data() },
        }
    }
}
