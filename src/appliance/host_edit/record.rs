//! What of the host itself was changed for the appliances, and how it was before: `host.json`.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{
    appliance::{Layout, Step, files},
    digest::Sha256,
    error::{Context as _, Result},
    host::Host,
};

/// All that was changed of the host.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HostEdits {
    /// Whether the user and the group xmppd were made.
    pub made_user: bool,
    /// The main ruleset of pf, if it was edited.
    pub rules: Option<RulesEdit>,
    /// The variables of rc.conf that were set, each with its value before, if it had one.
    pub variables: BTreeMap<String, Option<String>>,
    /// Whether pf was enabled.
    pub enabled_pf: bool,
    /// Whether forwarding was turned on in the kernel.
    pub forwarding: bool,
    /// The appliances that were taken away but for their data, where these have a ZFS dataset: below which one.
    pub kept_datasets: BTreeMap<String, String>,
}

/// A file that was edited.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RulesEdit {
    /// Which.
    pub path: PathBuf,
    /// What it was before; `None` where there was none.
    pub before: Option<Sha256>,
    /// What it was made.
    pub after: Sha256,
}

impl HostEdits {
    /// What was changed so far; nothing where it was never written down.
    pub fn read(host: &dyn Host) -> Result<Self> {
        let path = Layout::host_edits();
        let text = host.text(&path)?;
        text.map_or(Ok(Self::default()), |text| serde_json::from_str(&text).doing_to("understand", &path))
    }

    /// The step that writes it down, or that leaves nothing of it where there is nothing to undo.
    ///
    /// # Panics
    /// Never: it is plain data.
    pub fn step(&self) -> Step {
        if *self == Self::default() {
            return Step::Absent { path: Layout::host_edits() };
        }
        let mut text = serde_json::to_string_pretty(self).expect("plain data");
        text.push('\n');
        files::public(Layout::host_edits(), text)
    }
}
