//! Accounts and all that is theirs, out of a backup: tried by the daemon first, then put in the place of the data that is
//! there, which comes back where that fails.
//!
//! The school's file, its authority and its certificate are not touched: those are for `install`.

use std::{fmt, path::PathBuf};

use serde::Serialize;

use super::{
    Content, Layout, Operation, Owner, Plan, Reached, Record, Service, Step,
    files::{self, folder},
    rehearsal::{Migration, Rehearsal},
    saved::Saved,
    service,
    setback::{still_down, stuck},
    upgrade::under_way,
};
use crate::{
    backup::{Backup, Place, database},
    digest::Sha256,
    error::{Error, Result},
    host::{Host, file::SECRET},
};

/// A restoration, and how far it has come.
#[derive(Clone, Debug)]
pub struct Restoration {
    /// The appliance's name.
    pub name: String,
    /// How far it has come: who was interrupted goes on from there.
    pub reached: Reached,
    /// Whether the service runs afterwards.
    pub runs: bool,
    /// The data out of the backup is put beside the one that is there.
    pub prepare: Plan,
    /// The daemon tries whether it takes it. Until then, it serves as ever.
    pub rehearsal: Rehearsal,
    /// The service stops, and its data is put by.
    pub save: Plan,
    /// The data out of the backup takes its place.
    pub switch: Plan,
    /// The service starts.
    pub start: Plan,
    /// Where that fails: what was put by comes back, before the service starts again.
    pub take_back: Plan,
    /// It is remembered that all went well.
    pub done: Plan,
    /// However it went, what was for the way there and back goes.
    pub finish: Plan,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Restored {
    /// The appliance's name.
    pub name: String,
    /// Whether the service runs.
    pub runs: bool,
    /// What the daemon found in a copy of the data, if it was tried now.
    pub migration: Option<Migration>,
    /// Why the data of before is back, if it is.
    pub taken_back: Option<String>,
    /// Why it does not run, though it is to.
    pub fault: Option<String>,
}

/// What was there before is again.
struct WayBack {
    why: String,
    fault: Option<String>,
}

/// Refuses another school's backup; answers what of it is not as it is installed.
///
/// # Errors
/// [`Error::Configuration`] if it is of another domain.
pub fn compare(backup: &Backup, record: &Record, host: &dyn Host) -> Result<Vec<String>> {
    let (here, there) = (record.site(host)?, backup.site()?);
    if here.domain != there.domain {
        return Err(Error::configuration(
            format_args!(
                "the backup is of {}, and `{}` is the appliance of {}",
                there.domain, record.name, here.domain
            ),
            "`--into DIR` lays it out elsewhere; accounts do not move from one domain to another",
        ));
    }
    let authority = host.read(&Layout::of(&record.name).authority())?;
    let other = backup.file(&Place::authority()).zip(authority.as_deref());
    let differs = other.is_some_and(|(there, here)| there != here);
    Ok(differs.then(other_authority).into_iter().collect())
}

fn other_authority() -> String {
    "the backup has another authority than the one that is installed, which stays: devices that trust only that of the \
     backup cannot connect. To bring it back: `jailbuild restore FILE --into DIR`, then `jailbuild install IMAGE --file \
     DIR/site/jailbuild.toml`"
        .to_owned()
}

/// Plans a restoration from what is there, also from what an interrupted one left.
///
/// # Errors
/// [`Error::Configuration`] if something else is under way.
pub fn plan(record: &Record, database: &[u8], host: &dyn Host) -> Result<Restoration> {
    let digest = Sha256::of(database);
    let (ran, reached) = match record.under_way {
        None => (false, Reached::Begun),
        Some(Operation::Restore { database, runs, reached }) if database == digest => (runs, reached),
        Some(operation) => return Err(under_way(&record.name, operation)),
    };
    let runs = ran || service::is_meant_to_run(host, &record.name)?;
    Ok(Restoration::of(record, (digest, runs, reached), &Content::new(database), &settings(record, host)?))
}

/// Plans to take back a restoration that is under way.
///
/// # Errors
/// [`Error::Failed`] if what is there cannot be read.
pub fn give_up(record: &Record, host: &dyn Host) -> Result<Option<Restoration>> {
    let Some(Operation::Restore { database, runs, reached }) = record.under_way else { return Ok(None) };
    let reached = match reached {
        Reached::Begun | Reached::Done => reached,
        Reached::Switched | Reached::TakenBack => Reached::TakenBack,
    };
    let nothing = Content::new("");
    Ok(Some(Restoration::of(record, (database, runs, reached), &nothing, &settings(record, host)?)))
}

/// The daemon's settings, which stay.
fn settings(record: &Record, host: &dyn Host) -> Result<String> {
    let path = Layout::of(&record.name).settings().join("xmppd.toml");
    host.text(&path)?.ok_or_else(|| Error::failed(format_args!("there is no `{}`", path.display())))
}

impl Restoration {
    fn of(
        record: &Record,
        (digest, runs, reached): (Sha256, bool, Reached),
        database: &Content,
        settings: &str,
    ) -> Self {
        let layout = Layout::of(&record.name);
        let before = Record { under_way: None, ..record.clone() };
        let recorded = |reached| {
            let operation = Operation::Restore { database: digest, runs, reached };
            files::record(&Record { under_way: Some(operation), ..before.clone() })
        };
        let service = |state| Step::Service { name: record.name.clone(), state };
        let started = if runs { vec![service(Service::Started)] } else { Vec::new() };
        let restoring = layout.restoring();
        let rehearsal = Rehearsal::on(restoring.clone(), &layout, record.image, settings);
        let saved = Saved::of(record);
        // Nothing starts while one gives way to the other.
        let out_of_service = vec![service(Service::Stopped), Step::Absent { path: layout.current() }];
        let in_service =
            Step::Link { path: layout.current(), target: format!("images/{}", record.image).into() };
        Self {
            name: record.name.clone(),
            reached,
            runs,
            prepare: plan_of([
                vec![recorded(Reached::Begun)],
                rehearsal.clear.steps.clone(),
                vec![
                    Step::Absent { path: restoring.clone() },
                    folder(restoring.clone(), 0o700, Owner::Daemon),
                    daemons(restoring.join(database::FILE), database),
                ],
            ]),
            save: plan_of([vec![service(Service::Stopped)], saved.made()]),
            switch: plan_of([
                vec![recorded(Reached::Switched)],
                out_of_service.clone(),
                others(&layout),
                vec![daemons(layout.database(), database), in_service.clone()],
            ]),
            start: Plan::new(started),
            take_back: plan_of([
                vec![recorded(Reached::TakenBack)],
                out_of_service,
                vec![saved.back(), in_service],
            ]),
            done: Plan::new(vec![recorded(Reached::Done)]),
            finish: plan_of([
                rehearsal.clear.steps.clone(),
                saved.gone(),
                vec![Step::Absent { path: restoring }, files::record(&before)],
            ]),
            rehearsal,
        }
    }

    /// Carries it out from where it was left.
    ///
    /// # Errors
    /// If the daemon does not take the data: what was there is untouched. Or if the host fails on the way, which can be
    /// gone on with.
    pub fn carry_out(&self, host: &dyn Host, tell: &mut dyn FnMut(&str)) -> Result<Restored> {
        let mut migration = None;
        if self.reached == Reached::Begun {
            migration = self.begin(host, tell)?;
        }
        let way_back = match self.reached {
            Reached::Begun | Reached::Switched => self.switch(host, tell)?,
            Reached::TakenBack => Some(self.take_back("it was interrupted", host, tell)?),
            Reached::Done => None,
        };
        self.finish(way_back, migration, host)
    }

    /// Takes it back from where it was left.
    ///
    /// # Errors
    /// If the host fails on the way, which can be gone on with.
    pub fn give_up(&self, host: &dyn Host, tell: &mut dyn FnMut(&str)) -> Result<Restored> {
        let why = "it was given up";
        let way_back = match self.reached {
            Reached::Begun => Some(self.start_again(why, host)),
            Reached::Switched | Reached::TakenBack => Some(self.take_back(why, host, tell)?),
            Reached::Done => None,
        };
        self.finish(way_back, None, host)
    }

    fn finish(
        &self,
        way_back: Option<WayBack>,
        migration: Option<Migration>,
        host: &dyn Host,
    ) -> Result<Restored> {
        // Whoever goes on must not take for done what was taken back.
        if way_back.is_none() {
            run(&self.done, host)?;
        }
        run(&self.finish, host)?;
        let (taken_back, fault) = way_back.map_or((None, None), |way| (Some(way.why), way.fault));
        let runs = self.runs && fault.is_none();
        Ok(Restored { name: self.name.clone(), runs, migration, taken_back, fault })
    }

    fn begin(&self, host: &dyn Host, tell: &mut dyn FnMut(&str)) -> Result<Option<Migration>> {
        tell("rehearsing with the data of the backup");
        let begun =
            run(&self.prepare, host).and_then(|()| self.rehearsal.carry_out(host)).and_then(|found| {
                tell("stopping the service, and putting its data by");
                run(&self.save, host).map(|()| found)
            });
        begun.map_err(|error| {
            let fault = run(&self.start, host).err();
            match (run(&self.finish, host), fault) {
                (Ok(()), None) => error,
                (Ok(()), Some(fault)) => still_down(&self.name, &error, &fault),
                (Err(also), _) => stuck(&self.name, &format!("{error}; then, {also}")),
            }
        })
    }

    /// Puts the data in place, and starts; answers why it was taken back, if it was.
    fn switch(&self, host: &dyn Host, tell: &mut dyn FnMut(&str)) -> Result<Option<WayBack>> {
        tell("putting the data of the backup in place");
        let switched = run(&self.switch, host).and_then(|()| {
            tell("starting the service, and waiting until it answers");
            run(&self.start, host)
        });
        match switched {
            Ok(()) => Ok(None),
            Err(error) => self.take_back(&error.to_string(), host, tell).map(Some),
        }
    }

    fn take_back(&self, why: &str, host: &dyn Host, tell: &mut dyn FnMut(&str)) -> Result<WayBack> {
        tell("taking it back");
        run(&self.take_back, host).map_err(|error| stuck(&self.name, &format!("{why}; then, {error}")))?;
        Ok(self.start_again(why, host))
    }

    /// What does not start may have run badly before: it is told of, and not in the way of what cures it.
    fn start_again(&self, why: &str, host: &dyn Host) -> WayBack {
        let fault = run(&self.start, host).err().map(|fault| fault.to_string());
        WayBack { why: why.to_owned(), fault }
    }
}

fn run(plan: &Plan, host: &dyn Host) -> Result<()> {
    plan.carry_out(host, &mut |_| ())
}

fn plan_of(parts: impl IntoIterator<Item = Vec<Step>>) -> Plan {
    Plan::new(parts.into_iter().flatten())
}

fn daemons(path: PathBuf, content: &Content) -> Step {
    Step::File { path, mode: SECRET, owner: Owner::Daemon, content: content.clone() }
}

/// What belongs to the database of before: its log, and the files that were shared.
fn others(layout: &Layout) -> Vec<Step> {
    let name = database::FILE;
    let names = [format!("{name}-wal"), format!("{name}-shm"), "uploads".to_owned()];
    names.into_iter().map(|name| Step::Absent { path: layout.data().join(name) }).collect()
}

impl Restoration {
    /// The way back, up to the start of what was there before.
    pub fn taken_back(&self) -> Plan {
        Plan::joined([&self.take_back, &self.start])
    }

    /// The stages, each with what it is called and what it does.
    fn stages(&self) -> [(&'static str, String); 7] {
        [
            ("put beside the data", self.prepare.to_string()),
            ("rehearse on a copy of it, and stop here if that fails", self.rehearsal.to_string()),
            ("stop, and put the data by", self.save.to_string()),
            ("switch", self.switch.to_string()),
            ("start", self.start.to_string()),
            ("if any of that fails, take it back", self.taken_back().to_string()),
            ("finish", Plan::joined([&self.done, &self.finish]).to_string()),
        ]
    }
}

impl fmt::Display for Restoration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} gets the data of the backup", self.name)?;
        let stages = self.stages().into_iter().filter(|(_, steps)| !steps.is_empty());
        stages.into_iter().try_for_each(|(name, steps)| write!(formatter, "\n{name}:\n{steps}"))
    }
}

impl Serialize for Restoration {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lines = |steps: String| steps.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
        serializer.collect_map(self.stages().into_iter().map(|(name, steps)| (name, lines(steps))))
    }
}

impl Restored {
    /// The exit code, as README.md documents it. `wanted` says whether the way back was asked for.
    pub fn exit_code(&self, way_back_wanted: bool) -> u8 {
        u8::from(self.fault.is_some() || self.taken_back.is_some() != way_back_wanted)
    }
}

impl fmt::Display for Restored {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        let state = match &self.fault {
            Some(fault) => format!("\nfailed: {fault}"),
            None if self.runs => ", and runs".to_owned(),
            None => format!("; it is stopped, as it was: `jailbuild start {name}` starts it"),
        };
        if let Some(why) = &self.taken_back {
            return write!(formatter, "taken back: {why}\n{name} has its data of before{state}");
        }
        write!(formatter, "{name} has the data of the backup{state}")?;
        self.migration.iter().try_for_each(|migration| write!(formatter, "\ndata: {migration}"))?;
        if self.runs {
            write!(
                formatter,
                "\nit answers; `jailbuild verify --installed {name}` probes all else that holds of it"
            )?;
        }
        Ok(())
    }
}
