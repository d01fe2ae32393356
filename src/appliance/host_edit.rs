//! What the host itself must do for its appliances: evaluate their anchors, and forward packets to them. With
//! `--edit-host` it is made to, and is as it was when the last appliance goes.

mod record;
pub mod rules;
mod undo;

use std::path::{Path, PathBuf};

pub use record::{HostEdits, RulesEdit};
pub use undo::undo;

use super::{
    Content, Layout, Owner, Step,
    execute::{kernel, variable},
};
use crate::{
    digest::Sha256,
    error::{Error, Result},
    host::{
        Found, Host,
        command::Command,
        file::{PUBLIC, SECRET},
    },
    policy::Stack,
    runtime::freebsd::{pf_is_enabled, require_pf},
};

/// The variables of rc.conf(5) that must say `YES`, so that all of it holds when the host starts anew.
const PF: &str = "pf_enable";
const GATEWAY: &str = "gateway_enable";

/// What is there once pf is in the kernel.
const PF_DEVICE: &str = "/dev/pf";

/// The kernel's setting.
const FORWARDING: &str = "net.inet.ip.forwarding";

/// What the host lacks.
struct Lack {
    /// pf is off, or does not evaluate the anchors.
    firewall: bool,
    /// Packets are not forwarded, though a jail with a stack of its own needs it.
    forwarding: bool,
    /// Variables that do not say `YES`.
    variables: Vec<&'static str>,
}

/// How the host comes to do what its appliances need.
#[derive(Default)]
pub struct Mending {
    /// What is told, and seen to, before anything is written: none of it is undone.
    pub first: Vec<Step>,
    /// What changes the host.
    pub then: Vec<Step>,
}

/// The steps after which the host does what its appliances need; `edits` gets what must be written down before the host is
/// changed. Where it is not to be edited, [`crate::checkup`] has found that it lacks nothing but what lasts.
pub fn plan(stack: Stack, edit: bool, edits: &mut HostEdits, host: &dyn Host) -> Result<Mending> {
    let lack = Lack::of(stack, host)?;
    if edit {
        return lack.mend(edits, host);
    }
    let notes = lack.variables.iter().map(|name| Step::Note(not_lasting(name))).collect();
    Ok(Mending { first: notes, then: Vec::new() })
}

impl Lack {
    fn of(stack: Stack, host: &dyn Host) -> Result<Self> {
        let own = stack == Stack::Own;
        let mut variables = Vec::new();
        for (name, needed) in [(PF, true), (GATEWAY, own)] {
            if needed && variable(host, name)?.as_deref() != Some("YES") {
                variables.push(name);
            }
        }
        Ok(Self {
            firewall: require_pf(host).is_err(),
            forwarding: own && kernel(host, FORWARDING)?.as_deref() != Some("1"),
            variables,
        })
    }

    fn mend(&self, edits: &mut HostEdits, host: &dyn Host) -> Result<Mending> {
        let Mending { first, then: mut steps } =
            if self.firewall { firewall(edits, host)? } else { Mending::default() };
        for name in &self.variables {
            let before = variable(host, name)?;
            edits.variables.entry((*name).to_owned()).or_insert(before);
            steps.push(Step::Variable { name: (*name).to_owned(), value: Some("YES".to_owned()) });
        }
        if self.firewall {
            steps.push(Step::Firewall { rules: main_rules(host)? });
        }
        if self.forwarding {
            edits.forwarding = true;
            steps.push(Step::Kernel { name: FORWARDING.to_owned(), value: "1".to_owned() });
        }
        Ok(Mending { first, then: steps })
    }
}

/// The steps after which the main ruleset has the lines, but is not in force yet.
fn firewall(edits: &mut HostEdits, host: &dyn Host) -> Result<Mending> {
    let path = main_rules(host)?;
    let before = host.read(&path)?;
    let is_enabled = pf_is_enabled(host);
    edits.enabled_pf |= !is_enabled;
    let mut first = vec![Step::Note(warning(&path, before.is_some(), is_enabled))];
    let draft = match &before {
        None if is_enabled => return Err(rules_from_elsewhere(&path)),
        None => Some(rules::MINIMAL.to_owned()),
        Some(text) => rules::edited(&String::from_utf8_lossy(text)),
    };
    let draft = draft.map(Content::new);
    if host.look(Path::new(PF_DEVICE))?.is_some() {
        require_understood(host, &path, draft.as_ref())?;
    } else {
        first.extend(understood_once_loaded(&path, draft.as_ref()));
    }
    let Some(draft) = draft else { return Ok(Mending { first, then: Vec::new() }) };
    let mode = match host.look(&path)? {
        Some(Found::File { mode }) => mode,
        _ => PUBLIC,
    };
    edits.rules = Some(RulesEdit {
        path: path.clone(),
        before: before.as_deref().map(Sha256::of),
        after: Sha256::of(draft.bytes()),
    });
    let file =
        |path: PathBuf, mode: u32, content: Content| Step::File { path, mode, owner: Owner::Root, content };
    let copy = before.map(|text| file(Layout::rules_before(), SECRET, Content::new(text)));
    Ok(Mending { first, then: copy.into_iter().chain([file(path, mode, draft)]).collect() })
}

/// Refuses a draft, or a file, that pf does not understand: nothing was changed yet.
pub(super) fn require_understood(host: &dyn Host, path: &Path, draft: Option<&Content>) -> Result<()> {
    let output = host.output(&check(path, draft))?;
    if output.code == Some(0) {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(Error::host(
        format_args!(
            "pfctl does not take `{}` as it would be with the lines for appliances: {}",
            path.display(),
            complaint.trim()
        ),
        format_args!(
            "put them in yourself: `{}` after the translation rules, `{}` before the filter rules",
            rules::REDIRECT,
            rules::FILTER
        ),
    ))
}

/// pfctl(8) takes nothing while pf is not in the kernel, where it does no harm before it is enabled.
fn understood_once_loaded(path: &Path, draft: Option<&Content>) -> [Step; 3] {
    let note = "pf is not in the kernel yet: whether it takes the rules is seen once it is loaded, before anything is written";
    let load = Command::new("kldload").args(["-n", "pf"]);
    let understood = Step::Understood { rules: path.to_owned(), draft: draft.cloned() };
    [Step::Note(note.to_owned()), Step::Run(load), understood]
}

fn check(path: &Path, draft: Option<&Content>) -> Command {
    let check = Command::new("pfctl").arg("-nf");
    match draft {
        Some(draft) => check.arg("-").input(draft.bytes()),
        None => check.arg(path),
    }
}

/// The file of the main ruleset, which rc.conf(5) may say.
fn main_rules(host: &dyn Host) -> Result<PathBuf> {
    Ok(variable(host, "pf_rules")?.map_or_else(|| "/etc/pf.conf".into(), PathBuf::from))
}

fn warning(path: &Path, is_there: bool, is_enabled: bool) -> String {
    let path = path.display();
    match (is_there, is_enabled) {
        (true, true) => format!("the rules of `{path}` come into force anew, with two lines for appliances"),
        (true, false) => format!(
            "pf is off and will be on: the rules of `{path}` COME INTO FORCE, the host's own as well as two lines for appliances. \
             Read them before, lest they keep you out"
        ),
        (false, _) => format!(
            "pf is off and will be on, with a new `{path}` that lets everything pass but to appliances"
        ),
    }
}

fn rules_from_elsewhere(path: &Path) -> Error {
    Error::host(
        format_args!("pf is enabled, but there is no `{}`: its rules came from elsewhere", path.display()),
        format_args!(
            "put the lines there yourself: `{}` after the translation rules, `{}` before the filter rules",
            rules::REDIRECT,
            rules::FILTER
        ),
    )
}

fn not_lasting(variable: &str) -> String {
    format!(
        "when the host starts anew the appliance will not: type `sysrc {variable}=YES`, or add `--edit-host`"
    )
}
