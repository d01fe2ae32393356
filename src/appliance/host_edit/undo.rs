//! The host as it was before the first appliance, where nobody else has changed it since.

use super::{HostEdits, RulesEdit};
use crate::{
    appliance::{
        Content, Layout, Owner, Step,
        execute::{kernel, variable},
    },
    digest::Sha256,
    error::Result,
    host::{Found, Host, command::Command, file::PUBLIC},
};

/// The steps that undo all that is still as it was written. What is left is told, and stays written down nowhere.
pub fn undo(edits: &HostEdits, host: &dyn Host) -> Result<Vec<Step>> {
    let Some(mut steps) = rules(edits, host)? else {
        return Ok(vec![Step::Note(by_hand(edits))]);
    };
    for (name, before) in &edits.variables {
        if variable(host, name)?.as_deref() == Some("YES") {
            steps.push(Step::Variable { name: name.clone(), value: before.clone() });
        }
    }
    if edits.forwarding && kernel(host, super::FORWARDING)?.as_deref() == Some("1") {
        steps.push(Step::Kernel { name: super::FORWARDING.to_owned(), value: "0".to_owned() });
    }
    steps.push(Step::Absent { path: Layout::rules_before() });
    Ok(steps)
}

/// pf and its main ruleset; `None` where somebody has changed the file since.
fn rules(edits: &HostEdits, host: &dyn Host) -> Result<Option<Vec<Step>>> {
    // Off first: what pf did not do before, it is not to do with the host's rules alone.
    let mut steps: Vec<_> = edits.enabled_pf.then(off).into_iter().collect();
    let Some(edit) = &edits.rules else { return Ok(Some(steps)) };
    let found = host.read(&edit.path)?.as_deref().map(Sha256::of);
    if found != Some(edit.after) && found != edit.before {
        return Ok(None);
    }
    if found == Some(edit.after) {
        let Some(back) = back(edit, host)? else { return Ok(None) };
        steps.push(back);
    }
    if !edits.enabled_pf {
        steps.push(Step::Rules { rules: edit.path.clone() });
    }
    Ok(Some(steps))
}

/// The step that puts the file back; `None` where the copy of it is gone.
fn back(edit: &RulesEdit, host: &dyn Host) -> Result<Option<Step>> {
    let path = edit.path.clone();
    if edit.before.is_none() {
        return Ok(Some(Step::Absent { path }));
    }
    let copy = host.read(&Layout::rules_before())?;
    let copy = copy.filter(|copy| edit.before == Some(Sha256::of(copy)));
    let mode = match host.look(&path)? {
        Some(Found::File { mode }) => mode,
        _ => PUBLIC,
    };
    Ok(copy.map(|copy| Step::File { path, mode, owner: Owner::Root, content: Content::new(copy) }))
}

fn off() -> Step {
    Step::Run(Command::new("service").args(["pf", "onestop"]))
}

fn by_hand(edits: &HostEdits) -> String {
    let path = edits.rules.as_ref().map(|edit| edit.path.display().to_string()).unwrap_or_default();
    let variable = |(name, before): (&String, &Option<String>)| match before {
        Some(value) => format!("`sysrc {name}={value}`"),
        None => format!("`sysrc -x {name}`"),
    };
    let forwarding = edits.forwarding.then(|| format!("`sysctl {}=0`", super::FORWARDING));
    let left: Vec<_> = edits.variables.iter().map(variable).chain(forwarding).collect();
    format!(
        "`{path}` was changed after `--edit-host`, and stays: take out the lines with `jailbuild/*`, then `pfctl -f {path}`. \
         As it was before it lies in `{}`. Left as well: {}",
        Layout::rules_before().display(),
        if left.is_empty() { "nothing".to_owned() } else { left.join(", ") }
    )
}
