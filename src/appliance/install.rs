//! An image and a school put in place on a host: all is asked before anything is touched, and what is so already is left
//! alone.

use std::fs::File;

use super::{
    Files, Layout, Operation, Owner, Plan, Record, School, Service, Step, externals, files,
    files::folder,
    host_edit::{self, HostEdits, Mending},
    neighbours, requirements,
    service::State,
    zfs::{self, Datasets},
};
use crate::{
    checkup::{self, Wanted},
    error::{Error, Result},
    host::Host,
    image::Image,
    policy::{Policy, Stack},
    render::{KernelParameters, Word},
    target::Target,
};

/// What is to be installed.
pub struct Request {
    /// The image, which is trusted.
    pub image: Image,
    /// Whose it will be.
    pub school: School,
    /// This very program, which stays with the appliance.
    pub program: Vec<u8>,
    /// What this host runs.
    pub target: Target,
    /// How.
    pub options: Options,
}

/// How an appliance is installed.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where clients come in; as the host's routes say, if there is none.
    pub externals: Vec<Word>,
    /// Which network stack it gets.
    pub stack: Stack,
    /// Whether the firewall logs what it drops.
    pub log_blocked: bool,
    /// The ZFS dataset below which images and data get theirs.
    pub zfs: Option<String>,
    /// Whether the host itself may be changed where it lacks something.
    pub edit_host: bool,
    /// Whether it is started.
    pub start: bool,
}

/// The steps that are left until it is installed; none where it is.
pub fn plan(request: &Request, host: &dyn Host) -> Result<Plan> {
    let layout = Layout::of(request.school.site.name.as_str());
    let before = Record::read(host, &layout)?;
    request.require(&layout, before.as_ref(), host)?;
    let record = request.record(before.as_ref(), host)?;
    let notes = neighbours::check(&record, &request.school.site, before.as_ref(), host)?;
    Installation { request, layout, before, record, notes }.plan(host)
}

/// Keeps others from changing the appliances of this host until the result is dropped.
pub fn hold(host: &dyn Host) -> Result<Option<File>> {
    loop {
        if host.look(Layout::common())?.is_none() {
            host.create_folder(Layout::common(), 0o755)?;
        }
        let held = super::hold(host)?;
        // With the last appliance, which was waited for, the folder goes.
        if held.is_some() && host.look(Layout::common())?.is_some() {
            return Ok(held);
        }
    }
}

impl Request {
    /// What does not depend on how it is installed.
    fn require(&self, layout: &Layout, before: Option<&Record>, host: &dyn Host) -> Result<()> {
        requirements::root(host)?;
        checkup::require(&checkup::preflight(
            host,
            &Wanted {
                policy: &Policy::of(&self.school.site).with_stack(self.stack(before)),
                image: Some(&self.image),
                target: self.target,
                edits_host: self.options.edit_host,
                is_installed: before.is_some(),
            },
        ))?;
        requirements::name(layout, before.is_some(), host)?;
        if let Some(parent) = &self.options.zfs {
            zfs::require(host, parent)?;
        }
        before.map_or(Ok(()), |before| self.require_same(before))
    }

    /// Refuses what is not for `install` to change.
    fn require_same(&self, before: &Record) -> Result<()> {
        let name = &before.name;
        let refused = |what: String, hint: String| Err(Error::configuration(what, hint));
        match before.under_way {
            None | Some(Operation::Install) => {}
            Some(operation) => {
                let how = operation.goes_on_by(name);
                return refused(
                    format!("`{name}` is not whole: {operation} was begun and has not ended"),
                    how,
                );
            }
        }
        if before.image != self.image.digest {
            let [old, new] = [before.image, self.image.digest].map(super::step::short);
            return match before.under_way {
                None => refused(
                    format!("`{name}` is installed with the image {old}, and this one is {new}"),
                    "`jailbuild upgrade IMAGE` changes the image, and goes back where that fails".to_owned(),
                ),
                Some(_) => refused(
                    format!(
                        "the installation of `{name}` with the image {old} has not ended, and this one is {new}"
                    ),
                    format!("install that one to its end, or take it away: `jailbuild uninstall {name}`"),
                ),
            };
        }
        if self.options.zfs.is_some() && self.options.zfs != before.zfs {
            return refused(
                format!(
                    "`{name}` is installed {}",
                    before
                        .zfs
                        .as_deref()
                        .map_or("without ZFS".to_owned(), |dataset| format!("below the dataset `{dataset}`"))
                ),
                format!(
                    "to move it: `jailbuild uninstall {name}`, which keeps its data, move those, and install anew"
                ),
            );
        }
        Ok(())
    }

    /// What will be installed. What was not typed stays as it was.
    fn record(&self, before: Option<&Record>, host: &dyn Host) -> Result<Record> {
        let typed = &self.options.externals;
        let inner = externals::inner(self.school.site.name.as_str(), host)?;
        typed.iter().try_for_each(|name| externals::require(name.as_str(), &inner, host))?;
        let kept = before.iter().flat_map(|before| &before.externals);
        let mut externals: Vec<_> = match typed.as_slice() {
            [] => kept.filter(|name| !inner.have(name)).cloned().collect(),
            typed => typed.iter().map(|name| name.as_str().to_owned()).collect(),
        };
        if externals.is_empty() {
            externals = externals::find(&self.school.site.network.lan, &inner, host)?;
        }
        Ok(Record {
            externals,
            stack: self.stack(before),
            log_blocked: self.options.log_blocked || before.is_some_and(|before| before.log_blocked),
            zfs: self.zfs(before, host)?,
            previous: before.and_then(|before| before.previous),
            ..Record::new(self.school.site.name.as_str(), self.image.digest)
        })
    }

    fn stack(&self, before: Option<&Record>) -> Stack {
        match before {
            Some(before) if self.options.stack == Stack::default() => before.stack,
            _ => self.options.stack,
        }
    }
}

impl Request {
    /// The dataset below which it has its own; that of its data, where these are left from before.
    fn zfs(&self, before: Option<&Record>, host: &dyn Host) -> Result<Option<String>> {
        let kept = HostEdits::read(host)?.kept_datasets.remove(self.school.site.name.as_str());
        let before = before.and_then(|before| before.zfs.clone()).or(kept);
        Ok(self.options.zfs.clone().or(before))
    }
}

/// A request that can be met.
struct Installation<'a> {
    request: &'a Request,
    layout: Layout,
    before: Option<Record>,
    record: Record,
    /// What is told beside it.
    notes: Vec<Step>,
}

impl Installation<'_> {
    fn plan(&self, host: &dyn Host) -> Result<Plan> {
        let Mending { first, then: of_host } = self.host(host)?;
        let pending = |steps: Vec<Step>| Plan::new(steps).pending(host).map(|plan| plan.steps);
        let files = self.files(host)?;
        let image = pending(self.image())?;
        let started_by = pending(files.of_host)?;
        let read_by_daemon = pending(files.of_daemon)?;
        let rest = pending(files.rest)?;
        let service = self.service(host, !started_by.is_empty(), !read_by_daemon.is_empty())?;
        let mut steps = pending(of_host)?;
        steps.extend(image.into_iter().chain(started_by).chain(read_by_daemon).chain(rest));
        steps.extend(pending(service)?);
        let done = files::record(&self.record);
        if steps.is_empty() && super::holds(&done, host)? {
            return Ok(Plan::default());
        }
        let begun = Record { under_way: Some(Operation::Install), ..self.record.clone() };
        // What may refuse the host comes before the first that is written.
        let mut all = first;
        all.extend(self.notes.iter().cloned());
        all.extend(pending(vec![
            folder(Layout::common().to_owned(), 0o755, Owner::Root),
            folder(self.layout.etc(), 0o755, Owner::Root),
            files::record(&begun),
        ])?);
        all.extend(steps);
        all.push(done);
        Ok(Plan::new(all))
    }

    /// What the host does for all its appliances.
    fn host(&self, host: &dyn Host) -> Result<Mending> {
        let mut edits = HostEdits::read(host)?;
        let mut mending =
            host_edit::plan(self.record.stack, self.request.options.edit_host, &mut edits, host)?;
        edits.made_user |= !super::holds(&Step::User, host)?;
        // What is changed is written down before it is changed.
        mending.then.insert(0, edits.step());
        mending.then.push(Step::User);
        Ok(mending)
    }

    /// The folders, the image unpacked and as it came, and the link to it.
    fn image(&self) -> Vec<Step> {
        let layout = &self.layout;
        let image = &self.request.image;
        let mut steps = vec![folder(layout.home(), 0o755, Owner::Root)];
        if let Some(parent) = &self.record.zfs {
            steps.extend(Datasets::of(layout, parent).created());
        }
        steps.extend([
            folder(layout.images(), 0o755, Owner::Root),
            folder(layout.root(), 0o755, Owner::Root),
            folder(layout.data(), 0o700, Owner::Daemon),
        ]);
        steps.extend(files::image(layout, image));
        let target = format!("images/{}", image.digest).into();
        steps.push(Step::Link { path: layout.current(), target });
        steps
    }

    fn files(&self, host: &dyn Host) -> Result<Groups> {
        let files = Files {
            record: &self.record,
            school: &self.request.school,
            flavour: self.request.image.manifest.flavour,
            kernel: &KernelParameters::of(host)?,
        };
        let mut of_daemon = vec![folder(self.layout.settings(), 0o700, Owner::Daemon)];
        of_daemon.extend(files.of_daemon()?);
        let mut rest = files.of_school();
        rest.push(files::tool(&self.layout, &self.request.program));
        rest.push(Step::Variable {
            name: format!("{}_enable", self.record.name),
            value: Some("YES".to_owned()),
        });
        Ok(Groups { of_host: files.of_host()?, of_daemon, rest })
    }

    /// What becomes of the service: who was ended between a change and this cannot say what changed, so it is all.
    fn service(&self, host: &dyn Host, started_anew: bool, read_anew: bool) -> Result<Vec<Step>> {
        let name = &self.record.name;
        let interrupted = self.before.as_ref().is_some_and(|before| before.under_way.is_some());
        let started_anew = started_anew || interrupted;
        let changed = started_anew || read_anew;
        let taken_in = State::of(host, name)?.taking_in(started_anew).filter(|_| changed);
        let state = taken_in.or(self.request.options.start.then_some(Service::Started));
        Ok(state.map(|state| Step::Service { name: name.clone(), state }).into_iter().collect())
    }
}

/// The files, by what must be done when one of them changes.
struct Groups {
    of_host: Vec<Step>,
    of_daemon: Vec<Step>,
    rest: Vec<Step>,
}
