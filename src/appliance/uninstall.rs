//! An appliance taken away: of one that was put in place half-way as well, and of one whose record cannot be read.

use std::path::PathBuf;

use super::{
    Layout, Operation, Plan, Reached, Record, Service, Step, files,
    host_edit::{self, HostEdits},
    rehearsal,
    zfs::Datasets,
};
use crate::{
    error::{Error, Result},
    host::{Host, command::Command},
};

/// The steps that are left until nothing of it is there but its data; with `purge`, those neither.
pub fn plan(name: &str, purge: bool, host: &dyn Host) -> Result<Plan> {
    super::requirements::root(host)?;
    let layout = Layout::of(name);
    let mut edits = HostEdits::read(host)?;
    let others = others(name, host)?;
    let is_last = others.is_empty();
    let zfs = zfs(name, &edits, &layout, host);
    let datasets = zfs.as_deref().map(|parent| Datasets::of(&layout, parent));
    let keeps_data = !purge && may_hold_anything(&layout, datasets.as_ref(), host)?;

    refuse_half_way(name, purge, host)?;
    let mut steps = begin(&layout, host);
    steps.extend(without_rehearsal(&layout, host)?);
    steps.extend(stopped(&layout, host)?);
    steps.extend(without_service(&layout, host)?);
    steps.extend(without_images(&layout, datasets.as_ref()));
    if !keeps_data {
        steps.extend(without_data(&layout, datasets.as_ref()));
    }
    if is_last {
        steps.extend(host_edit::undo(&edits, host)?);
        let HostEdits { made_user, kept_datasets, .. } = edits;
        edits = HostEdits { made_user, kept_datasets, ..HostEdits::default() };
        if edits.made_user && !keeps_data && !any_data(host, name)? {
            steps.push(Step::NoUser);
            edits.made_user = false;
        }
    }
    edits.kept_datasets.remove(name);
    edits.kept_datasets.extend(zfs.filter(|_| keeps_data).map(|parent| (name.to_owned(), parent)));
    steps.push(edits.step());
    if keeps_data {
        steps.push(Step::Note(kept(&layout)));
    }
    let mut plan = Plan::new(steps).pending(host)?;
    // Folders become empty as what is in them goes: whether they are now says nothing.
    let end = Plan::new(end(&layout));
    if !plan.steps.is_empty() || !end.clone().pending(host)?.steps.is_empty() {
        plan.steps.extend(end.steps);
    }
    Ok(plan)
}

/// Refuses to leave data of which nobody knows whose they are: what an upgrade saved may be all that is good.
fn refuse_half_way(name: &str, purge: bool, host: &dyn Host) -> Result<()> {
    let under_way = Record::read(host, &Layout::of(name)).ok().flatten().and_then(|record| record.under_way);
    match under_way {
        Some(
            operation @ (Operation::Upgrade { reached: Reached::Switched | Reached::TakenBack, .. }
            | Operation::Restore { reached: Reached::Switched | Reached::TakenBack, .. }),
        ) if !purge => Err(super::upgrade::under_way(name, operation)),
        _ => Ok(()),
    }
}

/// What an upgrade has left that was interrupted, its mounts first.
fn without_rehearsal(layout: &Layout, host: &dyn Host) -> Result<Vec<Step>> {
    let is_there = host.look(&layout.rehearsal())?.is_some();
    let mut steps = if is_there { rehearsal::cleared(layout) } else { Vec::new() };
    steps.extend([layout.restoring(), layout.saving(), layout.saved()].map(|path| Step::Absent { path }));
    Ok(steps)
}

/// The record goes last: until then, whoever is ended can go on.
fn end(layout: &Layout) -> Vec<Step> {
    let [images, settings] = Layout::shared_folders();
    let pruned = |path| Step::Pruned { path };
    vec![
        // Where the jail's root was mounted: never emptied, lest that be the data.
        pruned(layout.root()),
        pruned(layout.home()),
        pruned(images),
        Step::Absent { path: layout.etc() },
        pruned(settings),
    ]
}

/// What is written down first, where there is anything to write it to.
fn begin(layout: &Layout, host: &dyn Host) -> Vec<Step> {
    match Record::read(host, layout) {
        Ok(None) => Vec::new(),
        Ok(Some(record)) => {
            vec![files::record(&Record { under_way: Some(Operation::Uninstall), ..record })]
        }
        Err(error) => {
            vec![Step::Note(format!("{error}: going by where things lie; ZFS datasets of it are left"))]
        }
    }
}

/// Nothing is mounted and no process runs below what is removed next.
fn stopped(layout: &Layout, host: &dyn Host) -> Result<Vec<Step>> {
    let name = layout.name().to_owned();
    let down = Step::Service { name, state: Service::Stopped };
    // Its script also takes away what a start left that failed half-way, of which nothing shows.
    let script = host.look(&layout.service())?.is_some();
    let stop = Step::Run(Command::new("service").args([layout.name(), "onestop"]));
    Ok(script.then_some(stop).into_iter().chain([down]).collect())
}

fn without_service(layout: &Layout, host: &dyn Host) -> Result<Vec<Step>> {
    let mut steps = vec![
        Step::Variable { name: format!("{}_enable", layout.name()), value: None },
        Step::Absent { path: layout.service() },
        Step::Absent { path: layout.log_rotation() },
        Step::Absent { path: layout.pid_file() },
    ];
    steps.extend(logs(layout, host)?.into_iter().map(|path| Step::Absent { path }));
    Ok(steps)
}

/// Its log, and what newsyslog(8) has put aside of it.
fn logs(layout: &Layout, host: &dyn Host) -> Result<Vec<PathBuf>> {
    let log = layout.log();
    let Some((folder, name)) = log.parent().zip(log.file_name()) else { return Ok(Vec::new()) };
    let name = name.to_string_lossy();
    let aside = format!("{name}.");
    let names = host.names(folder)?.into_iter().filter(|found| *found == name || found.starts_with(&aside));
    Ok(names.map(|name| folder.join(name)).collect())
}

fn without_images(layout: &Layout, datasets: Option<&Datasets>) -> Vec<Step> {
    let gone = [layout.current(), layout.previous(), layout.images(), layout.home().join("bin")];
    let gone = gone.into_iter().map(|path| Step::Absent { path });
    datasets.map(Datasets::images_gone).into_iter().chain(gone).collect()
}

fn without_data(layout: &Layout, datasets: Option<&Datasets>) -> Vec<Step> {
    let gone = Step::Absent { path: layout.data() };
    datasets.map(Datasets::data_gone).into_iter().chain([gone]).collect()
}

/// The dataset below which it has its own, also after its record is gone.
fn zfs(name: &str, edits: &HostEdits, layout: &Layout, host: &dyn Host) -> Option<String> {
    let record = Record::read(host, layout).ok().flatten();
    record.and_then(|record| record.zfs).or_else(|| edits.kept_datasets.get(name).cloned())
}

fn others(name: &str, host: &dyn Host) -> Result<Vec<String>> {
    let mut others = Layout::names(host)?;
    others.retain(|other| other != name);
    Ok(others)
}

/// Whether anybody's data but this one's is left: they belong to the user.
fn any_data(host: &dyn Host, name: &str) -> Result<bool> {
    let mut names = Layout::traces(host)?;
    names.retain(|other| other != name);
    for other in names {
        if host.look(&Layout::of(&other).data())?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether there is data. What is in a dataset that is not mounted, such as one whose key is not loaded, nobody can say.
fn may_hold_anything(layout: &Layout, datasets: Option<&Datasets>, host: &dyn Host) -> Result<bool> {
    let hides = datasets.map(|datasets| datasets.hides_data(host)).transpose()?;
    Ok(hides == Some(true) || !host.names(&layout.data())?.is_empty())
}

fn kept(layout: &Layout) -> String {
    format!(
        "accounts and waiting messages stay in `{}`: installing `{name}` again goes on with them, \
         `jailbuild uninstall {name} --purge` erases them",
        layout.data().display(),
        name = layout.name()
    )
}

/// The name that was typed or, where none was, the only one of which anything is installed.
pub fn find(host: &dyn Host, wanted: Option<&str>) -> Result<String> {
    if let Some(name) = wanted {
        return match crate::site::Name::parse(name) {
            Ok(name) => Ok(name.to_string()),
            Err(mistake) => Err(Error::configuration(mistake.what, "`jailbuild list` has the names")),
        };
    }
    Record::name(host, None)
}
