//! Steps carried out, each ensured rather than done, and each looked at afterwards.

mod accounts;
mod files;
mod firewall;
mod settings;

pub(super) use settings::{kernel, variable};

use super::{
    host_edit, service,
    step::{Plan, Step},
    zfs,
};
use crate::{
    error::{Error, Result},
    host::{Host, command::Command},
    runtime::freebsd,
};

/// What came of a step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Done {
    /// It was so already.
    Already,
    /// It was done now.
    Now,
}

impl Plan {
    /// What of it is not so yet; notes are for whom something is done.
    pub fn pending(self, host: &dyn Host) -> Result<Self> {
        let mut pending = Vec::new();
        for step in self.steps {
            if matches!(step, Step::Note(_)) || !holds(&step, host)? {
                pending.push(step);
            }
        }
        let idle = pending.iter().all(|step| matches!(step, Step::Note(_)));
        Ok(Self { steps: if idle { Vec::new() } else { pending } })
    }

    /// Carries it out up to the first step that fails, and tells of each before it begins.
    pub fn carry_out(&self, host: &dyn Host, tell: &mut dyn FnMut(&Step)) -> Result<()> {
        self.steps.iter().try_for_each(|step| {
            tell(step);
            carry_out(step, host).map(drop)
        })
    }
}

/// Ensures one step.
pub fn carry_out(step: &Step, host: &dyn Host) -> Result<Done> {
    if holds(step, host)? {
        return Ok(Done::Already);
    }
    act(step, host)?;
    if leaves_no_trace(step) || holds(step, host)? {
        return Ok(Done::Now);
    }
    Err(Error::failed(format_args!("this was done, but is not so: {step}")))
}

/// Whether it is so.
pub fn holds(step: &Step, host: &dyn Host) -> Result<bool> {
    match step {
        Step::User => accounts::are_there(host),
        Step::NoUser => accounts::are_gone(host),
        Step::Folder { path, mode, owner } => files::is_folder(host, path, *mode, *owner),
        Step::File { path, mode, owner, content } => files::is_file(host, path, *mode, *owner, content),
        Step::Link { path, target } => files::is_link(host, path, target),
        Step::Renamed { from, to } => files::is_renamed(host, from, to),
        Step::Absent { path } => files::is_absent(host, path),
        Step::Unpacked { into, .. } => files::is_there(host, into),
        Step::Pruned { path } => files::is_pruned(host, path),
        Step::Variable { name, value } => settings::is_variable(host, name, value.as_deref()),
        Step::Kernel { name, value } => settings::is_kernel(host, name, value),
        Step::Firewall { .. } => Ok(firewall::evaluates_anchors(host)),
        Step::Service { name, state } => service::is(host, name, *state),
        Step::Dataset { name, at } => zfs::is_mounted(host, name, at),
        Step::NoDataset { name } | Step::RolledBack { snapshot: name } => Ok(!zfs::exists(host, name)?),
        Step::Snapshot { name } => zfs::exists(host, name),
        Step::Restored { saved, place } => files::is_renamed(host, saved, place),
        Step::Unless { holds, .. } => succeeds(host, holds),
        Step::Gone(_) | Step::Rules { .. } | Step::Run(_) | Step::Understood { .. } => Ok(false),
        Step::Note(_) => Ok(true),
    }
}

fn act(step: &Step, host: &dyn Host) -> Result<()> {
    match step {
        Step::User => accounts::add(host),
        Step::NoUser => accounts::remove(host),
        Step::Folder { path, mode, owner } => files::create_folder(host, path, *mode, *owner),
        Step::File { path, mode, owner, content } => files::write(host, path, *mode, *owner, content),
        Step::Link { path, target } => host.link(path, target),
        Step::Renamed { from, to } => files::rename(host, from, to),
        Step::Absent { path } | Step::Pruned { path } => host.remove(path),
        Step::Unpacked { tree, into } => files::unpack(host, tree, into),
        Step::Variable { name, value } => settings::set_variable(host, name, value.as_deref()),
        Step::Kernel { name, value } => settings::set_kernel(host, name, value),
        Step::Understood { rules, draft } => host_edit::require_understood(host, rules, draft.as_ref()),
        Step::Firewall { rules } => firewall::bring_up(host, rules),
        Step::Rules { rules } => firewall::load(host, rules),
        Step::Service { name, state } => service::bring(host, name, *state),
        Step::Dataset { name, at } => zfs::mount(host, name, at),
        Step::NoDataset { name } => zfs::destroy(host, name),
        Step::Snapshot { name } => zfs::snapshot(host, name),
        Step::RolledBack { snapshot } => zfs::roll_back(host, snapshot),
        Step::Restored { saved, place } => files::restore(host, saved, place),
        Step::Gone(gone) => freebsd::carry_out(std::slice::from_ref(gone), host),
        Step::Unless { run, .. } | Step::Run(run) => host.ask(run).map(drop),
        Step::Note(_) => Ok(()),
    }
}

/// Whether nothing shows afterwards that it was done.
fn leaves_no_trace(step: &Step) -> bool {
    use super::step::Service::{Reloaded, Restarted};
    matches!(
        step,
        Step::Gone(_)
            | Step::Rules { .. }
            | Step::Run(_)
            | Step::Understood { .. }
            | Step::Service { state: Reloaded | Restarted, .. }
    )
}

fn succeeds(host: &dyn Host, command: &Command) -> Result<bool> {
    Ok(host.output(command)?.code == Some(0))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests;
