//! The host's own pf.

use std::path::Path;

use crate::{
    error::Result,
    host::{Host, command::Command},
    runtime::freebsd::{pf_is_enabled, require_pf},
};

pub(super) fn evaluates_anchors(host: &dyn Host) -> bool {
    require_pf(host).is_ok()
}

/// Enables pf, which takes the rules of its file, or has it take them anew.
pub(super) fn bring_up(host: &dyn Host, rules: &Path) -> Result<()> {
    if pf_is_enabled(host) {
        load(host, rules)?;
    } else {
        host.ask(&Command::new("pfctl").arg("-nf").arg(rules))?;
        host.ask(&Command::new("service").args(["pf", "onestart"]))?;
    }
    require_pf(host)
}

/// Where pf is off its rules are nobody's, and it takes those of the file when it is enabled.
pub(super) fn load(host: &dyn Host, rules: &Path) -> Result<()> {
    if !pf_is_enabled(host) {
        return Ok(());
    }
    // A file that pf does not understand would leave the host with rules of before, or none.
    host.ask(&Command::new("pfctl").arg("-nf").arg(rules))?;
    host.ask(&Command::new("pfctl").arg("-f").arg(rules)).map(drop)
}
